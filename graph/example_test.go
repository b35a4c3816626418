package graph_test

import (
	"context"
	"fmt"
	"log"

	"gaetrain/graph"
	"gaetrain/graph/kernel"
	"gaetrain/graph/op"
)

// units declares a fully connected layer, act(x·W + b).
func units(s *graph.Scope, name string, act kernel.Activation, count int, x graph.Value) graph.Value {
	w := s.Parameter(graph.Spec{
		Name: name + "/weights", Part: "encoder", Role: graph.Weight, Shape: []int{x.Size(), count},
		Fill: graph.GlorotUniform.Fill(name+"/weights", x.Size(), count),
	})
	b := s.Parameter(graph.Spec{Name: name + "/bias", Part: "encoder", Role: graph.Bias, Shape: []int{count}})
	return s.Apply(func(rows *op.Rows, x op.Node, more ...op.Node) (op.Node, error) {
		return op.Affine(name, rows, act, false, false, x, more[0], more[1])
	}, x, w, b)
}

// tiny declares an autoencoder 4-2-4 and its squared error.
func tiny(s *graph.Scope) {
	x := s.Input("input", graph.Data, graph.Row(4))
	z := units(s, "code", kernel.Tanh, 2, x)
	y := units(s, "output", kernel.Linear, 4, z)
	s.Output("code", z)
	s.Output("reconstruction", y)
	s.Minimise(graph.Sum(s.Term("error", func(rows *op.Rows, y op.Node, more ...op.Node) (op.Loss, error) {
		return op.SquaredError("error", rows, y, more[0])
	}, y, x)))
}

// A declaration reads like its equations. Programs share the parameters: a
// training program has their gradients, and an evaluation program uses the
// present values.
func Example() {
	var p graph.Parameters
	if _, err := p.Declare(1, 3, tiny); err != nil { // seed 1, batches of 3
		log.Fatal(err)
	}
	training, err := graph.Compile(&p, graph.Options{Name: "training", Batch: 3, Training: true}, tiny)
	if err != nil {
		log.Fatal(err)
	}
	defer training.Close()
	evaluation, err := graph.Compile(&p, graph.Options{Name: "evaluation", Batch: 3, Outputs: []string{"code"}}, tiny)
	if err != nil {
		log.Fatal(err)
	}
	defer evaluation.Close()

	images := graph.Batch{Rows: 3, Inputs: map[string][]float32{"input": {
		1, 0, 1, 0,
		0, 1, 0, 1,
		1, 1, 0, 0,
	}}}
	for range 2000 {
		if err := training.Run(context.Background(), images); err != nil {
			log.Fatal(err)
		}
		for _, g := range training.Gradients() { // gradient descent
			kernel.Axpy(-0.05, g.Values(), g.Parameter.Values())
		}
	}
	if err := evaluation.Run(context.Background(), images); err != nil {
		log.Fatal(err)
	}
	fmt.Printf("%d numbers, error %.2f, %d codes of %d values\n",
		p.Count(), evaluation.Mean(), len(evaluation.Output("code"))/2, evaluation.Shape("code").Size())
	// Output:
	// 22 numbers, error 0.00, 3 codes of 2 values
}

// A program computes the outputs that are requested by name. Codes from
// elsewhere are an input like any other.
func ExampleScope_Output() {
	var p graph.Parameters
	if _, err := p.Declare(1, 1, tiny); err != nil {
		log.Fatal(err)
	}
	decoder, err := graph.Compile(&p, graph.Options{Name: "decoding", Batch: 1, Outputs: []string{"reconstruction"}}, func(s *graph.Scope) {
		s.Output("reconstruction", units(s, "output", kernel.Linear, 4, s.Input("code", graph.Data, graph.Row(2))))
	})
	if err != nil {
		log.Fatal(err)
	}
	defer decoder.Close()
	if err := decoder.Run(context.Background(), graph.Batch{Rows: 1, Inputs: map[string][]float32{"code": {0, 0}}}); err != nil {
		log.Fatal(err)
	}
	fmt.Println(decoder.Output("reconstruction"))
	fmt.Println(decoder.Run(context.Background(), graph.Batch{Rows: 1}))
	// Output:
	// [0 0 0 0]
	// decoding program: code has 0 values, want 1×2
}

// Compile and Declare return the first error of a declaration. Later
// declarations have no effect, so a declaration need not check for errors.
func ExampleScope_Failf() {
	_, err := new(graph.Parameters).Declare(1, 3, func(s *graph.Scope) {
		x := s.Input("input", graph.Data, graph.Row(4))
		if x.Size()%3 != 0 {
			s.Failf("rows of %d values; hint: three for each pixel", x.Size())
		}
		s.Output("code", units(s, "code", kernel.Tanh, 2, x))
	})
	fmt.Println(err)
	// Output:
	// impossible architecture: rows of 4 values; hint: three for each pixel
}

// The weight of a term can rise during the first epochs of training. The
// reported loss always uses the final weight.
func ExampleTerm_RisingOver() {
	declare := func(s *graph.Scope) {
		x := s.Input("input", graph.Data, graph.Row(2))
		y := s.Activate("y", kernel.Linear, x)
		norm := s.Term("l1", func(rows *op.Rows, x op.Node, _ ...op.Node) (op.Loss, error) { return op.L1("l1", rows, x) }, y)
		s.Minimise(graph.Sum(norm.Times(2).RisingOver(4)))
	}
	for _, training := range []bool{true, false} {
		program, err := graph.Compile(new(graph.Parameters), graph.Options{Batch: 1, Training: training}, declare)
		if err != nil {
			log.Fatal(err)
		}
		for _, epoch := range []float64{0, 1, 4} {
			program.At(epoch)
			if err := program.Run(context.Background(), graph.Batch{Rows: 1, Inputs: map[string][]float32{"input": {3, -4}}}); err != nil {
				log.Fatal(err)
			}
			fmt.Printf("%g;", program.Mean())
		}
		fmt.Println()
		program.Close()
	}
	// Output:
	// 0;3.5;14;
	// 14;14;14;
}
