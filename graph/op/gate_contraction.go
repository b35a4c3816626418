package op

import (
	"fmt"

	"gorgonia.org/gorgonia"

	"gaetrain/graph/kernel"
)

// GateContraction declares mean_B ‖∂s/∂x‖², the squared Frobenius norm of the
// Jacobian of gates in their frames. The gates are s = act(r₁ ⊙ r₂) with
// responses r_k = x_k·W_k, or s = act(r ⊙ r) with one frame (gates s: B×H;
// responses r: B×K·H with K ≤ 2; weights W: K·D×H). Gradients reach all three.
func GateContraction(name string, rows *Rows, act kernel.Activation, gates, responses, weights *gorgonia.Node) (Loss, error) {
	b := base{name: name + ": contraction of gates", rows: rows}
	s, err := b.batch("gates", gates.Shape())
	if err != nil {
		return Loss{}, err
	}
	r, err := b.batch("responses", responses.Shape())
	if err != nil {
		return Loss{}, err
	}
	w, err := b.shape("weights", weights.Shape(), 2)
	if err != nil {
		return Loss{}, err
	}
	units := s[1]
	frames := r[1] / max(units, 1)
	if frames < 1 || frames > 2 || r[1] != frames*units || w[1] != units || w[0]%frames != 0 {
		return Loss{}, fmt.Errorf("%s: gates are %v, responses %v, weights %v", b.name, s, r, w)
	}
	c := &gateContraction{activation: act, units: units, frames: frames, width: w[0] / frames, norms: make([]float32, r[1]), means: make([]float32, r[1])}
	in := gorgonia.Nodes{gates, responses, weights}
	l, err := makeLoss(b, 1, c.compute, in)
	if err != nil {
		return Loss{}, err
	}
	c.loss = *l
	node, err := gorgonia.ApplyOp(c, in...)
	return Loss{node, &c.loss}, err
}

// gateContraction is a loss of gates, responses and weights, with gradients in
// all of them.
type gateContraction struct {
	loss
	activation           kernel.Activation
	units, frames, width int       // H, K and D
	norms                []float32 // ‖W_k:j‖², K·H
	means                []float32 // mean over the batch of shares, K·H
	slopes               buffer    // act′, B×H
	shares               buffer    // factors of the norms, B×K·H
	dr, dw               buffer
}

func (c *gateContraction) compute(l *loss, scale float32, in [][]float32, ds []float32) {
	clear(l.perImage)
	all := c.frames * c.units
	_, slopes := c.slopes.of(l.rows.Compiled, c.units)
	_, shares := c.shares.of(l.rows.Compiled, all)
	var dr []float32
	if ds != nil {
		_, dr = c.dr.of(l.rows.Compiled, all)
	}
	for k := range c.frames {
		at := k * c.units
		kernel.SquaredColumnNorms(c.width, c.units, in[2][at*c.width:], c.norms[at:], c.means[at:])
	}
	kernel.GateContraction(c.activation, l.rows.Live, c.units, c.frames, scale, in[0], in[1], c.norms, slopes, shares, ds, dr, l.perImage)
}

func (c *gateContraction) DiffWRT(int) []bool { return []bool{true, true, true} }

func (c *gateContraction) SymDiff(in gorgonia.Nodes, out, grad *gorgonia.Node) (gorgonia.Nodes, error) {
	ds, err := c.loss.SymDiff(in, out, grad)
	if err != nil {
		return nil, err
	}
	dr, err := gorgonia.ApplyOp(&gateContractionGradient{penaltyGradient: penaltyGradient{c.derive("dr")}, of: c}, in[1], out, grad)
	if err != nil {
		return nil, err
	}
	dw, err := gorgonia.ApplyOp(&gateContractionGradient{penaltyGradient: penaltyGradient{c.derive("dW")}, of: c, weights: true}, in[2], out, grad)
	return gorgonia.Nodes{ds[0], dr, dw}, err
}

// gateContractionGradient computes the gradient in the responses, or in the
// weights, dW_k:j = 2·W_k:j·mean_B shares_kj, times the gradient of the loss.
type gateContractionGradient struct {
	penaltyGradient
	of      *gateContraction
	weights bool
}

func (g *gateContractionGradient) Do(in ...gorgonia.Value) (out gorgonia.Value, err error) {
	defer g.end(&err)
	c, weight, rows := g.of, float32(*in[2].(*gorgonia.F32)), g.rows.Live
	all := c.frames * c.units
	if !g.weights {
		dense, dr := c.dr.of(g.rows.Compiled, all)
		kernel.Scale(weight, dr[:rows*all])
		return dense, nil
	}
	_, shares := c.shares.of(g.rows.Compiled, all)
	kernel.ColumnMeans(rows, all, shares, c.means)
	dense, dw := c.dw.of(c.frames*c.width, c.units)
	w := floats(in[0])
	for k := range c.frames {
		at := k * c.units
		kernel.ScaleColumns(c.width, c.units, 2*weight, w[at*c.width:], c.means[at:at+c.units], dw[at*c.width:])
	}
	return dense, nil
}
