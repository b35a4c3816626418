package op_test

import (
	"fmt"
	"testing"

	"gorgonia.org/gorgonia"

	"gaetrain/graph/kernel"
	"gaetrain/graph/op"
)

// chain is four convolutions between rows under a squared error. With both, the
// result of the second one is also added to that of the last, so its gradient is a
// sum of two.
func chain(transposed, both bool) model {
	one, three := kernel.Extent{Height: 1, Width: 1}, kernel.Extent{Height: 3, Width: 3}
	images := kernel.Images{Channels: 2, Height: 4, Width: 3}
	c := kernel.Convolution{Image: images, Maps: images, Kernel: three, Stride: one, Padding: one, Dilation: one}
	m := model{inputs: []input{
		{name: "x", shape: []int{images.Values()}, batch: true, lo: -1, hi: 1},
		{name: "target", shape: []int{images.Values()}, batch: true, lo: -1, hi: 1},
	}}
	for i := range 4 {
		m.inputs = append(m.inputs,
			input{name: fmt.Sprintf("w%d", i), shape: []int{2, 3, 3, 2}, wrt: true, lo: -1, hi: 1},
			input{name: fmt.Sprintf("b%d", i), shape: []int{2}, wrt: true, lo: -1, hi: 1})
	}
	m.declare = func(t *testing.T, rows *op.Rows, in gorgonia.Nodes) (*gorgonia.Node, op.Loss) {
		node := must[*gorgonia.Node](t)
		y := node(op.FromRows("first", rows, images.Channels, images.Height, images.Width, true, in[0]))
		var all gorgonia.Nodes
		for i := range 4 {
			y = node(op.Convolution(fmt.Sprintf("layer %d", i), rows, kernel.ELU, c, transposed, i == 0, y, in[2+2*i], in[3+2*i]))
			all = append(all, y)
		}
		if both {
			y = node(op.Add("sum", rows, kernel.Linear, [2]bool{}, all[1], all[3]))
		}
		last := node(op.ToRows("last", rows, y))
		return last, must[op.Loss](t)(op.SquaredError("loss", rows, last, in[1]))
	}
	return m
}

// TestFuse compares gradients of fused backward passes with those of passes one
// after the other, bit for bit, in a full and then in a partial batch. The memory
// of the gradients before the activations is no longer used, and the other
// gradients share theirs.
func TestFuse(t *testing.T) {
	eachPath(t, func(t *testing.T) {
		for bits := range 4 {
			m := chain(bits&1 != 0, bits&2 != 0)
			values := m.values(35)
			plain, fused := m.compile(t, 35, values), m.compile(t, 35, values)
			var wanted gorgonia.Nodes
			for _, node := range fused.gradients {
				wanted = append(wanted, node)
			}
			op.Fuse(fused.y.Graph(), wanted)
			op.Share(fused.y.Graph(), wanted)
			for _, rows := range []int{35, 7, 35} {
				plain.run(t, rows)
				fused.run(t, rows)
				for i := range m.inputs {
					if m.inputs[i].wrt {
						same(t, m.inputs[i].name, fused.gradient(m, i), plain.gradient(m, i))
					}
				}
			}
			if got, want := bytes(fused), bytes(plain); got >= want {
				t.Errorf("fused passes hold %d bytes, others %d", got, want)
			}
		}
	})
}

func bytes(c *compiled) (n int64) {
	for nodes := c.y.Graph().Nodes(); nodes.Next(); {
		n += op.Bytes(nodes.Node().(op.Node))
	}
	return n
}
