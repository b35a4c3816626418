package graph_test

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"gaetrain/graph"
	"gaetrain/graph/kernel"
	"gaetrain/graph/op"
)

// countNodes counts the nodes of a program whose name starts with a prefix.
func countNodes(t *testing.T, p *graph.Program, prefix string) (count int) {
	t.Helper()
	nodes, err := p.Describe()
	if err != nil {
		t.Fatal(err)
	}
	for _, n := range nodes {
		if strings.HasPrefix(n.Name, prefix) {
			count++
		}
	}
	return count
}

// TestRowsOfImages converts rows to images and back. A later conversion of rows
// that were made from images must find the same images again.
func TestRowsOfImages(t *testing.T) {
	t.Parallel()
	shape := graph.Shape{Channels: 3, Height: 2, Width: 5}
	for _, batch := range []int{1, 16, 40} {
		for _, constant := range []bool{true, false} {
			program := compile(t, new(graph.Parameters), graph.Options{Batch: batch, Outputs: []string{"rows", "other", "reshaped"}}, func(s *graph.Scope) {
				x := s.Variable("input", shape)
				if constant {
					x = s.Input("input", graph.Data, shape)
				}
				images := s.Images("first", x)
				if s.Images("again", images) != images || s.Rows("again", x) != x {
					t.Error("what lies as it should is not left alone")
				}
				rows := s.Rows("second", images)
				s.Output("rows", rows)
				if found := s.Images("third", rows); found != images {
					t.Errorf("rows have the images %+v, want %+v", found, images)
				}
				for _, v := range []graph.Value{images, rows} {
					if v.Shape() != shape || v.Constant() != constant {
						t.Errorf("shape %s, constant %t", v.Shape(), v.Constant())
					}
				}
				other := graph.Shape{Channels: 2, Height: 5, Width: 3}
				reshaped := s.Images("fourth", rows.As(other))
				if reshaped == images || reshaped.Shape() != other {
					t.Errorf("rows of %s are images of %s", other, reshaped.Shape())
				}
				s.Output("reshaped", reshaped)
				s.Output("other", s.Images("fifth", s.Activate("act", kernel.Tanh, images)))
			})
			x := images(batch, 30)
			for rows := 1; rows <= batch; rows += 13 {
				run(t, program, rows, map[string][]float32{"input": x})
				same(t, "rows", program.Output("rows"), x[:30*rows])
				same(t, "rows of another shape", program.Output("reshaped"), x[:30*rows])
				for i, v := range program.Output("other") {
					near(t, "activation", float64(v), math.Tanh(float64(x[i])))
				}
			}
		}
	}
}

// several declares a batch with K rows for each image: the input plus noise.
func several(s *graph.Scope, samples int) graph.Value {
	statistics := s.Variable("statistics", graph.Row(2*3))
	return s.Apply(func(rows *op.Rows, x op.Node, more ...op.Node) (op.Node, error) {
		return op.Reparametrise("draw", rows, x, more[0])
	}, statistics, s.Input(fmt.Sprintf("noise-%d", samples), graph.Random, graph.Row(samples*3)))
}

// TestSeveral checks batches with several consecutive rows for each image.
// First must select the first of them.
func TestSeveral(t *testing.T) {
	t.Parallel()
	const batch = 5
	for _, samples := range []int{1, 2, 7} {
		program := compile(t, new(graph.Parameters), graph.Options{Batch: batch, Outputs: []string{"all", "first", "act", "one"}}, func(s *graph.Scope) {
			z := several(s, samples)
			if z.Shape() != graph.Row(3) {
				t.Errorf("shape %s", z.Shape())
			}
			rows, again := s.Several(samples), s.Several(samples)
			if rows != again || rows.Compiled != samples*batch {
				t.Errorf("%d rows", rows.Compiled)
			}
			act := s.Activate("act", kernel.Tanh, z)
			s.Output("all", z)
			s.Output("act", act)
			s.Output("first", s.First("first", act))
			x := s.Input("input", graph.Data, image)
			if s.First("one", x) != x {
				t.Error("one row for each image is not the first one")
			}
			s.Output("one", s.Activate("one", kernel.Linear, x))
		})
		statistics, noise := make([]float32, batch*6), normals(batch*samples*3, 1)
		for i := range batch {
			for j := range 3 {
				statistics[6*i+j] = float32(i) // the log-variances stay 0
			}
		}
		for _, rows := range []int{batch, 2, 1, 3} {
			run(t, program, rows, map[string][]float32{"statistics": statistics, fmt.Sprintf("noise-%d", samples): noise, "input": images(batch, 20)})
			if all, first := program.Output("all"), program.Output("first"); len(all) != rows*samples*3 || len(first) != rows*3 {
				t.Fatalf("%d and %d values of %d images", len(all), len(first), rows)
			}
			for i, v := range program.Output("all") {
				near(t, "row", float64(v), float64(i/(3*samples))+float64(noise[i]))
				near(t, "activation", float64(program.Output("act")[i]), math.Tanh(float64(v)))
			}
			for i, v := range program.Output("first") {
				near(t, "first row", float64(v), float64(program.Output("act")[i/3*3*samples+i%3]))
			}
		}
	}
}

// TestFirstOfImages selects the first of several images in lanes.
func TestFirstOfImages(t *testing.T) {
	t.Parallel()
	const batch, samples = 3, 4
	program := compile(t, new(graph.Parameters), graph.Options{Batch: batch, Outputs: []string{"all", "first"}}, func(s *graph.Scope) {
		shape := graph.Shape{Channels: 3, Height: 1, Width: 1}
		images := s.Images("images", several(s, samples).As(shape))
		first := s.First("first", images)
		if first.Shape() != shape {
			t.Errorf("shape %s", first.Shape())
		}
		s.Output("all", images)
		s.Output("first", first)
	})
	run(t, program, 2, map[string][]float32{"statistics": images(batch, 6), "noise-4": normals(batch*samples*3, 1)})
	for i, v := range program.Output("first") {
		if want := program.Output("all")[i/3*3*samples+i%3]; v != want {
			t.Errorf("[%d] is %g, want %g", i, v, want)
		}
	}
}

// TestActivate checks activations of a batch.
func TestActivate(t *testing.T) {
	t.Parallel()
	program := compile(t, new(graph.Parameters), graph.Options{Batch: 2}, func(s *graph.Scope) {
		x := s.Input("input", graph.Data, image)
		for name, act := range map[string]kernel.Activation{"tanh": kernel.Tanh, "sigmoid": kernel.Sigmoid, "relu": kernel.ReLU} {
			y := s.Activate(name, act, x)
			if y.Shape() != image || !y.Constant() {
				t.Errorf("shape %s, constant %t", y.Shape(), y.Constant())
			}
			s.Output(name, y)
		}
	})
	x := normals(40, 2)
	run(t, program, 2, both(x))
	for i, v := range x {
		near(t, "tanh", float64(program.Output("tanh")[i]), math.Tanh(float64(v)))
		near(t, "sigmoid", float64(program.Output("sigmoid")[i]), 1/(1+math.Exp(-float64(v))))
		near(t, "relu", float64(program.Output("relu")[i]), max(0, float64(v)))
	}
}

// TestVJP compares vector–Jacobian products of a code with finite differences,
// for fully connected and convolutional layers.
func TestVJP(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		shape   graph.Shape
		encoder string
	}{
		"dense":       {image, "dense:13,tanh dense:3"},
		"convolution": {graph.Shape{Channels: 2, Height: 4, Width: 5}, "conv:3,3,s2,sigmoid conv:2,3,softplus dense:4,tanh"},
		"maps":        {graph.Shape{Channels: 1, Height: 4, Width: 4}, "conv:3,3,s2,tanh"},
		"normalised":  {image, "dense:13,tanh,layernorm dense:3 dropout:0.5"},
	} {
		t.Run(name, func(t *testing.T) {
			const rows, batch, step = 3, 4, 1e-2
			encoder := stack(t, "encoder", test.shape, test.encoder)
			encoding := func(s *graph.Scope) { s.Output("code", encoder.On(s, s.Input("input", graph.Data, test.shape))) }
			pullback := func(s *graph.Scope) {
				x := s.Variable("input", test.shape)
				z := s.Rows("code", encoder.On(s, x))
				product := s.VJP(z, s.Input("direction", graph.Data, graph.Row(z.Size())), x)
				if product.Shape() != test.shape {
					t.Errorf("shape %s, want %s", product.Shape(), test.shape)
				}
				s.Output("product", product)
			}
			p := parameters(t, 1, encoding)
			size, units := test.shape.Size(), encoder.Out().Size()
			codes := evaluationOf(t, p, batch, encoding, "code")
			program := evaluationOf(t, p, batch, pullback, "product")
			input, directions := images(batch, size), normals(batch*units, 5)
			inputs := map[string][]float32{"input": input, "direction": directions}
			run(t, program, rows, inputs)
			got := slices.Clone(program.Output("product"))
			if len(got) != rows*size {
				t.Fatalf("%d values", len(got))
			}
			inputs["direction"] = make([]float32, batch*units)
			for range 2 {
				if err := program.Run(context.Background(), graph.Batch{Rows: rows, Inputs: inputs, Repeated: true}); err != nil {
					t.Fatal(err)
				}
				if inputs["direction"][0] == 0 && scale(program.Output("product")) != 0 {
					t.Error("a direction of zeros has a product")
				}
				inputs["direction"] = directions
			}
			same(t, "the product on repeated images", program.Output("product"), got)

			dot := func(image int) (sum float64) {
				run(t, codes, rows, map[string][]float32{"input": input})
				for at := image * units; at < (image+1)*units; at++ {
					sum += float64(directions[at]) * float64(codes.Output("code")[at])
				}
				return sum
			}
			bound := 2e-3*scale(got) + 1e-4
			for at := range got {
				old := input[at]
				input[at] = old + step
				above := dot(at / size)
				input[at] = old - step
				below := dot(at / size)
				input[at] = old
				within(t, "product", float64(got[at]), (above-below)/(2*step), bound)
			}
			mentions(t, program.Run(context.Background(), graph.Batch{Rows: rows, Inputs: map[string][]float32{"input": input}}), "direction has 0 values")
		})
	}
}

// TestConstantInputsHaveNoGradient checks that no gradient in an input is
// computed, nor in the images that were made from it.
func TestConstantInputsHaveNoGradient(t *testing.T) {
	t.Parallel()
	a := spelled(t, graph.Shape{Channels: 1, Height: 4, Width: 4}, "conv:2,3,s2", "dense:16,1x4x4", false)
	p := parameters(t, 1, a.declare)
	program := trainingOf(t, p, 2, a.declare)
	if got := countNodes(t, program, "images"); got != 1 { // only in the forward pass
		t.Errorf("%d operations on images of the input", got)
	}
}
