package graph

import (
	"fmt"
	"math"

	"gaetrain/graph/kernel"
	"gaetrain/graph/kernel/noise"
	"gaetrain/graph/op"
)

// The statistics of training images that standardised encoders take.
const (
	inputMean      = "input/mean"      // m, D values
	inputDeviation = "input/deviation" // s, one
)

// standardises reports whether the first layer takes standardised images: in a
// part above other layers it takes codes.
func (a Architecture) standardises() bool { return a.Standardised && a.Part.Encoder == 0 }

// addStandardisation adds m = 0 and s = 1 to the parameters.
func (p *Parameters) addStandardisation(size int) error {
	if _, _, err := p.add(inputMean, size); err != nil {
		return err
	}
	deviation, _, err := p.add(inputDeviation, 1)
	if err != nil {
		return err
	}
	deviation.Values()[0] = 1
	for _, name := range [...]string{inputMean, inputDeviation} {
		p.list[p.at[name]].Statistic = true
	}
	return nil
}

// standardise declares what the encoder takes.
func (n *Network) standardise(a Architecture, p *Parameters) error {
	n.encoded = n.Input
	if !a.standardises() {
		return nil
	}
	mean, err := n.tensor(p, inputMean, a.Input.Size())
	if err != nil {
		return err
	}
	deviation, err := n.tensor(p, inputDeviation, 1)
	if err != nil {
		return err
	}
	n.encoded, err = op.Standardise("input", n.rows, n.Input, mean, deviation)
	return err
}

// A Sample is the training images that InitialiseFrom reads.
type Sample struct {
	Count int
	Read  func(dst []float32, i int) // writes image i below Count into dst
}

// InitialiseFrom sets what depends on training images: their statistics where
// the architecture is standardised, and weights whose initialiser is Images.
// Which images those are depends on the seed alone.
func (p *Parameters) InitialiseFrom(s Sample, a Architecture, seed uint64) error {
	if a.standardises() {
		mean, ok := p.Get(inputMean)
		deviation, also := p.Get(inputDeviation)
		if !ok || !also {
			return fmt.Errorf("%w: no parameters %s and %s", ErrArchitecture, inputMean, inputDeviation)
		}
		deviation.Values()[0] = s.measure(mean.Values())
		taken := s
		s.Read = func(dst []float32, i int) {
			taken.Read(dst, i)
			kernel.Axpy(-1, mean.Values(), dst)
			kernel.Scale(1/deviation.Values()[0], dst)
		}
	}
	if len(a.Encoder) == 0 || a.Encoder[0].Initialiser != Images {
		return nil
	}
	first := a.encoder()[0]
	weights, ok := p.Get(first.weights)
	if !ok {
		return fmt.Errorf("%w: no parameter %q", ErrArchitecture, first.weights)
	}
	if first.Units > s.Count {
		return fmt.Errorf("%w: %s has %d units to start as one image each, and there are %d; hint: fewer units, or another initialiser", ErrArchitecture, first.name, first.Units, s.Count)
	}
	s.fill(weights.Values(), first.Units, noise.Key{Seed: seed, Stream: streamInitialise, Step: hash(first.weights)})
	return nil
}

// measure writes the mean image into mean and returns the deviation; 1 where
// all images are the same.
func (s Sample) measure(mean []float32) float32 {
	image, sums := make([]float32, len(mean)), make([]float64, len(mean))
	var squares float64
	for i := range s.Count {
		s.Read(image, i)
		for j, v := range image {
			sums[j] += float64(v)
			squares += float64(v) * float64(v)
		}
	}
	n := float64(s.Count)
	for j, sum := range sums {
		mean[j] = float32(sum / n)
		squares -= sum * sum / n
	}
	if variance := squares / n / float64(len(mean)); variance > 1e-12 {
		return float32(math.Sqrt(variance))
	}
	return 1
}
