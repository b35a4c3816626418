package evaluate

import (
	"context"
	"fmt"

	"gaetrain/graph/kernel"
)

// Overlap says how well what a model has made fills the space of what is real.
// The ball of a point reaches as far as its k-th nearest neighbour in its own
// sample; the balls of a sample stand for its manifold.
type Overlap struct {
	Precision float64 `json:"precision"` // share of what was made in a ball of what is real (Kynkäänniemi et al. 2019)
	Recall    float64 `json:"recall"`    // share of what is real in a ball of what was made
	Density   float64 `json:"density"`   // mean number of balls of what is real around what was made, over k (Naeem et al. 2020); 1 for a sample of the same
	Coverage  float64 `json:"coverage"`  // share of what is real with something made in its ball
}

// Compare compares samples of what is real and of what was made (N×D, M×D) by
// their k nearest neighbours. Time is (N+M)², memory N+M. Errors wrap ErrInput
// or are those of the context.
func Compare(ctx context.Context, real, made Matrix, k int) (Overlap, error) {
	var o Overlap
	if err := alike(real, made); err != nil {
		return o, err
	}
	if k < 1 || k >= min(real.Rows, made.Rows) {
		return o, fmt.Errorf("%w: %d neighbours in samples of %d and %d; hint: at least 1, fewer than there are", ErrInput, k, real.Rows, made.Rows)
	}
	mean := real.mean() // distances are products, which are exact near the origin
	centredReal, centredMade := newMatrix(real.Rows, real.Columns), newMatrix(made.Rows, made.Columns)
	centredReal.minus(real, mean)
	centredMade.minus(made, mean)
	realBalls, err := newBalls(ctx, centredReal, k)
	if err != nil {
		return o, err
	}
	madeBalls, err := newBalls(ctx, centredMade, k)
	if err != nil {
		return o, err
	}
	ofMade, err := realBalls.around(ctx, madeBalls)
	if err != nil {
		return o, err
	}
	ofReal, err := madeBalls.around(ctx, realBalls)
	if err != nil {
		return o, err
	}
	for _, p := range ofMade {
		o.Density += float64(p.balls) / float64(k) / float64(made.Rows)
		o.Precision += counted(p.balls > 0, made.Rows)
	}
	for _, p := range ofReal {
		o.Recall += counted(p.balls > 0, real.Rows)
		o.Coverage += counted(p.met, real.Rows)
	}
	return o, nil
}

func counted(counts bool, of int) float64 {
	if counts {
		return 1 / float64(of)
	}
	return 0
}

// balls are points N×D with the squared radii of their balls.
type balls struct {
	points  Matrix
	squares []float32 // N: squared norms
	radii   []float32 // N: squared
}

func newBalls(ctx context.Context, points Matrix, k int) (balls, error) {
	index, err := NewNearestNeighbours(points)
	if err != nil {
		return balls{}, err
	}
	found, err := index.Search(ctx, points, k+1) // the nearest of all is the point itself
	b := balls{points, index.squares, make([]float32, points.Rows)}
	for i, neighbours := range found {
		b.radii[i] = float32(neighbours[k].Distance * neighbours[k].Distance)
	}
	return b, err
}

// position is where a point is among the balls of another sample.
type position struct {
	balls int  // that it is in
	met   bool // whether the centre of one is in its own ball
}

// around returns the positions of the centres of other balls among these.
func (b balls) around(ctx context.Context, others balls) ([]position, error) {
	positions := make([]position, others.points.Rows)
	products := make([]float32, min(blockRows, others.points.Rows)*min(searchedPoints, b.points.Rows))
	for from, block := range others.points.blocks() {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		for first := 0; first < b.points.Rows; first += searchedPoints {
			points := b.points.Slice(first, min(first+searchedPoints, b.points.Rows))
			kernel.Gemm(false, true, block.Rows, points.Rows, points.Columns, -2, block.Values, block.Columns, points.Values, points.Columns, 0, products, points.Rows)
			parallel(block.Rows, searchGrain, func(lo, hi int) {
				for i := lo; i < hi; i++ {
					at := &positions[from+i]
					for j, product := range products[i*points.Rows:][:points.Rows] {
						square := others.squares[from+i] + b.squares[first+j] + product
						if square <= b.radii[first+j] {
							at.balls++
						}
						at.met = at.met || square <= others.radii[from+i]
					}
				}
			})
		}
	}
	return positions, nil
}
