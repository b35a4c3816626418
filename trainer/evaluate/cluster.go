package evaluate

import (
	"context"
	"fmt"
	"math"
	"slices"
)

// Method is a way to find clusters.
type Method string

// The methods.
const (
	ByKMeans   Method = "k-means"
	ByDiagonal Method = "gaussian-diagonal" // a mixture with diagonal covariances
	ByFull     Method = "gaussian-full"     // a mixture with full covariances
)

// Criterion is a criterion for the number of clusters.
type Criterion string

// The criteria.
const (
	BySilhouette Criterion = "silhouette" // the largest
	ByBIC        Criterion = "bic"        // the smallest, only for mixtures
)

// ClusterOptions are the options of Cluster and Choose. Only Method is required.
type ClusterOptions struct {
	Method           Method
	Restarts         int    // of k-means; 0: 10
	Batch            int    // observations per step of k-means; 0: all
	SilhouetteImages int    // number of first observations that the silhouette uses; 0: all
	Seed             uint64 // of the first centres and the batches
}

// Clustering is the result of a method.
type Clustering struct {
	Clusters      int     `json:"clusters"`                 // K
	Inertia       float64 `json:"inertia"`                  // Σ_n ‖x_n − its centre‖²
	Silhouette    float64 `json:"silhouette"`               // 0 if all observations are in one cluster
	LogLikelihood float64 `json:"log_likelihood,omitempty"` // of a mixture, per observation, in nats
	BIC           float64 `json:"bic,omitempty"`            // of a mixture
	Iterations    int     `json:"iterations"`
	Centres       Matrix  `json:"-"` // K×D
	Of            []int   `json:"-"` // N: the cluster of each observation
}

// Cluster finds k clusters of x (N×D). Errors wrap ErrInput or the context's.
func Cluster(ctx context.Context, x Matrix, k int, o ClusterOptions) (Clustering, error) {
	c := Clustering{Clusters: k}
	switch o.Method {
	case ByKMeans:
		found, err := NewKMeans(ctx, x, KMeansOptions{Clusters: k, Restarts: o.Restarts, Batch: o.Batch, Seed: o.Seed})
		if err != nil {
			return c, err
		}
		c.Centres, c.Of, c.Iterations = found.Centres, found.Clusters, found.Iterations
	case ByDiagonal, ByFull:
		found, err := NewMixture(ctx, x, MixtureOptions{Clusters: k, Full: o.Method == ByFull, Restarts: o.Restarts, Batch: o.Batch, Seed: o.Seed})
		if err != nil {
			return c, err
		}
		c.Centres, c.Of, c.Iterations = found.Means, found.Clusters, found.Iterations
		c.LogLikelihood, c.BIC = found.LogLikelihood, found.BIC
	default:
		return c, fmt.Errorf("%w: unknown method %q; hint: %s, %s or %s", ErrInput, o.Method, ByKMeans, ByDiagonal, ByFull)
	}
	c.Inertia = inertia(x, c.Centres, c.Of)
	n := x.Rows
	if o.SilhouetteImages > 0 {
		n = min(n, o.SilhouetteImages)
	}
	if slices.Min(c.Of[:n]) == slices.Max(c.Of[:n]) {
		return c, nil
	}
	var err error
	c.Silhouette, err = Silhouette(ctx, x.Slice(0, n), c.Of[:n], k)
	return c, err
}

// Choose clusters x (N×D) into 2, 3, … most clusters. It returns all clusterings and
// the index of the best one by a criterion. Errors wrap ErrInput or the
// context's.
func Choose(ctx context.Context, x Matrix, most int, by Criterion, o ClusterOptions) (all []Clustering, best int, err error) {
	switch {
	case most < 2:
		return nil, 0, fmt.Errorf("%w: at most %d clusters; hint: at least 2", ErrInput, most)
	case by == ByBIC && o.Method == ByKMeans:
		return nil, 0, fmt.Errorf("%w: k-means has no likelihood for %s; hint: %s, or a mixture", ErrInput, ByBIC, BySilhouette)
	case by != ByBIC && by != BySilhouette:
		return nil, 0, fmt.Errorf("%w: unknown criterion %q; hint: %s or %s", ErrInput, by, BySilhouette, ByBIC)
	}
	least := math.Inf(1)
	for k := 2; k <= most; k++ {
		c, err := Cluster(ctx, x, k, o)
		if err != nil {
			return nil, 0, err
		}
		all = append(all, c)
		if cost := c.cost(by); cost < least {
			least, best = cost, len(all)-1
		}
	}
	return all, best, nil
}

// cost is smaller for a better clustering by the criterion.
func (c Clustering) cost(by Criterion) float64 {
	if by == ByBIC {
		return c.BIC
	}
	return -c.Silhouette
}
