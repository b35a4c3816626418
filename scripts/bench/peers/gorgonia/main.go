// Command gorgonia runs training steps with stock Gorgonia. It uses Gorgonia's own
// operators, TapeMachine and Adam solver, as Gorgonia's examples do.
package main

import (
	"fmt"
	"log"

	. "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"gaetrain/scripts/bench/peers/measure"
)

// network collects the graph and its parameters while layers are added.
type network struct {
	*ExprGraph
	batch      int
	parameters Nodes
}

func (n *network) parameter(shape ...int) *Node {
	node := NewTensor(n.ExprGraph, tensor.Float32, len(shape), WithShape(shape...),
		WithName(fmt.Sprintf("parameter%d", len(n.parameters))), WithInit(GlorotU(1)))
	n.parameters = append(n.parameters, node)
	return node
}

func (n *network) affine(x *Node, outputs int) *Node {
	w := n.parameter(x.Shape()[1], outputs)
	b := n.parameter(1, outputs)
	return Must(BroadcastAdd(Must(Mul(x, w)), b, nil, []byte{0}))
}

func (n *network) convolution(x *Node, channels, stride int) *Node {
	w := n.parameter(channels, x.Shape()[1], 3, 3)
	b := n.parameter(1, channels, 1, 1)
	y := Must(Conv2d(x, w, tensor.Shape{3, 3}, []int{1, 1}, []int{stride, stride}, []int{1, 1}))
	return Must(BroadcastAdd(y, b, nil, []byte{0, 2, 3}))
}

func relu(x *Node) *Node { return Must(Rectify(x)) }

func scale(x *Node, by float32) *Node { return Must(Mul(x, NewConstant(by))) }

func (n *network) dense(x *Node) *Node {
	for _, size := range []int{512, 64, 512} {
		x = relu(n.affine(x, size))
	}
	return n.affine(x, 784)
}

// vae returns the logits and the Kullback-Leibler term, summed over the batch.
func (n *network) vae(x *Node) (logits, kl *Node) {
	h := relu(n.affine(x, 400))
	mean, logVariance := n.affine(h, 20), n.affine(h, 20)
	noise := GaussianRandomNode(n.ExprGraph, tensor.Float32, 0, 1, n.batch, 20)
	deviation := Must(Exp(scale(logVariance, 0.5)))
	z := Must(Add(mean, Must(HadamardProd(noise, deviation))))
	terms := Must(Sub(Must(Sub(logVariance, Must(Square(mean)))), Must(Exp(logVariance))))
	kl = scale(Must(Add(Must(Sum(terms)), NewConstant(float32(n.batch*20)))), -0.5)
	return n.affine(relu(n.affine(z, 400)), 784), kl
}

func (n *network) conv(x *Node) *Node {
	h := relu(n.convolution(x, 16, 2))
	h = relu(n.convolution(h, 32, 2))
	h = relu(n.convolution(Must(Upsample2D(h, 2)), 16, 1))
	return n.convolution(Must(Upsample2D(h, 2)), 1, 1)
}

// build declares the model. The loss is summed over pixels and averaged over the batch.
func build(model string, batch int) (n *network, x, loss *Node) {
	n = &network{ExprGraph: NewGraph(), batch: batch}
	shape := tensor.Shape{batch, 784}
	if model == "conv" {
		shape = tensor.Shape{batch, 1, 28, 28}
	}
	x = NewTensor(n.ExprGraph, tensor.Float32, len(shape), WithShape(shape...), WithName("x"))

	var logits, kl *Node
	switch model {
	case "dense":
		logits = n.dense(x)
	case "vae":
		logits, kl = n.vae(x)
	case "conv":
		logits = n.conv(x)
	default:
		log.Fatalf("gorgonia: no model %q", model)
	}
	// log(1+exp(l)) - x·l
	entropy := Must(Sum(Must(Sub(Must(Softplus(logits)), Must(HadamardProd(x, logits))))))
	if kl != nil {
		entropy = Must(Add(entropy, kl))
	}
	return n, x, scale(entropy, 1/float32(batch))
}

func main() {
	options := measure.Parse()
	n, x, loss := build(options.Model, options.Batch)
	var value Value
	Read(loss, &value)
	if _, err := Grad(loss, n.parameters...); err != nil {
		log.Fatalf("gorgonia: %v", err)
	}
	machine := NewTapeMachine(n.ExprGraph, BindDualValues(n.parameters...))
	defer machine.Close()
	solver := NewAdamSolver(WithLearnRate(1e-3))
	model := NodesToValueGrads(n.parameters)

	var batches []*tensor.Dense
	for _, data := range options.Batches() {
		batches = append(batches, tensor.New(tensor.WithBacking(data), tensor.WithShape(x.Shape()...)))
	}
	options.Run("gorgonia", "gorgonia.org/gorgonia", func(i int) float64 {
		err := Let(x, batches[i%len(batches)])
		if err == nil {
			err = machine.RunAll()
		}
		if err == nil {
			err = solver.Step(model)
		}
		if err != nil {
			log.Fatalf("gorgonia: %v", err)
		}
		machine.Reset()
		return float64(value.Data().(float32))
	})
}
