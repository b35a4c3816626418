// Command gomlx runs training steps in GoMLX on its pure-Go backend.
// Its SIMD kernels are compiled in under GOEXPERIMENT=simd.
package main

import (
	"flag"
	"log"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/gobackend"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/layers"
	"github.com/gomlx/gomlx/ml/layers/activation"
	"github.com/gomlx/gomlx/ml/model"
	"github.com/gomlx/gomlx/ml/train/optimizer"

	"gaetrain/scripts/bench/peers/measure"
)

type node = graph.Node

// mlp applies affine layers with ReLU between them. x: B×I.
func mlp(scope *model.Scope, x *node, sizes ...int) *node {
	for i, size := range sizes {
		x = layers.DenseWithBias(scope.In("affine_%d", i), x, size)
		if i < len(sizes)-1 {
			x = activation.Relu(x)
		}
	}
	return x
}

// vae returns the logits and the Kullback-Leibler term, summed over the batch.
func vae(scope *model.Scope, x *node) (logits, kl *node) {
	h := activation.Relu(mlp(scope.In("hidden"), x, 400))
	mean := mlp(scope.In("mean"), h, 20)
	logVariance := mlp(scope.In("log_variance"), h, 20)
	noise := scope.RandomNormal(x.Graph(), mean.Shape())
	z := graph.Add(mean, graph.Mul(noise, graph.Exp(graph.MulScalar(logVariance, 0.5))))
	terms := graph.Sub(graph.AddScalar(logVariance, 1), graph.Add(graph.Square(mean), graph.Exp(logVariance)))
	return mlp(scope.In("decoder"), z, 400, 784), graph.MulScalar(graph.ReduceAllSum(terms), -0.5)
}

// pad adds one zero on each side of rows and columns. GoMLX's own Pad has no gradient.
func pad(x *node) *node {
	for _, axis := range []int{1, 2} {
		shape := x.Shape().Clone()
		shape.Dimensions[axis] = 1
		zero := graph.Zeros(x.Graph(), shape)
		x = graph.Concatenate([]*node{zero, x, zero}, axis)
	}
	return x
}

// patches gathers the 3×3 patches of x (B×H×W×C) as B×H/s×W/s×9C.
func patches(x *node, stride int) *node {
	height, width := x.Shape().Dim(1), x.Shape().Dim(2)
	x = pad(x)
	var parts []*node
	for i := range 9 {
		row, column := i/3, i%3
		parts = append(parts, graph.Slice(x, graph.AxisRange(),
			graph.AxisRange(row, row+height).Stride(stride),
			graph.AxisRange(column, column+width).Stride(stride), graph.AxisRange()))
	}
	return graph.Concatenate(parts, -1)
}

// conv uses GoMLX's convolution or one matrix product over patches, which is much faster
// on this backend.
func conv(scope *model.Scope, x *node, im2col bool) *node {
	layer := func(name string, x *node, channels, stride int) *node {
		if im2col {
			return layers.DenseWithBias(scope.In("%s", name), patches(x, stride), channels)
		}
		return layers.Convolution(scope.In("%s", name), x).
			Channels(channels).KernelSize(3).Strides(stride).PadSame().Done()
	}
	upsample := func(x *node) *node {
		d := x.Shape().Dimensions
		x = graph.BroadcastToDims(graph.Reshape(x, d[0], d[1], 1, d[2], 1, d[3]), d[0], d[1], 2, d[2], 2, d[3])
		return graph.Reshape(x, d[0], 2*d[1], 2*d[2], d[3])
	}
	h := graph.Reshape(x, -1, 28, 28, 1)
	h = activation.Relu(layer("a", h, 16, 2))
	h = activation.Relu(layer("b", h, 32, 2))
	h = activation.Relu(layer("c", upsample(h), 16, 1))
	return graph.Reshape(layer("d", upsample(h), 1, 1), -1, 784)
}

// loss is the cross-entropy from logits, summed over pixels and averaged over the batch.
func loss(name string, im2col bool, scope *model.Scope, x *node) *node {
	var logits *node
	kl := graph.ScalarZero(x.Graph(), x.DType())
	switch name {
	case "dense":
		logits = mlp(scope, x, 512, 64, 512, 784)
	case "vae":
		logits, kl = vae(scope, x)
	case "conv":
		logits = conv(scope, x, im2col)
	default:
		log.Fatalf("gomlx: no model %q", name)
	}
	// log(1+exp(l)) - x·l, in the numerically stable form of GoMLX's ml/train/loss.BinaryCrossentropyLogits
	softplus := graph.Add(graph.MaxScalar(logits, 0), graph.Log1P(graph.Exp(graph.Neg(graph.Abs(logits)))))
	entropy := graph.ReduceAllSum(graph.Sub(softplus, graph.Mul(logits, x)))
	return graph.DivScalar(graph.Add(entropy, kl), float64(x.Shape().Dim(0)))
}

func main() {
	config := flag.String("backend", "", "options of the Go backend, such as ops_sequential")
	im2col := flag.Bool("im2col", false, "compute convolutions as matrix products over gathered patches")
	options := measure.Parse()

	backend, err := gobackend.New(*config)
	if err != nil {
		log.Fatalf("gomlx: %v", err)
	}
	train := trainer(backend, options.Model, *im2col)

	var batches []*tensors.Tensor
	for _, data := range options.Batches() {
		batches = append(batches, tensors.FromFlatDataAndDimensions(data, options.Batch, 784))
	}
	options.Run("gomlx", "github.com/gomlx/gomlx", func(i int) float64 {
		value := train.MustExec1(batches[i%len(batches)])
		defer value.MustFinalizeAll()
		return float64(tensors.ToScalar[float32](value))
	})
}

// trainer compiles one whole step: forward, loss, backward, Adam.
func trainer(backend compute.Backend, name string, im2col bool) *model.Exec {
	adam := optimizer.Adam().LearningRate(1e-3).Done()
	return model.MustNewExec(backend, model.NewStore(), func(scope *model.Scope, x *node) *node {
		value := loss(name, im2col, scope, x)
		adam.UpdateGraph(scope, x.Graph(), value)
		return value
	})
}
