package evaluate

import (
	"context"
	"errors"
	"testing"
	"time"

	"gonum.org/v1/gonum/mat"

	"gaetrain/loaders"
)

// TestEndedContext checks that each slow measure returns the error of a context that has
// ended.
func TestEndedContext(t *testing.T) {
	x := random(300, 6, 1)
	labels := make([]loaders.Label, x.Rows)
	for i := range labels {
		labels[i] = loaders.Label(i % 3)
	}
	clusters := make([]int, x.Rows)
	clusters[0] = 1
	index, err := NewNearestNeighbours(x)
	if err != nil {
		t.Fatal(err)
	}
	p, err := NewPosterior(x, x)
	if err != nil {
		t.Fatal(err)
	}
	components, err := NewPCA(t.Context(), x, 2)
	if err != nil {
		t.Fatal(err)
	}
	decoder := mat.NewDense(6, 2, nil)
	decoder.Set(0, 0, 1)
	decoder.Set(1, 1, 1)
	for name, measure := range map[string]func(context.Context) error{
		"principal components": func(ctx context.Context) error { return second(NewPCA(ctx, x, 2)) },
		"alignment":            func(ctx context.Context) error { return second(components.Align(ctx, decoder)) },
		"Fréchet distance":     func(ctx context.Context) error { return second(Frechet(ctx, x, x)) },
		"overlap":              func(ctx context.Context) error { return second(Compare(ctx, x, x, 3)) },
		"neighbours":           func(ctx context.Context) error { return second(index.Search(ctx, x, 3)) },
		"vote":                 func(ctx context.Context) error { return second(index.Classify(ctx, x, labels, 3)) },
		"retrieval":            func(ctx context.Context) error { return second(index.Retrieve(ctx, x, labels, labels, []int{1})) },
		"mutual information":   func(ctx context.Context) error { return second(p.MutualInformation(ctx, x)) },
		"spread":               func(ctx context.Context) error { return second(p.Spread(ctx)) },
		"moments": func(ctx context.Context) error {
			_, _, err := p.Moments(ctx)
			return err
		},
		"logistic regression": func(ctx context.Context) error { return second(NewLogisticRegression(ctx, x, labels, 1)) },
		"k-means":             func(ctx context.Context) error { return second(NewKMeans(ctx, x, KMeansOptions{Clusters: 3})) },
		"mixture":             func(ctx context.Context) error { return second(NewMixture(ctx, x, MixtureOptions{Clusters: 3})) },
		"silhouette":          func(ctx context.Context) error { return second(Silhouette(ctx, x, clusters, 2)) },
		"embedding": func(ctx context.Context) error {
			_, _, err := TSNE{}.Embed(ctx, x)
			return err
		},
	} {
		if err := measure(t.Context()); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		ended, cancel := context.WithCancel(t.Context())
		cancel()
		if err := measure(ended); !errors.Is(err, context.Canceled) {
			t.Errorf("%s with an ended context: %v", name, err)
		}
	}
}

// TestAwait ends a context during a function that cannot be cancelled.
func TestAwait(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	begun, release := make(chan struct{}), make(chan struct{})
	defer close(release)
	go func() {
		<-begun
		cancel()
	}()
	start := time.Now()
	_, err := await(ctx, func() int {
		close(begun)
		<-release
		return 1
	})
	if !errors.Is(err, context.Canceled) || time.Since(start) > 5*time.Second {
		t.Errorf("%v after %s", err, time.Since(start))
	}
	if got, err := await(t.Context(), func() int { return 7 }); got != 7 || err != nil {
		t.Errorf("await gives %d, %v", got, err)
	}
}
