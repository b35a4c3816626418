package evaluate

import (
	"context"
	"fmt"

	"gonum.org/v1/gonum/stat"

	"gaetrain/graph/kernel"
)

// Overlap says how well generated samples cover the space of real samples. The ball of
// a point reaches to its k-th nearest neighbour in its own sample. The balls of a sample
// estimate its manifold.
type Overlap struct {
	Precision float64 `json:"precision"` // share of generated samples in a ball of a real one (Kynkäänniemi et al. 2019)
	Recall    float64 `json:"recall"`    // share of real samples in a ball of a generated one
	Density   float64 `json:"density"`   // mean number of real balls around a generated sample, divided by k (Naeem et al. 2020); 1 for equal distributions
	Coverage  float64 `json:"coverage"`  // share of real samples with a generated one in their ball

	// Each has the values of which the figures are means: of generated samples for Precision
	// and Density, and of real ones for Recall and Coverage.
	Each struct{ Precision, Recall, Density, Coverage []float64 } `json:"-"`
}

// Compare compares real and generated samples (N×D, M×D) by their k nearest
// neighbours. Time grows as (N+M)², memory as N+M. Errors wrap ErrInput
// or are those of the context.
func Compare(ctx context.Context, real, made Matrix, k int) (Overlap, error) {
	var o Overlap
	if err := alike(real, made); err != nil {
		return o, err
	}
	if k < 1 || k >= min(real.Rows, made.Rows) {
		return o, fmt.Errorf("%w: %d neighbours in samples of %d and %d; hint: at least 1, and fewer than samples", ErrInput, k, real.Rows, made.Rows)
	}
	mean := real.mean() // because distances by products are more accurate near the origin
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
		o.Each.Density = append(o.Each.Density, float64(p.balls)/float64(k))
		o.Each.Precision = append(o.Each.Precision, indicator(p.balls > 0))
	}
	for _, p := range ofReal {
		o.Each.Recall = append(o.Each.Recall, indicator(p.balls > 0))
		o.Each.Coverage = append(o.Each.Coverage, indicator(p.met))
	}
	o.Precision, o.Recall, o.Density, o.Coverage = stat.Mean(o.Each.Precision, nil), stat.Mean(o.Each.Recall, nil), stat.Mean(o.Each.Density, nil), stat.Mean(o.Each.Coverage, nil)
	return o, nil
}

func indicator(counts bool) float64 {
	if counts {
		return 1
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

// position is the position of a point relative to the balls of another sample.
type position struct {
	balls int  // number of balls that contain it
	met   bool // whether its own ball contains the centre of one
}

// around returns the positions of the centres of other balls relative to these.
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
