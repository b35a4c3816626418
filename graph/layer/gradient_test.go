package layer_test

import (
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"gaetrain/graph"
	"gaetrain/graph/layer"
)

// smooth are options with a smooth activation, for finite differences.
var smooth = layer.Options{Activation: layer.Tanh, Initialiser: graph.GlorotUniform}

// TestGradients compares the gradients in the parameters of every kind of layer
// with finite differences. An earlier layer checks that gradients are passed
// on.
func TestGradients(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		encoder string // for 1×4×4 images
		decoder string // "" for none, "mirror", or "tied" for a mirror with the same weights
		by      layer.Upsampling
	}{
		{encoder: "dense:9 dense:4,layernorm dense:6,sigmoid,nobias"},
		{encoder: "dense:9,batchnorm dense:5,gelu dense:8,silu,groupnorm:2"},
		{encoder: "dense:9 conditional:3,5 conditional:3,4,batchnorm"},
		{encoder: "dense:8 dropout:0.5 dense:5 dropout:0.25"},
		{encoder: "dense:18,2x3x3 conv:3,3,batchnorm conv:4,3,s2,groupnorm:2 dense:5"},
		{encoder: "dense:18,2x3x3 up:2 conv:3,3,layernorm avgpool:2 bilinear:2 conv:2,3,gelu"},
		{encoder: "dense:18,2x3x3 transposed:3,4,s2,silu maxpool:2 dropout:0.2 conv:2,2,p0,d2"},
		{encoder: "dense:8 frames:2,5 frames:2,3,batchnorm"},
		{encoder: "dense:6 residual(dense:6 dense:6,linear) residual(dense:5,gelu dense:4) residual(dense:4 residual(dense:4))"},
		{encoder: "conv:2,3 residual(conv:2,3,groupnorm:2 conv:2,3,linear) maxpool:2 residual(conv:3,3,s2 conv:4,3) dense:3"},
		{encoder: "residual(up:2 conv:2,3 transposed:1,4,s2) residual(conv:2,3 dense:5)"},
		{encoder: "dense:9 dense:5", decoder: "tied"},
		{encoder: "frames:2,5", decoder: "tied"},
		{encoder: "conv:3,3,s2,batchnorm conv:4,2,p0", decoder: "tied", by: layer.ByTransposed},
		{encoder: "conv:3,3 maxpool:2 conv:4,3,s2 dense:5", decoder: "mirror", by: layer.ByUnpooling},
		{encoder: "conv:3,3 maxpool:2 conv:4,3", decoder: "tied", by: layer.ByUnpooling},
		{encoder: "conv:2,3 residual(conv:3,3 conv:4,3,s2) dense:3", decoder: "tied", by: layer.ByTransposed},
		{encoder: "residual(conv:3,3 conv:4,3) maxpool:2", decoder: "tied", by: layer.ByUnpooling},
		{encoder: "residual(conv:3,3 conv:4,3,s2) maxpool:2", decoder: "mirror", by: layer.ByBilinear},
	} {
		t.Run(test.encoder+test.decoder, func(t *testing.T) {
			layers, err := layer.Parse(test.encoder, smooth, smooth)
			if err != nil {
				t.Fatal(err)
			}
			stacks := []*layer.Stack{stack(t, "encoder", shape(1, 4, 4), layers)}
			if test.decoder != "" {
				layers, err := layer.Mirror(stacks[0], smooth, smooth, test.decoder == "tied", test.by)
				if err != nil {
					t.Fatal(err)
				}
				stacks = append(stacks, stack(t, "decoder", stacks[0].Out(), layers))
			}
			checkGradients(t, stacks)
		})
	}
}

func checkGradients(t *testing.T, stacks []*layer.Stack) {
	const rows, tolerance = 5, 0.02
	pools := strings.Contains(stacks[0].Text(), "maxpool")
	model := autoencoder(stacks...)
	p := parameters(t, 3, model)
	for _, parameter := range p.All() { // biases and gains get different values
		if parameter.Role == graph.Bias || parameter.Role == graph.Gain {
			for i := range parameter.Values() {
				parameter.Values()[i] += 0.2 * float32(math.Sin(float64(7*i+1)))
			}
		}
	}
	program := compile(t, p, graph.Options{Name: "training", Batch: rows, Training: true}, model)
	out := stacks[len(stacks)-1].Out().Size()
	batch := graph.Batch{Rows: rows, Inputs: map[string][]float32{
		"input": images(rows, 16), "target": images(rows, out), "labels": {0, 2, 1, 1, 0},
	}}
	loss := func() float64 {
		run(t, program, batch)
		return program.Mean()
	}
	slope := func(value *float32, step float32) float64 {
		old := *value
		*value = old + step
		above := loss()
		*value = old - step
		below := loss()
		*value = old
		return (above - below) / (2 * float64(step))
	}
	loss()
	rng := rand.New(rand.NewPCG(1, 2))
	jumps, all := 0, 0
	var gradients [][]float32
	for _, g := range program.Gradients() {
		gradients = append(gradients, slices.Clone(g.Values()))
	}
	for at, g := range program.Gradients() {
		values, scale := g.Parameter.Values(), float32(0)
		for _, v := range gradients[at] {
			scale = max(scale, float32(math.Abs(float64(v))))
		}
		for _, i := range rng.Perm(len(values))[:min(len(values), 50)] { // large tensors are sampled
			bound, want := tolerance*float64(scale)+1e-4, slope(&values[i], 1e-2)
			if all++; pools { // the loss has a kink where another value becomes the maximum
				coarse := slope(&values[i], 2e-3)
				if want = slope(&values[i], 1e-3); math.Abs(coarse-want) > bound/2 {
					jumps++
					continue
				}
			}
			if got := float64(gradients[at][i]); math.Abs(got-want) > bound {
				t.Errorf("gradient of %s[%d] is %g, finite differences give %g (scale %g)", g.Name, i, got, want, scale)
			}
		}
		if scale == 0 {
			t.Errorf("%s has no gradient", g.Name)
		}
	}
	if jumps > all/5 {
		t.Errorf("the loss jumps along %d of %d parameters", jumps, all)
	}
}
