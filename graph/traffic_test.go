package graph_test

import (
	"testing"

	"gaetrain/graph"
)

func TestTrafficCountsEachValueOnce(t *testing.T) {
	a := spelled(t, image, "dense:3", "dense:20,1x4x5", false)
	p := new(graph.Parameters)
	const b = 2
	if _, err := p.Declare(1, b, a.declare); err != nil {
		t.Fatal(err)
	}
	program, err := graph.Compile(p, graph.Options{Name: "training", Batch: b, Training: true}, a.declare)
	if err != nil {
		t.Fatal(err)
	}
	defer program.Close()
	const (
		x, w, z    = 20 * b, 20 * 3, 3 * b               // images, weights of either layer, codes
		forward    = (x + w + 3 + z) + (z + w + 20 + x)  // with the biases
		loss       = (x + x + 1 + 2*b) + x               // the loss, two values for each image, and the gradient
		decoder    = (x + x + z + w + 20) + x + (20 + z) // y, dy and the layer's inputs; dz; db and dx
		encoder    = (z + z + x + w + 3) + z + 3         // the same without dx
		buffers    = z + x + (1 + 2*b) + x + (x + 20 + z) + (z + 3)
		parameters = 2*w + 20 + 3
		inputs     = 2 * x
		scalars    = 1 // the gradient of the loss
	)
	moved, held := program.Traffic()
	if want := int64(4 * (forward + loss + decoder + encoder + scalars)); moved != want {
		t.Errorf("%d bytes are moved, want %d", moved, want)
	}
	if want := int64(4 * (buffers + parameters + inputs + scalars)); held != want {
		t.Errorf("%d bytes are held, want %d", held, want)
	}
}
