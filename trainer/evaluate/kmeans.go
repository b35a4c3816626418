package evaluate

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"

	"gaetrain/graph/kernel"
)

// KMeansOptions are the options of NewKMeans. Only Clusters is required.
type KMeansOptions struct {
	Clusters   int
	Restarts   int    // starts from different centres; the result with the least inertia is kept; 0: 10
	Iterations int    // maximum for each start; 0: 300
	Batch      int    // observations per step, for large data sets; 0: all
	Seed       uint64 // of the first centres and the batches
}

// KMeans are K centres and the cluster of each observation: the one whose centre
// is nearest.
type KMeans struct {
	Centres    Matrix  // K×D
	Clusters   []int   // N
	Inertia    float64 // Σ_n ‖x_n − its centre‖²
	Iterations int     // of the best start
}

const (
	kMeansTolerance = 1e-4 // relative to the mean variance: the search ends when centres move by less
	batchPasses     = 10   // passes over the data, in batches
)

// NewKMeans searches for the clusters of x (N×D) with the least inertia, by Lloyd's
// algorithm (1982) from initial centres by k-means++ (Arthur & Vassilvitskii
// 2007), or in batches (Sculley 2010). Errors wrap ErrInput or the context's.
func NewKMeans(ctx context.Context, x Matrix, o KMeansOptions) (*KMeans, error) {
	if err := x.check(); err != nil {
		return nil, err
	}
	if err := checkClusters(x, o.Clusters); err != nil {
		return nil, err
	}
	if o.Restarts < 0 || o.Iterations < 0 || o.Batch < 0 {
		return nil, fmt.Errorf("%w: %d restarts, %d iterations, batches of %d; hint: 0 or more", ErrInput, o.Restarts, o.Iterations, o.Batch)
	}
	if o.Restarts == 0 {
		o.Restarts = 10
	}
	if o.Iterations == 0 {
		o.Iterations = 300
	}
	s := newKMeansSearch(x, o.Clusters)
	var best *KMeans
	for start := range o.Restarts {
		s.random = rand.New(rand.NewPCG(o.Seed, uint64(start)))
		found, err := s.start(ctx, o)
		if err != nil {
			return nil, err
		}
		if best == nil || found.Inertia < best.Inertia {
			best = found
		}
	}
	return best, nil
}

func checkClusters(x Matrix, k int) error {
	if k < 1 || k > x.Rows {
		return fmt.Errorf("%w: %d clusters of %d observations; hint: from 1 to the number of observations", ErrInput, k, x.Rows)
	}
	return nil
}

// kMeansSearch has the memory that all starts of a search share.
type kMeansSearch struct {
	x         Matrix
	squares   []float32 // N: squared norms
	tolerance float64
	random    *rand.Rand

	centres   Matrix    // K×D
	clusters  []int     // N
	distances []float32 // N: squared, to the own centre
	products  []float32 // N×K
}

func newKMeansSearch(x Matrix, k int) *kMeansSearch {
	s := &kMeansSearch{x: x, squares: x.squares(), centres: newMatrix(k, x.Columns)}
	s.clusters, s.distances, s.products = make([]int, x.Rows), make([]float32, x.Rows), make([]float32, x.Rows*k)
	s.tolerance = kMeansTolerance * x.spread() / float64(x.Rows*x.Columns)
	return s
}

// spread returns Σ_n ‖x_n − mean‖².
func (m Matrix) spread() float64 {
	centre := newMatrix(1, m.Columns)
	for j, v := range m.mean() {
		centre.Values[j] = float32(v)
	}
	return inertia(m, centre, make([]int, m.Rows))
}

// inertia returns the sum of squared distances, Σ_n ‖x_n − its centre‖².
func inertia(x, centres Matrix, clusters []int) (sum float64) {
	rows := make([]float64, x.Rows)
	parallel(x.Rows, blockRows, func(from, to int) {
		for i := from; i < to; i++ {
			rows[i] = squaredDistance(x.Row(i), centres.Row(clusters[i]))
		}
	})
	for _, v := range rows {
		sum += v
	}
	return sum
}

// start runs from one set of initial centres until they stop moving.
func (s *kMeansSearch) start(ctx context.Context, o KMeansOptions) (*KMeans, error) {
	if err := s.plusPlus(ctx); err != nil {
		return nil, err
	}
	iterations := 0
	var err error
	if o.Batch > 0 && o.Batch < s.x.Rows {
		iterations, err = s.batches(ctx, o.Batch)
	} else {
		iterations, err = s.lloyd(ctx, o.Iterations)
	}
	if err != nil {
		return nil, err
	}
	found := &KMeans{s.centres, slices.Clone(s.clusters), 0, iterations}
	found.Centres.Values = slices.Clone(s.centres.Values)
	found.Inertia = inertia(s.x, s.centres, s.clusters)
	return found, nil
}

// plusPlus selects observations as centres, each with a probability proportional to
// its squared distance from the nearest centre so far.
func (s *kMeansSearch) plusPlus(ctx context.Context) error {
	first := s.random.IntN(s.x.Rows)
	copy(s.centres.Row(0), s.x.Row(first))
	for i := range s.distances {
		s.distances[i] = float32(math.Inf(1))
	}
	for chosen := 1; chosen < s.centres.Rows; chosen++ {
		if err := ctx.Err(); err != nil {
			return err
		}
		newest := s.centres.Row(chosen - 1)
		parallel(s.x.Rows, blockRows, func(from, to int) {
			for i := from; i < to; i++ {
				s.distances[i] = min(s.distances[i], float32(squaredDistance(s.x.Row(i), newest)))
			}
		})
		rest := s.random.Float64() * kernel.Sum(s.distances)
		next := s.random.IntN(s.x.Rows) // used if all observations are centres already
		for i, d := range s.distances {
			if rest -= float64(d); rest < 0 {
				next = i
				break
			}
		}
		copy(s.centres.Row(chosen), s.x.Row(next))
	}
	return nil
}

// lloyd alternates between updates of the centres and of the clusters.
func (s *kMeansSearch) lloyd(ctx context.Context, limit int) (iterations int, err error) {
	s.assign()
	for iterations < limit {
		if err := ctx.Err(); err != nil {
			return 0, err
		}
		iterations++
		if moved := s.update(); !s.assign() || moved <= s.tolerance {
			break
		}
	}
	return iterations, nil
}

// assign assigns each observation to the nearest centre, and reports whether that
// changed any cluster.
func (s *kMeansSearch) assign() (changed bool) {
	before := slices.Clone(s.clusters)
	nearest(s.x, s.centres, s.products, s.clusters, s.distances)
	for i := range s.distances {
		s.distances[i] = max(s.distances[i]+s.squares[i], 0)
	}
	return !slices.Equal(before, s.clusters)
}

// nearest finds, for each row of x (N×D), the nearest centre (K×D) and its
// squared distance less the squared norm of the row. products is N×K.
func nearest(x, centres Matrix, products []float32, clusters []int, distances []float32) {
	n, k, d := x.Rows, centres.Rows, x.Columns
	kernel.Gemm(false, true, n, k, d, -2, x.Values, d, centres.Values, d, 0, products, k)
	squares := centres.squares()
	parallel(n, blockRows, func(from, to int) {
		for i := from; i < to; i++ {
			best := float32(math.Inf(1))
			for c, product := range products[i*k : (i+1)*k] {
				if distance := product + squares[c]; distance < best {
					best, clusters[i] = distance, c
				}
			}
			distances[i] = best
		}
	})
}

// columnGrain is the least number of columns of centres for one thread.
const columnGrain = 64

// update moves each centre to the mean of its cluster. The centre of an empty cluster
// moves to the observation that is farthest from its centre. It returns the sum of the
// squared distances by which the centres moved.
func (s *kMeansSearch) update() (moved float64) {
	k, d := s.centres.Rows, s.x.Columns
	counts, sums := make([]int, k), make([]float64, k*d)
	for _, c := range s.clusters {
		counts[c]++
	}
	parallel(d, columnGrain, func(from, to int) {
		for i, c := range s.clusters {
			sum := sums[c*d+from : c*d+to]
			for j, v := range s.x.Row(i)[from:to] {
				sum[j] += float64(v)
			}
		}
	})
	before := s.centres
	s.centres = newMatrix(k, d)
	for c, count := range counts {
		centre := s.centres.Row(c)
		if count == 0 {
			farthest := slices.Index(s.distances, slices.Max(s.distances))
			copy(centre, s.x.Row(farthest))
			s.distances[farthest] = 0
		}
		for j := range centre {
			if count > 0 {
				centre[j] = float32(sums[c*d+j] / float64(count))
			}
		}
		moved += squaredDistance(centre, before.Row(c))
	}
	return moved
}

// batches moves centres towards the observations of random batches. The step of a
// centre is the reciprocal of the number of its observations so far.
func (s *kMeansSearch) batches(ctx context.Context, size int) (steps int, err error) {
	batch, clusters, seen := newMatrix(size, s.x.Columns), make([]int, size), make([]float64, s.centres.Rows)
	distances := make([]float32, size)
	for ; steps < batchPasses*s.x.Rows/size; steps++ {
		if err := ctx.Err(); err != nil {
			return 0, err
		}
		for i := range size {
			copy(batch.Row(i), s.x.Row(s.random.IntN(s.x.Rows)))
		}
		nearest(batch, s.centres, s.products, clusters, distances)
		for i, c := range clusters {
			seen[c]++
			centre := s.centres.Row(c)
			for j, v := range batch.Row(i) {
				centre[j] += float32(float64(v-centre[j]) / seen[c])
			}
		}
	}
	s.assign()
	return steps, nil
}
