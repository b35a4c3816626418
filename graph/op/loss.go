package op

import (
	"fmt"
	"slices"

	"github.com/chewxy/hm"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"gaetrain/graph/kernel"
)

// Loss is the node of a scalar loss, the mean over the live rows, together with
// the losses of the rows.
type Loss struct {
	Node *gorgonia.Node
	op   *loss
}

// PerImage returns the loss of each live row in the last run, valid until the
// next run.
func (l Loss) PerImage() []float32 { return l.op.perImage[:l.op.rows.Live] }

// SquaredPerImage returns Σ_d (x̂_d − x_d)² of each live row, where x̂ are the
// predictions or the probabilities of the logits. For a classification it is 1
// if the largest logit is not that of the label, else 0.
func (l Loss) SquaredPerImage() []float32 { return l.op.squared[:l.op.rows.Live] }

// SquaredError declares mean_B Σ_D (x̂ − x)² (prediction x̂, target x: B×D).
// The target gets no gradient.
func SquaredError(name string, rows *Rows, prediction, target *gorgonia.Node) (Loss, error) {
	return Squared().Loss(name, rows, prediction, target)
}

// WeightedSquaredError declares mean_B Σ_D w·(x̂ − x)². The weight w of a pixel
// is that of corrupted pixels where the mask is 1, and that of intact pixels
// where it is 0 (prediction x̂, target x, mask: B×D). Target and mask get no
// gradient.
func WeightedSquaredError(name string, rows *Rows, w kernel.PixelWeights, prediction, target, mask *gorgonia.Node) (Loss, error) {
	return declareLoss(name+": weighted squared error", rows, func(l *loss, scale float32, in [][]float32, gradient []float32) {
		kernel.WeightedSquaredError(l.rows.Live, l.columns, scale, w, in[0], in[1], in[2], gradient, l.perImage, l.squared)
	}, prediction, target, mask)
}

// WeightedCrossEntropy declares the Bernoulli cross-entropy in nats with pixel
// weights as in WeightedSquaredError (logits, target in [0, 1], mask: B×D).
func WeightedCrossEntropy(name string, rows *Rows, w kernel.PixelWeights, logits, target, mask *gorgonia.Node) (Loss, error) {
	return declareLoss(name+": weighted cross-entropy", rows, func(l *loss, scale float32, in [][]float32, gradient []float32) {
		kernel.WeightedCrossEntropy(l.rows.Live, l.columns, scale, w, in[0], in[1], in[2], gradient, l.perImage, l.squared)
	}, logits, target, mask)
}

// SoftmaxCrossEntropy declares the cross-entropy in nats of labels and the
// softmax of logits, mean_B log Σ_C e^z − z_label (logits z: B×C; labels: B×1,
// whole numbers from 0 to C−1). The labels get no gradient.
func SoftmaxCrossEntropy(name string, rows *Rows, logits, labels *gorgonia.Node) (Loss, error) {
	b := base{name: name + ": softmax cross-entropy", rows: rows}
	shape, err := b.batch("labels", labels.Shape())
	if err != nil {
		return Loss{}, err
	}
	if shape[1] != 1 {
		return Loss{}, fmt.Errorf("%s: labels are %v, want B×1", b.name, shape)
	}
	return newLoss(b, 1, func(l *loss, scale float32, in [][]float32, gradient []float32) {
		kernel.SoftmaxCrossEntropy(l.rows.Live, l.columns, scale, in[0], in[1], gradient, l.perImage, l.squared)
	}, logits, labels)
}

// declareLoss declares a loss of a prediction and of further inputs with the
// same shape. The second input is the target.
func declareLoss(name string, rows *Rows, compute lossFunction, in ...*gorgonia.Node) (Loss, error) {
	what := [...]string{"prediction", "target", "mask"}
	for i, n := range in[1:] {
		if !slices.Equal(in[0].Shape(), n.Shape()) {
			return Loss{}, fmt.Errorf("%s: prediction is %v, %s is %v", name, in[0].Shape(), what[i+1], n.Shape())
		}
	}
	return newLoss(base{name: name, rows: rows}, 1, compute, in...)
}

// newLoss adds a loss to the graph. Each image has the given number of
// predictions. The first input is the predictions, which get the gradient.
func newLoss(b base, samples int, compute lossFunction, in ...*gorgonia.Node) (Loss, error) {
	l, err := makeLoss(b, samples, compute, in)
	if err != nil {
		return Loss{}, err
	}
	node, err := gorgonia.ApplyOp(l, in...)
	return Loss{node, l}, err
}

// holding sets the number of values that the function of a loss uses as work
// space.
func (l Loss) holding(values int64, err error) (Loss, error) {
	if err == nil {
		l.op.held = values
	}
	return l, err
}

func makeLoss(b base, samples int, compute lossFunction, in gorgonia.Nodes) (*loss, error) {
	shape, err := b.samples("prediction", samples, in[0].Shape())
	if err != nil {
		return nil, err
	}
	return &loss{
		base:     b,
		compute:  compute,
		samples:  samples,
		columns:  shape[1],
		in:       make([][]float32, len(in)),
		perImage: make([]float32, b.rows.Compiled),
		squared:  make([]float32, b.rows.Compiled),
		mean:     gorgonia.NewF32(0),
	}, nil
}

// lossFunction computes the loss of each row and, if gradient is not nil, scale
// times the gradient of the sum in the prediction, which is the first input.
type lossFunction func(l *loss, scale float32, in [][]float32, gradient []float32)

// loss computes its gradient together with its value, because both need the
// same exponentials. The gradient node only returns the gradient.
type loss struct {
	base
	compute           lossFunction
	samples, columns  int
	in                [][]float32
	perImage, squared []float32
	mean              *gorgonia.F32
	gradient          buffer
	differentiated    bool
	held              int64 // work space of compute, in values
}

func (l *loss) Arity() int { return len(l.in) }

func (l *loss) Type() hm.Type {
	types := make([]hm.Type, len(l.in), len(l.in)+1)
	for i := range types {
		types[i] = matrix()
	}
	return hm.NewFnType(append(types, scalar())...)
}

func (l *loss) InferShape(...gorgonia.DimSizer) (tensor.Shape, error) {
	return tensor.ScalarShape(), nil
}

func (l *loss) Do(in ...gorgonia.Value) (out gorgonia.Value, err error) {
	defer l.end(&err)
	var gradient []float32
	if l.differentiated {
		_, gradient = l.gradient.of(l.rows.Compiled*l.samples, l.columns)
	}
	for i, v := range in {
		l.in[i] = floats(v)
	}
	l.compute(l, 1/float32(l.rows.Live), l.in, gradient)
	var sum float64
	for _, v := range l.perImage[:l.rows.Live] {
		sum += float64(v)
	}
	*l.mean = gorgonia.F32(sum / float64(l.rows.Live))
	return l.mean, nil
}

func (l *loss) DiffWRT(int) []bool {
	first := make([]bool, len(l.in))
	first[0] = true
	return first
}

func (l *loss) SymDiff(in gorgonia.Nodes, out, grad *gorgonia.Node) (gorgonia.Nodes, error) {
	l.differentiated = true
	scaled := &lossGradient{base: l.derive("gradient"), loss: l}
	node, err := gorgonia.ApplyOp(scaled, in[0], out, grad)
	gradients := make(gorgonia.Nodes, len(in))
	gradients[0] = node
	return gradients, err
}

// lossGradient multiplies the gradient in the prediction by the gradient of the
// loss itself, which is 1 or the weight of the term.
type lossGradient struct {
	base
	loss *loss
}

func (g *lossGradient) Arity() int { return 3 }

func (g *lossGradient) Type() hm.Type {
	return hm.NewFnType(matrix(), scalar(), scalar(), matrix())
}

func (g *lossGradient) InferShape(in ...gorgonia.DimSizer) (tensor.Shape, error) {
	return shapeOf(in[0])
}

func (g *lossGradient) Do(in ...gorgonia.Value) (out gorgonia.Value, err error) {
	defer g.end(&err)
	weight, ok := in[2].(*gorgonia.F32)
	if !ok {
		return nil, fmt.Errorf("%s: gradient of the loss is a %T, want a float32 scalar", g.name, in[2])
	}
	dense, gradient := g.loss.gradient.of(g.rows.Compiled*g.loss.samples, g.loss.columns)
	if *weight != 1 {
		kernel.Scale(float32(*weight), gradient[:g.rows.Live*g.loss.samples*g.loss.columns])
	}
	return dense, nil
}
