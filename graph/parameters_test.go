package graph_test

import (
	"errors"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"gaetrain/graph"
)

func TestParameters(t *testing.T) {
	t.Parallel()
	a := small(t, "relu", false)
	p := parameters(t, 1, a.declare)
	type tensor struct {
		Name, Part string
		Role       graph.Role
		Shape      []int
	}
	var got []tensor
	count := 0
	for _, parameter := range p.All() {
		got = append(got, tensor{parameter.Name, parameter.Part, parameter.Role, parameter.Shape})
		count += len(parameter.Values())
		zero := !slices.ContainsFunc(parameter.Values(), func(v float32) bool { return v != 0 })
		if zero != (parameter.Role == graph.Bias) {
			t.Errorf("%s: all zero is %t", parameter.Name, zero)
		}
	}
	want := []tensor{
		{"encoder/1/weights", "encoder", graph.Weight, []int{20, 13}}, {"encoder/1/bias", "encoder", graph.Bias, []int{13}},
		{"encoder/2/weights", "encoder", graph.Weight, []int{13, 3}}, {"encoder/2/bias", "encoder", graph.Bias, []int{3}},
		{"decoder/1/weights", "decoder", graph.Weight, []int{3, 13}},
		{"decoder/2/weights", "decoder", graph.Weight, []int{13, 20}}, {"decoder/2/bias", "decoder", graph.Bias, []int{20}},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	if p.Count() != count {
		t.Errorf("count is %d, want %d", p.Count(), count)
	}
	if _, ok := p.Get("decoder/1/bias"); ok {
		t.Error("a layer without bias has one")
	}
	if empty := new(graph.Parameters); empty.Count() != 0 || len(empty.All()) != 0 {
		t.Error("the zero value holds parameters")
	}
}

// TestInitialValuesDependOnSeedAndNameAlone compares models of different depth,
// and declarations in a different order.
func TestInitialValuesDependOnSeedAndNameAlone(t *testing.T) {
	t.Parallel()
	a, deeper := small(t, "relu", false), spelled(t, image, "dense:13 dense:3 dense:2", "dense:20,1x4x5", false)
	const name = "encoder/2/weights"
	want := values(t, parameters(t, 1, a.declare), name)
	same(t, "the same again", values(t, parameters(t, 1, a.declare), name), want)
	same(t, "a deeper model's", values(t, parameters(t, 1, deeper.declare), name), want)
	same(t, "those of a later declaration", values(t, parameters(t, 1, a.decode, a.declare), name), want)
	if slices.Equal(values(t, parameters(t, 2, a.declare), name), want) {
		t.Error("another seed gives the same values")
	}
	square := spelled(t, graph.Row(9), "dense:9 dense:9", "dense:9", false)
	p := parameters(t, 1, square.declare)
	if slices.Equal(values(t, p, "encoder/1/weights"), values(t, p, "encoder/2/weights")) {
		t.Error("two tensors of one shape have the same values")
	}
}

// TestDeclareAgain checks that a second declaration adds only missing
// parameters.
func TestDeclareAgain(t *testing.T) {
	t.Parallel()
	a := small(t, "relu", false)
	p := parameters(t, 1, a.decode)
	if got, want := names(p), []string{"decoder/1/weights", "decoder/2/weights", "decoder/2/bias"}; !slices.Equal(got, want) {
		t.Fatalf("%v, want %v", got, want)
	}
	fill(values(t, p, "decoder/2/bias"), 7)
	if _, err := p.Declare(2, 8, a.declare); err != nil {
		t.Fatal(err)
	}
	if bias := values(t, p, "decoder/2/bias"); len(p.All()) != 7 || bias[0] != 7 {
		t.Errorf("%v, bias %g", names(p), bias[0])
	}
}

// TestDeclared checks the operations and the terms that Declare reports.
func TestDeclared(t *testing.T) {
	t.Parallel()
	a := small(t, "relu", false)
	p := new(graph.Parameters)
	for range 2 { // the second time, all parameters exist
		declared, err := p.Declare(1, 8, a.declare)
		if err != nil {
			t.Fatal(err)
		}
		if want := 8 * 2 * (2*20*13 + 3*13*3 + 3*3*13 + 3*13*20.); declared.FLOPs != want {
			t.Errorf("%g operations, want %g", declared.FLOPs, want)
		}
		if len(declared.Terms) != 1 || declared.Terms[0].Name != "reconstruction" || declared.Terms[0].Unit != "pixels" {
			t.Errorf("terms %+v", declared.Terms)
		}
	}
	decoder, err := p.Declare(1, 8, a.decode)
	if err != nil {
		t.Fatal(err)
	}
	if want := 8 * 2 * (2*3*13 + 3*13*20.); decoder.FLOPs != want || len(decoder.Terms) != 0 {
		t.Errorf("%g operations of a decoder, want %g; terms %+v", decoder.FLOPs, want, decoder.Terms)
	}
}

func TestProgramsAddNoParameters(t *testing.T) {
	t.Parallel()
	a := small(t, "relu", false)
	p := parameters(t, 1, a.decode)
	_, err := graph.Compile(p, graph.Options{Name: "evaluation", Batch: 2}, a.declare)
	mentions(t, err, "evaluation", `no parameter "encoder/1/weights"`)
	if !errors.Is(err, graph.ErrArchitecture) || len(p.All()) != 3 {
		t.Errorf("error %q does not wrap ErrArchitecture, or there are %v", err, names(p))
	}
}

// TestOtherSpecs checks that a parameter cannot be declared with another shape
// or role: by another declaration, by a program, or later in the same
// declaration.
func TestOtherSpecs(t *testing.T) {
	t.Parallel()
	spec := func(role graph.Role, shape ...int) graph.Spec {
		return graph.Spec{Name: "encoder/1/weights", Part: "encoder", Role: role, Shape: shape}
	}
	first := spec(graph.Weight, 3, 2)
	for _, test := range []struct {
		name  string
		other graph.Declaration
		want  []string
	}{
		{"shape", func(s *graph.Scope) { s.Parameter(spec(graph.Weight, 3, 4)) }, []string{"encoder/1/weights", "[3 2]", "[3 4]"}},
		{"dimensions", func(s *graph.Scope) { s.Parameter(spec(graph.Weight, 6)) }, []string{"[3 2]", "[6]"}},
		{"role", func(s *graph.Scope) { s.Parameter(spec(graph.Bias, 3, 2)) }, []string{"weight", "bias"}},
		{"statistic", func(s *graph.Scope) { s.Statistic(spec(graph.Weight, 3, 2)) }, []string{"statistic"}},
		{"statistic value", func(s *graph.Scope) { s.StatisticValue(spec(graph.Weight, 3, 2)) }, []string{"statistic"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			declare := func(s *graph.Scope) { s.Parameter(first) }
			p := parameters(t, 1, declare)
			_, err := p.Declare(1, 2, test.other)
			mentions(t, err, test.want...)
			_, compiled := graph.Compile(p, graph.Options{Batch: 2}, test.other)
			mentions(t, compiled, test.want...)
			_, again := new(graph.Parameters).Declare(1, 2, func(s *graph.Scope) { declare(s); test.other(s) })
			mentions(t, again, test.want...)
			for _, err := range []error{err, compiled, again} {
				if !errors.Is(err, graph.ErrArchitecture) {
					t.Errorf("error %q does not wrap ErrArchitecture", err)
				}
			}
		})
	}
}

// TestCountWithoutStatistics checks that statistics are not counted.
func TestCountWithoutStatistics(t *testing.T) {
	t.Parallel()
	p := parameters(t, 1, func(s *graph.Scope) {
		s.Parameter(graph.Spec{Name: "w", Role: graph.Weight, Shape: []int{3, 2}})
		s.Statistic(graph.Spec{Name: "m", Shape: []int{50}})
		s.Parameter(graph.Spec{Name: "g", Role: graph.Gain, Shape: []int{4}})
	})
	if p.Count() != 10 {
		t.Errorf("%d numbers to train, want 10", p.Count())
	}
	if m, ok := p.Get("m"); !ok || m.Role != graph.Statistic {
		t.Errorf("%+v", m)
	}
}

func TestDigest(t *testing.T) {
	t.Parallel()
	declare := func(name string, shape ...int) graph.Declaration {
		return func(s *graph.Scope) {
			s.Parameter(graph.Spec{Name: name, Role: graph.Weight, Shape: shape, Fill: graph.Constant(1)})
		}
	}
	first := parameters(t, 1, declare("a", 2, 3)).Digest()
	if parameters(t, 2, declare("a", 2, 3)).Digest() != first {
		t.Error("the same parameters have another digest")
	}
	changed := parameters(t, 1, declare("a", 2, 3))
	changed.All()[0].Values()[5] = 1.0000001
	for name, p := range map[string]*graph.Parameters{
		"a number": changed, "a name": parameters(t, 1, declare("b", 2, 3)), "a shape": parameters(t, 1, declare("a", 3, 2)),
		"one more": parameters(t, 1, declare("a", 2, 3), declare("b", 1)), "none": new(graph.Parameters),
	} {
		if p.Digest() == first {
			t.Errorf("%s: the digest is the same", name)
		}
	}
	if parameters(t, 1, declare("a", 1), declare("b", 1)).Digest() == parameters(t, 1, declare("b", 1), declare("a", 1)).Digest() {
		t.Error("the order is not in the digest")
	}
}
