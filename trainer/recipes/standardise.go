package recipes

import (
	"fmt"
	"math"

	"gaetrain/graph"
	"gaetrain/graph/kernel"
	"gaetrain/graph/op"
	"gaetrain/graph/trace"
)

// Standardised is a model whose encoder takes (x − m)/s, where m is the mean of
// the training images and s² the mean of (x − m)² over images and pixels.
type Standardised struct {
	image   graph.Shape
	centred bool // s is 1
}

func (z *Standardised) mean() graph.Spec {
	return graph.Spec{Name: "input/mean", Part: "input", Role: graph.Statistic, Shape: []int{z.image.Size()}}
}

func (z *Standardised) deviation() graph.Spec {
	return graph.Spec{Name: "input/deviation", Part: "input", Role: graph.Statistic, Shape: []int{1}, Fill: graph.Constant(1)}
}

// Standardise declares the input of the encoder (x: B×D).
func (z *Standardised) Standardise(s *graph.Scope, x graph.Value) graph.Value {
	mean, deviation := s.StatisticValue(z.mean()), s.StatisticValue(z.deviation())
	y := s.Apply(func(rows *op.Rows, x op.Node, more ...op.Node) (op.Node, error) {
		return op.Standardise("input", rows, x, more[0], more[1])
	}, x, mean, deviation)
	y = s.Traced(y, func(n *trace.Network, in []*trace.Value) *trace.Value {
		return standardised(n, n.Flat("input", in[0]), in[1], in[2])
	}, x, mean, deviation)
	return y.As(x.Shape())
}

// standardised writes (x − m)/s.
func standardised(n *trace.Network, x, mean, deviation *trace.Value) *trace.Value {
	centred := n.Node("input", "Sub", x.Shape, nil, x, mean)
	python := fmt.Sprintf("(%%s - %s) / %s", n.Buffer("input/mean", mean.Constant), n.Buffer("input/deviation", deviation.Constant))
	return n.Python(n.Node("input", "Div", x.Shape, nil, centred, deviation), python, x)
}

// measure sets mean and deviation to those of training images, and returns the
// standardised images. Errors wrap graph.ErrArchitecture or are those of reading the images.
func (z *Standardised) measure(images graph.Sample, p *graph.Parameters) (graph.Sample, error) {
	mean, ok := p.Get(z.mean().Name)
	deviation, also := p.Get(z.deviation().Name)
	if !ok || !also {
		return images, fmt.Errorf("%w: no parameters %s and %s", graph.ErrArchitecture, z.mean().Name, z.deviation().Name)
	}
	s, err := measure(images, mean.Values())
	if err != nil {
		return images, err
	}
	if !z.centred {
		deviation.Values()[0] = s
	}
	return graph.Sample{Count: images.Count, Read: func(dst []float32, i int) error {
		err := images.Read(dst, i)
		kernel.Axpy(-1, mean.Values(), dst)
		kernel.Scale(1/deviation.Values()[0], dst)
		return err
	}}, nil
}

// measure writes the mean image into mean and returns the deviation; 1 if all
// images are the same. Errors are those of reading the images.
func measure(images graph.Sample, mean []float32) (float32, error) {
	image, sums := make([]float32, len(mean)), make([]float64, len(mean))
	var squares float64
	for i := range images.Count {
		if err := images.Read(image, i); err != nil {
			return 0, err
		}
		for j, v := range image {
			sums[j] += float64(v)
			squares += float64(v) * float64(v)
		}
	}
	n := float64(images.Count)
	for j, sum := range sums {
		mean[j] = float32(sum / n)
		squares -= sum * sum / n
	}
	if variance := squares / n / float64(len(mean)); variance > 1e-12 {
		return float32(math.Sqrt(variance)), nil
	}
	return 1, nil
}
