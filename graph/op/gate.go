package op

import (
	"fmt"

	"github.com/chewxy/hm"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"gaetrain/graph/kernel"
)

// FrameProduct declares the product f = r₁ ⊙ r₂ of the responses of units to
// two frames, or the square r ⊙ r for one frame (r: B×K·H with K ≤ 2, f: B×H).
func FrameProduct(name string, rows *Rows, frames int, responses *gorgonia.Node) (*gorgonia.Node, error) {
	return apply(&frameProduct{base: base{name: fmt.Sprintf("%s: product of %d frames", name, frames), rows: rows}, frames: frames}, responses)
}

type frameProduct struct {
	base
	frames int
	f      buffer
}

func (p *frameProduct) Arity() int    { return 1 }
func (p *frameProduct) Type() hm.Type { return hm.NewFnType(matrix(), matrix()) }

func (p *frameProduct) InferShape(in ...gorgonia.DimSizer) (tensor.Shape, error) {
	r, err := p.batch("responses", in[0])
	if err != nil {
		return nil, err
	}
	if p.frames < 1 || p.frames > 2 || r[1]%p.frames != 0 {
		return nil, fmt.Errorf("%s: responses are %v, want equally many for each of 1 or 2 frames", p.name, r)
	}
	return tensor.Shape{r[0], r[1] / p.frames}, nil
}

// factors returns the two factors in a row of responses.
func (p *frameProduct) factors(responses []float32) (a, b []float32) {
	width := len(responses) / p.frames
	return responses[:width], responses[len(responses)-width:]
}

func (p *frameProduct) Do(in ...gorgonia.Value) (out gorgonia.Value, err error) {
	defer p.end(&err)
	all, r := columns(in[0]), floats(in[0])
	width := all / p.frames
	dense, f := p.f.of(p.rows.Compiled, width)
	for row := range p.rows.Live {
		a, b := p.factors(r[row*all : (row+1)*all])
		kernel.Multiply(f[row*width:(row+1)*width], a, b)
	}
	return dense, nil
}

func (p *frameProduct) DiffWRT(int) []bool { return []bool{true} }

func (p *frameProduct) SymDiff(in gorgonia.Nodes, _, df *gorgonia.Node) (gorgonia.Nodes, error) {
	dr, err := gorgonia.ApplyOp(&frameProductBackward{base: p.derive("backward"), product: p}, in[0], df)
	return gorgonia.Nodes{dr}, err
}

type frameProductBackward struct {
	base
	product *frameProduct
	dr      buffer
}

func (p *frameProductBackward) Arity() int { return 2 }

func (p *frameProductBackward) Type() hm.Type {
	return hm.NewFnType(matrix(), matrix(), matrix())
}

func (p *frameProductBackward) InferShape(in ...gorgonia.DimSizer) (tensor.Shape, error) {
	return shapeOf(in[0])
}

func (p *frameProductBackward) Do(in ...gorgonia.Value) (out gorgonia.Value, err error) {
	defer p.end(&err)
	all, width := columns(in[0]), columns(in[1])
	r, df := floats(in[0]), floats(in[1])
	dense, dr := p.dr.of(p.rows.Compiled, all)
	for row := range p.rows.Live {
		a, b := p.product.factors(r[row*all : (row+1)*all])
		da, db := p.product.factors(dr[row*all : (row+1)*all])
		g := df[row*width : (row+1)*width]
		kernel.Multiply(da, b, g)
		if p.product.frames == 2 {
			kernel.Multiply(db, a, g)
		} else {
			kernel.Scale(2, da)
		}
	}
	return dense, nil
}

// Modulate declares the gated responses of units to each of K frames, m_k = s ⊙
// r_k (gates s: B×H, responses r, m: B×K·H). With exchange the frames change
// places, m_k = s ⊙ r_{K+1−k}.
func Modulate(name string, rows *Rows, exchange bool, gates, responses *gorgonia.Node) (*gorgonia.Node, error) {
	return apply(&modulate{base: base{name: name + ": modulate", rows: rows}, exchange: exchange}, gates, responses)
}

type modulate struct {
	base
	exchange bool
	m        buffer
}

func (m *modulate) Arity() int    { return 2 }
func (m *modulate) Type() hm.Type { return hm.NewFnType(matrix(), matrix(), matrix()) }

func (m *modulate) InferShape(in ...gorgonia.DimSizer) (tensor.Shape, error) {
	s, err := m.batch("gates", in[0])
	if err != nil {
		return nil, err
	}
	r, err := m.batch("responses", in[1])
	if err != nil {
		return nil, err
	}
	if s[1] == 0 || r[1]%s[1] != 0 {
		return nil, fmt.Errorf("%s: gates are %v for responses %v, want one for each unit", m.name, s, r)
	}
	return r, nil
}

// frames calls do for each row and frame with the offsets of the gates, of the
// responses and of the result.
func (m *modulate) frames(units, responses int, do func(gate, in, out int)) {
	for row := range m.rows.Live {
		for at := 0; at < responses; at += units {
			in := at
			if m.exchange {
				in = responses - units - at
			}
			do(row*units, row*responses+in, row*responses+at)
		}
	}
}

func (m *modulate) Do(in ...gorgonia.Value) (out gorgonia.Value, err error) {
	defer m.end(&err)
	units, all := columns(in[0]), columns(in[1])
	s, r := floats(in[0]), floats(in[1])
	dense, y := m.m.of(m.rows.Compiled, all)
	m.frames(units, all, func(gate, in, out int) {
		kernel.Multiply(y[out:out+units], s[gate:], r[in:])
	})
	return dense, nil
}

func (m *modulate) DiffWRT(int) []bool { return []bool{true, true} }

func (m *modulate) SymDiff(in gorgonia.Nodes, _, dm *gorgonia.Node) (gorgonia.Nodes, error) {
	backward := &modulateBackward{base: m.derive("backward"), forward: m}
	dr, err := gorgonia.ApplyOp(backward, in[0], in[1], dm)
	if err != nil {
		return nil, err
	}
	ds, err := output(m.derive("ds"), &backward.ds, in[0].Shape(), dr)
	return gorgonia.Nodes{ds, dr}, err
}

// modulateBackward computes dr_k = s ⊙ dm_k and ds = Σ_k r_k ⊙ dm_k, or the
// same with the frames exchanged.
type modulateBackward struct {
	base
	forward *modulate
	ds, dr  buffer
	product []float32
}

func (m *modulateBackward) Arity() int { return 3 }

func (m *modulateBackward) Type() hm.Type {
	return hm.NewFnType(matrix(), matrix(), matrix(), matrix())
}

func (m *modulateBackward) InferShape(in ...gorgonia.DimSizer) (tensor.Shape, error) {
	return shapeOf(in[1])
}

func (m *modulateBackward) Do(in ...gorgonia.Value) (out gorgonia.Value, err error) {
	defer m.end(&err)
	units, all := columns(in[0]), columns(in[1])
	s, r, dm := floats(in[0]), floats(in[1]), floats(in[2])
	_, ds := m.ds.of(m.rows.Compiled, units)
	dense, dr := m.dr.of(m.rows.Compiled, all)
	if m.product == nil {
		m.product = make([]float32, units)
	}
	clear(ds[:m.rows.Live*units])
	m.forward.frames(units, all, func(gate, in, out int) {
		kernel.Multiply(dr[in:in+units], s[gate:], dm[out:])
		kernel.Multiply(m.product, r[in:], dm[out:])
		kernel.Axpy(1, m.product, ds[gate:])
	})
	return dense, nil
}
