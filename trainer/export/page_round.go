package export

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"

	"gaetrain/graph/trace"
	"gaetrain/graph/trace/compute"
	"gaetrain/trainer"
)

// errInexact reports a network whose outputs differ too much from the program's.
var errInexact = errors.New("its outputs in the page would differ")

// rounding looks for the steps to which the weights of a network are rounded.
type rounding struct {
	program *compute.Network
	output  string // that is compared
	jumps   bool
	rows    []row  // on which errors are measured
	want    target // the outputs of the program for them
	weights []*weight
	worst   float64 // the error of the rounded weights

	// aim is what errors are measured against: want or, if the code jumps, the values that the
	// node "before" takes.
	aim    target
	before string
}

// target are the values that a network should have for each row, and what errors are
// divided by.
type target struct {
	rows [][]float32
	unit float64
}

// row are the inputs of a network for one item.
type row = compute.Row

// weight is a constant whose values are rounded.
type weight struct {
	*trace.Tensor
	most     float64 // the largest absolute value
	step     float64
	rounded  []float32
	feedback *feedback // nil: values are rounded to the nearest step
}

const (
	leastRounded = 1024 // values; smaller constants stay as they are
	mostRows     = 64   // on which errors are measured
	mostWork     = 1e8  // products for one measurement of the error
	mostInputs   = 6e8  // products for the inputs of all layers
)

// newRounding measures what the program computes.
func newRounding(ctx context.Context, t *trainer.Trained, program *compute.Network, of Samples) (*rounding, error) {
	r := &rounding{program: program, output: program.Outputs[0].Name, jumps: jumps(program.Network)}
	work := products(program.Network)
	rows := int(max(4, min(mostRows, mostWork/work)))
	measured, rest := of.rows(t, program, rows, int(max(16, min(1024, mostInputs/work))))
	want, err := of.outputs(ctx, t, r.output, measured)
	if err != nil {
		return nil, err
	}
	r.rows, r.want = measured.rows, target{want, unitOf(r.output, of, want)}
	r.aim = r.want
	for _, c := range program.Tensors {
		if len(c.Floats) >= leastRounded && !codebook(program.Network, c) {
			r.weights = append(r.weights, &weight{Tensor: c, most: largest(c.Floats)})
		}
	}
	if r.worst, err = r.measure(ctx, nil, r.rows); err != nil {
		return nil, err
	}
	if r.jumps && r.output == trainer.Code && len(program.Outputs) == 1 {
		if err := r.aimBefore(ctx); err != nil {
			return nil, err
		}
	}
	return r, r.prepare(ctx, rest)
}

// codebook reports whether words are replaced by entries of a constant. Entries stay as they
// are, because a changed entry can be the nearest one of other words.
func codebook(n *trace.Network, t *trace.Tensor) bool {
	return slices.ContainsFunc(n.Nodes, func(entries trace.Node) bool {
		return entries.Kind == "Gather" && entries.In[0].Constant == t && slices.ContainsFunc(n.Nodes, func(choice trace.Node) bool {
			return choice.Kind == "ArgMax" && choice.Out[0] == entries.In[1]
		})
	})
}

// aimBefore makes errors those of the values before the code is rounded, small values become
// 0 or entries of a codebook are chosen, as the network with its own weights computes them.
func (r *rounding) aimBefore(ctx context.Context) error {
	for _, node := range r.program.Nodes {
		if slices.Contains(jumping, node.Kind) && node.In[0].Constant == nil {
			r.before = node.Out[0].Name
		}
	}
	rows, err := r.compared(ctx, r.program, r.rows)
	r.aim = target{rows, unitOf(r.output, Samples{}, rows)}
	return err
}

// compared returns the values of a network that are compared, for each of some items.
func (r *rounding) compared(ctx context.Context, program *compute.Network, items []row) (values [][]float32, err error) {
	outputs, err := program.Run(ctx, items, func(node trace.Node, _ int, in [][]float32) {
		if node.Out[0].Name == r.before {
			values = append(values, in...)
		}
	})
	if r.before == "" {
		for _, out := range outputs {
			values = append(values, out[r.output])
		}
	}
	return values, err
}

// unitOf is what errors of an output are divided by.
func unitOf(output string, of Samples, want [][]float32) float64 {
	if output == trainer.Reconstruction || output == image {
		if r := of.Range; r.High > r.Low {
			return float64(r.High - r.Low)
		}
		return 1
	}
	var n, mean, square float64
	for _, row := range want {
		for _, v := range row {
			n++
			d := float64(v) - mean
			mean += d / n
			square += d * (float64(v) - mean)
		}
	}
	return cmp.Or(math.Sqrt(square/max(n, 1)), 1)
}

// products is the number of products of a network for one item.
func products(n *trace.Network) float64 {
	total := 1.0
	for _, node := range n.Nodes {
		if len(node.In) < 2 || node.In[1] == nil || node.In[1].Constant == nil {
			continue
		}
		weights := float64(len(node.In[1].Constant.Floats))
		switch node.Kind {
		case "Gemm":
			rows := 1
			if out := node.Out[0].Shape; len(out) > 1 {
				rows = out[0]
			}
			total += weights * float64(rows)
		case "Conv":
			total += weights * float64(node.Out[0].Shape[1]*node.Out[0].Shape[2])
		case "ConvTranspose":
			total += weights * float64(node.In[0].Shape[1]*node.In[0].Shape[2])
		}
	}
	return total
}

func (r *rounding) weight(t *trace.Tensor) *weight {
	if i := slices.IndexFunc(r.weights, func(w *weight) bool { return w.Tensor == t }); i >= 0 {
		return r.weights[i]
	}
	return nil
}

// search finds the coarsest steps for which the error is at most PageError. The bits of
// the weights are spent where they reduce the error most: the error of each weight alone
// shows how much it needs.
func (r *rounding) search(ctx context.Context) error {
	if r.worst > PageError/2 {
		return fmt.Errorf("%w by %.1g of their range, because they are computed in another order", errInexact, r.worst)
	}
	share, total := make([]float64, len(r.weights)), 0.0
	few := r.rows[:max(1, min(8, len(r.rows)/2))]
	for i, w := range r.weights {
		w.round(w.most / 1024)
		e, err := r.typical(ctx, w, few)
		if err != nil {
			return err
		}
		n := float64(len(w.Floats))
		share[i], total = w.step*math.Sqrt(n)/max(e, 1e-12), total+n
	}
	if total == 0 {
		return nil
	}
	factor := PageError / 8 / math.Sqrt(total)
	var best []weight
	for range 6 {
		for i, w := range r.weights {
			w.round(max(w.most/(1<<28), min(w.most/100, factor*share[i])))
		}
		worst, err := r.measure(ctx, r.all(), r.rows)
		if err != nil {
			return err
		}
		if worst <= PageError {
			r.worst, best = worst, nil
			for _, w := range r.weights {
				best = append(best, *w)
			}
		}
		if worst <= PageError && worst >= 0.85*PageError {
			break
		}
		factor *= min(2, 0.93*PageError/max(worst, 1e-12))
	}
	if best == nil {
		return fmt.Errorf("%w by more than %g of their range", errInexact, PageError)
	}
	for i := range best {
		*r.weights[i] = best[i]
	}
	return nil
}

func largest(values []float32) float64 {
	most := float32(1e-30)
	for _, v := range values {
		most = max(most, v, -v)
	}
	return float64(most)
}

func (r *rounding) all() map[*trace.Tensor][]float32 {
	values := make(map[*trace.Tensor][]float32)
	for _, w := range r.weights {
		values[w.Tensor] = w.rounded
	}
	return values
}

// typical is the root mean square of the error that one rounded weight makes, of the
// median item.
func (r *rounding) typical(ctx context.Context, w *weight, rows []row) (float64, error) {
	errs, err := r.errors(ctx, map[*trace.Tensor][]float32{w.Tensor: w.rounded}, rows, func(differences []float64) float64 {
		sum := 0.0
		for _, d := range differences {
			sum += d * d
		}
		return math.Sqrt(sum / float64(len(differences)))
	})
	if err != nil {
		return 0, err
	}
	return errs[len(errs)/2], nil
}

// measure is the largest error of the network with some other constants. If the compared
// values jump, the tenth of the items with the largest errors is left out.
func (r *rounding) measure(ctx context.Context, constants map[*trace.Tensor][]float32, rows []row) (float64, error) {
	errs, err := r.errors(ctx, constants, rows, slices.Max)
	if err != nil || len(errs) == 0 {
		return 0, err
	}
	if r.jumps && r.before == "" {
		return errs[9*(len(errs)-1)/10], nil
	}
	return errs[len(errs)-1], nil
}

// mostChecks is the number of outputs that a page compares with its own.
const mostChecks = 3

// checks packs inputs of the network and the outputs of the program for them. Items for which
// the output jumps are left out.
func (r *rounding) checks(ctx context.Context) (Packed, error) {
	outputs, err := r.program.With(r.all()).Run(ctx, r.rows, nil)
	if err != nil {
		return Packed{}, err
	}
	given, rows := make(map[string][]float32), 0
	for i, inputs := range r.rows {
		if rows == mostChecks || slices.Max(r.want.differences(outputs[i][r.output], i)) > PageError {
			continue
		}
		rows++
		for _, p := range r.program.Inputs {
			given[p.Name] = append(given[p.Name], inputs[p.Name]...)
		}
		given["want"] = append(given["want"], r.want.rows[i]...)
	}
	var list []Numbers
	for _, name := range slices.Sorted(maps.Keys(given)) {
		one := Numbers{Name: name, Shape: []int{rows, len(given[name]) / rows}, Values: given[name]}
		if name == "want" {
			one.Step = r.want.unit / (1 << 18)
		}
		list = append(list, one)
	}
	return Pack(list...), nil
}

// differences are the absolute ones of some values from those of a row, divided by the unit.
func (t target) differences(got []float32, row int) []float64 {
	list := make([]float64, len(got))
	for k, v := range got {
		list[k] = math.Abs(float64(v)-float64(t.rows[row][k])) / t.unit
		if math.IsNaN(list[k]) {
			list[k] = math.Inf(1)
		}
	}
	return list
}

// errors returns a figure of the differences from the aim for each of the first rows, in
// ascending order.
func (r *rounding) errors(ctx context.Context, constants map[*trace.Tensor][]float32, rows []row, of func([]float64) float64) ([]float64, error) {
	values, err := r.compared(ctx, r.program.With(constants), rows)
	if err != nil {
		return nil, err
	}
	errs := make([]float64, len(rows))
	for i, got := range values {
		errs[i] = of(r.aim.differences(got, i))
	}
	slices.Sort(errs)
	return errs, nil
}
