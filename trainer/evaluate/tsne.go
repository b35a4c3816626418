package evaluate

import (
	"context"
	"fmt"
	"math"

	"gaetrain/graph/kernel/noise"
)

// TSNE embeds points in the plane so that neighbours stay neighbours, by t-distributed
// stochastic neighbour embedding (van der Maaten & Hinton 2008) with sparse affinities
// and the quadtree of Barnes & Hut (van der Maaten 2014). The embedding shows which
// points are close. Distances between distant clusters, and sizes of clusters, have no
// meaning. Time of an iteration grows as N·log N, memory as N·perplexity.
type TSNE struct {
	Perplexity float64 // effective number of neighbours; 0 means 30, or N/4 if that is less
	Iterations int     // 0 means 750
	Seed       uint64  // of the noise that separates points which coincide
}

// The settings of the descent are those of van der Maaten (2014), with the learning rate
// of Belkina et al. (2019) and initial coordinates from principal components (Kobak &
// Berens 2019).
const (
	exaggeration        = 12.0 // of affinities, so that clusters form early
	exaggeratedSteps    = 250
	earlyMomentum       = 0.5
	lateMomentum        = 0.8
	leastLearningRate   = 50.0
	leastGain           = 0.01
	barnesHutAngle      = 0.5
	initialSpread       = 1e-4 // standard deviation of the first coordinate
	initialNoise        = 1e-6
	defaultPerplexity   = 30
	defaultIterations   = 750
	neighboursPerEffect = 3 // neighbours of a point, as a multiple of the perplexity
)

// Embed returns the coordinates (N×2) of the points x (N×D), N ≥ 4, and the final
// divergence KL(P‖Q) in nats. Errors wrap ErrInput or are those of ctx.
func (o TSNE) Embed(ctx context.Context, x Matrix) (Matrix, float64, error) {
	if x.Rows < 4 {
		return Matrix{}, 0, fmt.Errorf("%w: %d points to embed; hint: at least 4", ErrInput, x.Rows)
	}
	if o.Perplexity == 0 {
		o.Perplexity = math.Min(defaultPerplexity, float64(x.Rows)/4)
	}
	if o.Iterations == 0 {
		o.Iterations = defaultIterations
	}
	if !(o.Perplexity >= 1 && o.Perplexity <= float64(x.Rows-1)/neighboursPerEffect) {
		return Matrix{}, 0, fmt.Errorf("%w: perplexity %g for %d points; hint: from 1 to a third of the points", ErrInput, o.Perplexity, x.Rows)
	}
	p, err := newAffinities(ctx, x, o.Perplexity)
	if err != nil {
		return Matrix{}, 0, err
	}
	e := embedding{p: p, places: make([]float64, 2*x.Rows)}
	if err := e.begin(ctx, x, o.Seed); err != nil {
		return Matrix{}, 0, err
	}
	if err := e.descend(ctx, o.Iterations); err != nil {
		return Matrix{}, 0, err
	}
	places := newMatrix(x.Rows, 2)
	for i, v := range e.places {
		places.Values[i] = float32(v)
	}
	return places, e.divergence(), nil
}

// embedding is the state of the descent.
type embedding struct {
	p         affinities
	places    []float64 // N×2
	tree      quadtree
	repelled  []repulsion // of each point
	total     float64     // Σ 1/(1 + ‖y_i − y_j‖²) over all pairs
	gradients []float64   // N×2
}

// begin sets the initial coordinates: the first two principal components with a small
// noise.
func (e *embedding) begin(ctx context.Context, x Matrix, seed uint64) error {
	pca, err := NewPCA(ctx, x, min(2, x.Columns))
	if err != nil {
		return err
	}
	normals := make([]float32, len(e.places))
	noise.Normal(normals, noise.Key{Seed: seed})
	scale := initialSpread / math.Max(math.Sqrt(pca.Variance[0]), math.SmallestNonzeroFloat32)
	components := pca.Transform(x)
	for i := range x.Rows {
		for j, v := range components.Row(i) {
			e.places[2*i+j] = scale * float64(v)
		}
	}
	for i, v := range normals {
		e.places[i] += initialNoise * float64(v)
	}
	return nil
}

// descend does gradient descent with momentum and a gain per coordinate, which grows
// while steps keep their direction (Jacobs 1988).
func (e *embedding) descend(ctx context.Context, iterations int) error {
	n := len(e.places)
	rate := math.Max(float64(n/2)/exaggeration, leastLearningRate)
	step, gain := make([]float64, n), make([]float64, n)
	for i := range gain {
		gain[i] = 1
	}
	for iteration := range iterations {
		if err := ctx.Err(); err != nil {
			return err
		}
		factor, momentum := exaggeration, earlyMomentum
		if iteration >= exaggeratedSteps {
			factor, momentum = 1, lateMomentum
		}
		e.differentiate(factor, barnesHutAngle)
		for i, g := range e.gradients {
			if (g > 0) != (step[i] > 0) {
				gain[i] += 0.2
			} else {
				gain[i] = math.Max(0.8*gain[i], leastGain)
			}
			step[i] = momentum*step[i] - rate*gain[i]*g
			e.places[i] += step[i]
		}
	}
	e.differentiate(1, barnesHutAngle)
	return nil
}

// differentiate computes the gradient 4·Σ_j (factor·p_ij − q_ij)·w_ij·(y_i − y_j) of
// every point i, with w_ij = 1/(1 + ‖y_i − y_j‖²) and q_ij = w_ij/total.
func (e *embedding) differentiate(factor, theta float64) {
	n := len(e.places) / 2
	if e.gradients == nil {
		e.gradients, e.repelled = make([]float64, 2*n), make([]repulsion, n)
	}
	e.tree = newQuadtree(e.tree, e.places)
	parallel(n, 16, func(from, to int) {
		for i := from; i < to; i++ {
			e.repelled[i] = repulsion{weight: -1} // excludes the point itself
			e.tree.repel(&e.repelled[i], 0, e.places[2*i], e.places[2*i+1], theta)
		}
	})
	e.total = math.SmallestNonzeroFloat64
	for _, r := range e.repelled {
		e.total += r.weight
	}
	parallel(n, 16, func(from, to int) {
		for i := from; i < to; i++ {
			var x, y float64
			for _, neighbour := range e.p[i] {
				dx, dy, w := e.difference(i, neighbour.index)
				x += neighbour.p * w * dx
				y += neighbour.p * w * dy
			}
			e.gradients[2*i] = 4 * (factor*x - e.repelled[i].x/e.total)
			e.gradients[2*i+1] = 4 * (factor*y - e.repelled[i].y/e.total)
		}
	})
}

// difference is y_i − y_j, and w_ij.
func (e *embedding) difference(i, j int) (dx, dy, w float64) {
	dx, dy = e.places[2*i]-e.places[2*j], e.places[2*i+1]-e.places[2*j+1]
	return dx, dy, 1 / (1 + dx*dx + dy*dy)
}

// divergence returns KL(P‖Q) = Σ p·log(p/q) at the last gradient.
func (e *embedding) divergence() float64 {
	sum := 0.0
	for i, row := range e.p {
		for _, neighbour := range row {
			_, _, w := e.difference(i, neighbour.index)
			sum += neighbour.p * math.Log(neighbour.p*e.total/w)
		}
	}
	return sum
}
