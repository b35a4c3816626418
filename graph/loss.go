package graph

import (
	"gaetrain/graph/op"
)

// Loss is what a program minimises: Σ weight·term, averaged over the images of
// a batch. The zero Loss means that there is none.
type Loss struct {
	terms []Term
	whole op.Node // a node that computes the whole loss; nil: the weighted sum of the terms
}

// Term is one term of a loss. It is reported under its own name.
type Term struct {
	Name     string
	Unit     string  // such as "nats per image"; "": none
	Reported float64 // weight in the reported loss, constant during training
	loss     op.Loss
	weight   float64
	epochs   float64    // epochs over which the weight rises from 0; 0: none
	number   *op.Weight // weight of the current run
	parts    []Term     // terms that are reported in its place; nil: the term itself
}

// PerImage returns the term of each image in the last run (B values). The slice
// is valid until the next run.
func (t Term) PerImage() []float32 { return t.loss.PerImage() }

// SquaredPerImage returns a second measure of each image in the last run: for a
// reconstruction Σ_d (x̂_d − x_d)², for a classification 1 if the prediction is
// wrong and 0 if it is right.
func (t Term) SquaredPerImage() []float32 { return t.loss.SquaredPerImage() }

// Term declares a term of a loss. f gets the rows with one row for each image,
// the node of x as rows, and the nodes of the other values.
func (s *Scope) Term(name string, f func(rows *op.Rows, x op.Node, more ...op.Node) (op.Loss, error), x Value, more ...Value) Term {
	nodes, ok := s.nodesOf(s.Rows(name, x), more)
	if !ok {
		return Term{Name: name}
	}
	loss, err := f(s.rows, nodes[0], nodes[1:]...)
	if err != nil {
		s.Fail(err)
	}
	return NewTerm(name, loss)
}

// NewTerm returns the term of a declared loss, with weight 1.
func NewTerm(name string, loss op.Loss) Term {
	return Term{Name: name, Reported: 1, loss: loss, weight: 1}
}

// In returns the term with a unit.
func (t Term) In(unit string) Term {
	t.Unit = unit
	return t
}

// Times returns the term with a weight, in training and in the reported loss.
func (t Term) Times(weight float64) Term {
	t.weight, t.Reported = weight, weight
	return t
}

// MadeOf returns the term with the parts that it is the weighted sum of. They are
// reported in its place, with their weights times its weight.
func (t Term) MadeOf(parts ...Term) Term {
	t.parts = parts
	return t
}

// RisingOver returns the term with a weight that rises linearly from 0 over the
// given number of training epochs. With 0 epochs the weight is constant. The
// reported loss always uses the final weight.
func (t Term) RisingOver(epochs float64) Term {
	t.epochs = epochs
	return t
}

// Unreported returns the term without a part in the reported loss. Training
// still minimises it.
func (t Term) Unreported() Term {
	t.Reported = 0
	return t
}

// OnlyReported returns the term with weight 0 in training. The reported loss
// keeps its weight.
func (t Term) OnlyReported() Term {
	t.weight = 0
	return t
}

// Sum is the sum of terms. The first term is the main one, such as the
// reconstruction.
func Sum(terms ...Term) Loss { return Loss{terms: terms} }

// Whole is a loss that one operation computes. The terms are only reported.
func Whole(loss op.Loss, terms ...Term) Loss { return Loss{terms: terms, whole: loss.Node} }

// Plus returns the loss with further terms. It does not change l.
func (l Loss) Plus(terms ...Term) Loss {
	l.terms = append(l.terms[:len(l.terms):len(l.terms)], terms...)
	return l
}

// Minimise declares the loss of the program. The last call counts.
func (s *Scope) Minimise(l Loss) { s.loss, s.reported = l, l.reported() }

// reported returns the terms that are reported of the loss.
func (l Loss) reported() (terms []Term) {
	for _, t := range l.terms {
		if t.parts == nil {
			terms = append(terms, t)
		}
		for _, part := range t.parts {
			part.Reported *= t.Reported
			terms = append(terms, part)
		}
	}
	return terms
}

// minimise declares the node of the loss.
func (s *Scope) minimise() {
	if s.Failed() || len(s.loss.terms) == 0 {
		return
	}
	if s.loss.whole != nil {
		s.node = s.loss.whole
		return
	}
	var weights []*op.Weight
	var nodes []op.Node
	for i := range s.loss.terms {
		t := &s.loss.terms[i]
		t.number = s.weight(*t)
		weights, nodes = append(weights, t.number), append(nodes, t.loss.Node)
	}
	if first := s.loss.terms[0]; len(nodes) == 1 && first.number.Value == 1 && first.epochs == 0 {
		s.node = nodes[0]
		return
	}
	var err error
	if s.node, err = op.WeightedSum("loss", weights, nodes); err != nil {
		s.Fail(err)
	}
}

// weight returns the weight of a term in the loss that the program computes. A
// program that does not train computes the reported loss.
func (s *Scope) weight(t Term) *op.Weight {
	if !s.Training() {
		return &op.Weight{Value: float32(t.Reported)}
	}
	return s.Rising(t.weight, t.epochs)
}

// ramp is a number that rises linearly from 0 over the first epochs.
type ramp struct {
	*op.Weight
	full, epochs float64
}

// Rising returns a number that rises linearly from 0 to full over the given
// number of epochs, see Program.At. It is full from the start if epochs is 0 or
// if the program does not train.
func (s *Scope) Rising(full, epochs float64) *op.Weight {
	w := &op.Weight{Value: float32(full)}
	if epochs > 0 && s.Training() {
		s.ramps = append(s.ramps, ramp{w, full, epochs})
	}
	return w
}
