package op

import (
	"gorgonia.org/tensor"

	"gaetrain/graph/kernel"
)

// nodeBytes is the memory of a node and its instructions in Gorgonia, measured
// on graphs of small layers.
const nodeBytes = 6 << 10

// Bytes is the memory in bytes of a node after its op has run: the result of
// the op and its work space. The values of inputs and parameters are not
// counted.
func Bytes(node Node) int64 {
	if node.Op() == nil {
		return nodeBytes
	}
	values := numbers(node.Shape())
	if o, ok := node.Op().(interface{ work(y int64) int64 }); ok {
		values += o.work(values)
	}
	return nodeBytes + 4*max(0, values)
}

// numbers is the number of values in a tensor of a shape.
func numbers(shape tensor.Shape) int64 {
	const most = 1 << 45 // more than any machine has
	n := int64(1)
	for _, side := range shape {
		if side > 0 && n > most/int64(side) {
			return most
		}
		n *= int64(side)
	}
	return n
}

// batchOf is the number of values in a compiled batch of rows of the given
// width.
func (b *base) batchOf(width int) int64 { return numbers(tensor.Shape{b.rows.Compiled, width}) }

// The methods called work return how many values an op holds besides its result
// of y values. They are negative if the result is not held.

func (a *affineBackward) work(y int64) int64 {
	to := a.shape[1]
	if a.affine.transposed {
		to = a.shape[0]
	}
	dz := a.batchOf(to)
	if a.deferred { // the result is not computed
		return dz - y
	}
	return dz
}

func (l *layer) work(y int64) int64 {
	if c, ok := l.computation.(interface{ forwardWork(y int64) int64 }); ok {
		return c.forwardWork(y)
	}
	return 0
}

func (b *layerBackward) work(int64) int64 {
	if c, ok := b.layer.computation.(interface {
		backwardWork(batch int, y int64) int64
	}); ok {
		return c.backwardWork(b.rows.Compiled, numbers(b.layer.out))
	}
	return 0
}

func (s *sideOutput) work(y int64) int64 {
	switch memory := s.from.shared; {
	case memory == nil:
		return 0
	case memory.first == s.from:
		return int64(memory.size) - y
	}
	return -y
}

func (c *convolution) forwardWork(int64) int64 {
	if c.transposed {
		return int64(c.SpreadWork())
	}
	return int64(c.ConvolveWork())
}

func (c *convolution) backwardWork(batch int, y int64) int64 {
	work := int64(c.GradientWork(batch))
	if c.transposed {
		work += int64(c.ConvolveWork())
	} else {
		work += int64(c.SpreadWork())
	}
	if c.activation != kernel.Linear && !c.ready && !c.inPlace {
		work += y
	}
	return work
}

func (p *pooling) forwardWork(y int64) int64 {
	if p.Average {
		return 0
	}
	return y
}

// forwardWork is 0, because the positions belong to the embedded pooling.
func (u unpooling) forwardWork(int64) int64 { return 0 }

func (d *dropout) forwardWork(y int64) int64      { return y }
func (f *finiteScalar) forwardWork(y int64) int64 { return y }

func (t *batchTopK) forwardWork(y int64) int64 {
	if t.dead {
		return 2 * y
	}
	return y
}

func (t *topK) work(y int64) int64 { return y }

func (r *reparametrise) work(y int64) int64 { return y } // the deviations are of one sample at most

func (l *loss) work(int64) int64 { return 2*l.batchOf(1) + l.held }

func (b *bound) work(int64) int64 {
	return b.batchOf(5) + 3*b.batchOf(b.samples) + b.batchOf(b.size)
}

func (m *marginal) work(int64) int64 {
	return m.batchOf(4) + m.batchOf(m.samples*(4+m.size))
}

func (c *contraction) work(int64) int64 {
	values := c.batchOf(2)
	for i := range c.layers {
		values += c.batchOf(c.layers[i].units)
	}
	return values
}

func (c *gateContraction) work(int64) int64 {
	return c.batchOf(2 + c.units + c.frames*c.units)
}
