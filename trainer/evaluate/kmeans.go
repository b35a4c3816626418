package evaluate

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"

	"gaetrain/graph/kernel"
)

// KMeansOptions say how clusters are looked for. Only Clusters is needed.
type KMeansOptions struct {
	Clusters   int
	Restarts   int    // starts from other centres, of which the best is kept; 0: 10
	Iterations int    // of one start at most; 0: 300
	Batch      int    // observations that a step looks at; 0: all. For sets that are large
	Seed       uint64 // of the first centres and the batches
}

// KMeans are K centres and the cluster of each observation: the one whose centre
// is nearest.
type KMeans struct {
	Centres    Matrix  // K×D
	Clusters   []int   // N
	Inertia    float64 // Σ_n ‖x_n − its centre‖²
	Iterations int     // of the start that was best
}

const (
	kMeansTolerance = 1e-4 // of the mean variance: centres that move by less have come to rest
	batchPasses     = 10   // over the data, in batches
)

// NewKMeans looks for the clusters of x (N×D) with the least inertia, by Lloyd's
// algorithm (1982) from centres chosen by k-means++ (Arthur & Vassilvitskii
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
		return fmt.Errorf("%w: %d clusters of %d observations; hint: at least 1, at most as many as observations", ErrInput, k, x.Rows)
	}
	return nil
}

// kMeansSearch holds what the starts of a search share.
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

// inertia returns Σ_n ‖x_n − its centre‖².
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

// start runs from one choice of centres until they rest.
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

// plusPlus chooses observations as centres, each with a probability in
// proportion to its squared distance from those chosen before.
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
		next := s.random.IntN(s.x.Rows) // where all observations are centres already
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

// lloyd alternates between centres and clusters.
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

// assign puts each observation into the cluster of the nearest centre, and tells
// whether that changed any.
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

// columnGrain is the least number of columns of centres worth a thread.
const columnGrain = 64

// update moves each centre to the mean of its cluster, that of an empty one to
// the observation farthest from its own centre. It returns the sum of the
// squared distances that centres moved.
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

// batches moves centres towards the observations of random batches, each by the
// reciprocal of the number of observations it has seen.
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
