package layer_test

import (
	"errors"
	"math"
	"slices"
	"testing"

	"gaetrain/graph"
	"gaetrain/graph/layer"
)

func TestNames(t *testing.T) {
	t.Parallel()
	s := place(t, "encoder", shape(1, 8, 8), "conv:3,3 maxpool:2 dropout:0.5 residual(conv:3,3 conv:4,3) dense:5 dropout:0.5 dense:2")
	var got []string
	for _, p := range s.Layers() {
		got = append(got, p.Name()+" "+p.Out().String())
	}
	want := []string{
		"encoder/1 3×8×8", "encoder/1 3×4×4", "encoder/1 3×4×4", "encoder/2 4×4×4", "encoder/3 1×1×5", "encoder/3 1×1×5", "encoder/4 1×1×2",
	}
	if !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
	if s.Depth() != 4 || s.Out() != graph.Row(2) || s.In() != shape(1, 8, 8) || s.Part() != "encoder" {
		t.Errorf("%d layers from %s to %s", s.Depth(), s.In(), s.Out())
	}
}

func TestCuts(t *testing.T) {
	t.Parallel()
	s := place(t, "encoder", shape(1, 8, 8), "conv:3,3 maxpool:2 dropout:0.5 conv:4,3 dense:5 dropout:0.5 dense:2")
	for depth, want := range []string{
		"", "conv:3,3,s1,p1,relu maxpool:2,s2 dropout:0.5", "conv:3,3,s1,p1,relu maxpool:2,s2 dropout:0.5 conv:4,3,s1,p1,relu",
		"conv:3,3,s1,p1,relu maxpool:2,s2 dropout:0.5 conv:4,3,s1,p1,relu dense:5,relu dropout:0.5", s.Text(),
	} {
		first, from := s.First(depth), s.From(depth)
		if first.Text() != want {
			t.Errorf("first %d are %q, want %q", depth, first.Text(), want)
		}
		if first.Depth() != depth || from.Depth() != s.Depth()-depth || first.Out() != from.In() || from.Out() != s.Out() || first.In() != s.In() {
			t.Errorf("cut at %d into %d and %d layers", depth, first.Depth(), from.Depth())
		}
	}
	inner := s.From(1).First(2)
	if got, want := inner.Text(), "conv:4,3,s1,p1,relu dense:5,relu dropout:0.5"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	if got := inner.WithoutTrailingDropout().Text(); got != "conv:4,3,s1,p1,relu dense:5,relu" {
		t.Errorf("%q", got)
	}
	if got := inner.Layers()[0].Name(); got != "encoder/2" {
		t.Errorf("the second layer is %s once it is cut off", got)
	}
}

func TestImpossible(t *testing.T) {
	t.Parallel()
	dense := func(units int, change func(*layer.Dense)) layer.Sequence {
		l := layer.Dense{Units: units, Options: like}
		if change != nil {
			change(&l)
		}
		return layer.Sequence{layer.Dense{Units: 3, Options: like}, l}
	}
	square := func(side int) layer.Extent { return layer.Extent{Height: side, Width: side} }
	conv := func(channels int, f layer.Filters) layer.Sequence {
		return layer.Sequence{layer.Conv{Channels: channels, Filters: f, Options: like}}
	}
	for _, test := range []struct {
		in     graph.Shape
		layers layer.Sequence
		want   []string // nil for a good one
	}{
		{shape(1, 4, 5), dense(2, nil), nil},
		{shape(1, 4, 5), nil, nil},
		{shape(0, 4, 5), dense(2, nil), []string{"0×4×5", "hint"}},
		{shape(1, -4, 5), dense(2, nil), []string{"1×-4×5"}},
		{shape(7, 0x6DB6DB6DB6DB6DB7, 20), dense(2, nil), []string{"7×7905747460161236407×20", "hint"}}, // 20 modulo 2⁶⁴
		{shape(1, 4, 5), dense(0, nil), []string{"encoder/2", "0 units"}},
		{shape(1, 4, 5), dense(-1, nil), []string{"encoder/2", "-1 units"}},
		{shape(1, 4, 5), dense(1<<30, nil), []string{"encoder/2", "3×1073741824"}},
		{shape(1, 4, 5), dense(math.MaxInt/3+1, nil), []string{"encoder/2"}},
		{shape(1, 4, 5), dense(9, func(l *layer.Dense) { l.Shape = shape(1, 3, 2) }), []string{"encoder/2", "9 units do not fit images of 1×3×2"}},
		{shape(1, 4, 5), dense(9, func(l *layer.Dense) { l.Activation = 99 }), []string{"encoder/2", "activation(99)"}},
		{shape(1, 4, 5), dense(9, func(l *layer.Dense) { l.Initialiser = "" }), []string{"encoder/2", "initialiser", "he-normal"}},
		{shape(1, 4, 5), dense(9, func(l *layer.Dense) { l.Initialiser = "ones" }), []string{"encoder/2", `"ones"`}},
		{shape(1, 4, 5), dense(9, func(l *layer.Dense) { l.Initialiser = graph.Images }), []string{"encoder/2", "images", "hint"}},
		{shape(1, 4, 5), dense(9, func(l *layer.Dense) { l.Norm = "groups" }), []string{`encoder/2: unknown normalisation "groups"`}},
		{shape(1, 4, 5), dense(1, func(l *layer.Dense) { l.Norm = layer.LayerNorm }), []string{"encoder/2, a single value"}},
		{shape(1, 4, 5), dense(9, func(l *layer.Dense) { l.Norm = layer.GroupNorm(2) }), []string{"encoder/2 in 2 groups, of 9 units"}},
		{shape(1, 4, 5), dense(3, func(l *layer.Dense) { l.Norm = layer.GroupNorm(3) }), []string{"encoder/2 in 3 groups of a single value"}},
		{shape(1, 4, 5), dense(9, func(l *layer.Dense) { l.Dropout = 1 }), []string{"dropout of encoder/2 is 1"}},
		{shape(1, 4, 5), dense(9, func(l *layer.Dense) { l.Dropout = math.NaN() }), []string{"dropout of encoder/2 is NaN"}},
		{shape(1, 9, 9), conv(4, layer.Filters{Kernel: square(12), Stride: square(1)}), []string{"encoder/1: height of 1×9×9: a kernel that spans 12 pixels does not fit into 9 pixels with padding 0"}},
		{shape(1, 9, 9), conv(4, layer.Filters{Kernel: square(3)}), []string{"encoder/1", "a kernel of 3 with stride 0"}},
		{shape(1, 9, 9), conv(0, layer.Filters{Kernel: square(3), Stride: square(1)}), []string{"encoder/1 has 0 units"}},
		{shape(1, 9, 9), conv(1<<29, layer.Filters{Kernel: square(3), Stride: square(1)}), []string{"encoder/1 would have 536870912×3×3×1 weights"}},
		{shape(1, 9, 9), conv(1, layer.Filters{Kernel: square(3), Stride: square(1), Padding: square(1 << 16)}), []string{"65536 is out of bounds"}},
		{shape(1, 9, 9), parse(t, "transposed:1,3,s2,o2"), []string{"output padding 2 with stride 2"}},
		{shape(1, 9, 9), parse(t, "transposed:1,3,p20"), []string{"no output for 9 pixels"}},
		{shape(1, 9, 9), parse(t, "conv:1,3 maxpool:10"), []string{"encoder/1: windows of 10 with stride 10 do not fit into 1×9×9"}},
		{shape(1, 9, 9), parse(t, "unpool:2 conv:3,3"), []string{"encoder/1 unpools; hint: only layers of the decoder"}},
		{shape(1, 9, 9), parse(t, "frames:2,3"), []string{"encoder/1 divides 1×9×9 into 2 frames"}},
		{shape(1, 9, 9), parse(t, "conditional:70000,3"), []string{"conditional on 70000 classes; hint: from 1 to 65536"}},
		{shape(1, 9, 9), parse(t, "residual(conv:3,4)"), []string{"encoder/1: its body maps 1×9×9 to 3×8×8"}},
		{shape(1, 9, 9), layer.Sequence{layer.Residual{}}, []string{"encoder/1 is a residual block without layers"}},
		{shape(1, 9, 9), parse(t, "dense:3 residual(dense:3 dense:0)"), []string{"encoder/2/2 has 0 units"}},
	} {
		_, err := layer.NewStack("encoder", test.in, test.layers)
		if test.want == nil {
			if err != nil {
				t.Error(err)
			}
			continue
		}
		mentions(t, err, test.want...)
		if !errors.Is(err, graph.ErrArchitecture) {
			t.Errorf("error %q does not wrap ErrArchitecture", err)
		}
	}
}

func TestCondition(t *testing.T) {
	t.Parallel()
	layers, err := layer.Condition(parse(t, "conv:3,3 dense:5 dense:2"), 10)
	if err != nil || layers.String() != "conv:3,3,s1,p1,relu conditional:10,5,relu dense:2,relu" {
		t.Errorf("%v, %v", layers, err)
	}
	if layers, err = layer.ConditionFirst(parse(t, "dense:5 dense:2"), 10); err != nil || layers.String() != "conditional:10,5,relu dense:2,relu" {
		t.Errorf("%v, %v", layers, err)
	}
	_, err = layer.Condition(parse(t, "conv:3,3"), 10)
	mentions(t, err, "can take labels")
	_, err = layer.ConditionFirst(parse(t, "conv:3,3 dense:2"), 10)
	mentions(t, err, "decoder/1 has filters and cannot take labels")
	_, err = layer.Condition(parse(t, "dense:3"), layer.MaxClasses+1)
	mentions(t, err, "conditional on 65537 classes")
	tied, err := layer.Mirror(place(t, "encoder", graph.Row(6), "dense:4"), like, like, true, "")
	if err == nil {
		tied, err = layer.ConditionFirst(tied, 3)
	}
	if err != nil {
		t.Fatal(err)
	}
	w := stack(t, "decoder", graph.Row(4), tied).Numbered(1).(layer.Weighted)
	if got := w.Weights().Name; got != "encoder/1/weights" || tied.String() != "conditional:3,6,relu" {
		t.Errorf("%s has weights %s", tied, got)
	}
}

func TestProperties(t *testing.T) {
	t.Parallel()
	s := place(t, "encoder", shape(1, 8, 8), "conv:3,3 maxpool:2 dense:4,linear residual(dense:4,linear)")
	if !layer.IsConvolution(s.Numbered(1)) || layer.IsConvolution(s.Numbered(2)) || !layer.IsDense(s.Numbered(2)) || layer.Linear(s) || !layer.Linear(s.From(1)) {
		t.Error("layers have other properties")
	}
	if layer.DependsOnBatch(parse(t, "dense:3,layernorm")) || !layer.DependsOnBatch(parse(t, "residual(dense:3,batchnorm)")) || !layer.DependsOnBatch(parse(t, "dense:3 dropout:.5")) {
		t.Error("layers depend on other things")
	}
	if got := parse(t, "dense:3 residual(dense:3)").EndingWith(layer.Tanh).String(); got != "dense:3,relu residual(dense:3,tanh)" {
		t.Errorf("%q", got)
	}
}
