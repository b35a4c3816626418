package graph

import (
	"gaetrain/graph/op"
)

// Loss is what a program minimises: Σ weight·term, averaged over the images of
// a batch. The zero Loss is none.
type Loss struct {
	terms []Term
	whole op.Node // one node for all terms; nil: their weighted sum
}

// Term is one term of a loss, reported under its own name.
type Term struct {
	Name     string
	Unit     string  // such as "nats per image"; "": none
	Reported float64 // its weight in the loss that is reported, the same throughout training
	loss     op.Loss
	weight   float64
	epochs   float64    // over which the weight rises from 0
	number   *op.Weight // which may change between runs
	parts    []Term     // that are reported in its place; nil: the term itself
}

// PerImage returns the term of each image of the last run, valid until the
// next.
func (t Term) PerImage() []float32 { return t.loss.PerImage() }

// SquaredPerImage returns a second figure of each image of the last run: for a
// reconstruction Σ_d (x̂−x)², for a classification 1 where the label is not the
// class with the largest logit, else 0.
func (t Term) SquaredPerImage() []float32 { return t.loss.SquaredPerImage() }

// Term declares a term of a loss: f gets the rows that images have, the node of x
// as rows, and those of the other values.
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

// NewTerm is the term of a declared loss, with weight 1.
func NewTerm(name string, loss op.Loss) Term {
	return Term{Name: name, Reported: 1, loss: loss, weight: 1}
}

// In is the term with a unit.
func (t Term) In(unit string) Term {
	t.Unit = unit
	return t
}

// Times is the term with a weight.
func (t Term) Times(weight float64) Term {
	t.weight, t.Reported = weight, weight
	return t
}

// MadeOf is the term with parts, whose sum it is and which are reported in its
// place. They have its weight.
func (t Term) MadeOf(parts ...Term) Term {
	t.parts = parts
	return t
}

// RisingOver is the term with a weight that rises from 0 in a straight line over
// so many epochs of training; 0: it is there at once. The reported loss has the
// full weight.
func (t Term) RisingOver(epochs float64) Term {
	t.epochs = epochs
	return t
}

// Unreported is a term that shapes training and is in no loss that is reported.
func (t Term) Unreported() Term {
	t.Reported = 0
	return t
}

// OnlyReported is a term that counts in the reported loss with its weight, and
// not in the one that training minimises.
func (t Term) OnlyReported() Term {
	t.weight = 0
	return t
}

// Sum is the loss of some terms; the first one is the term that the model is
// about.
func Sum(terms ...Term) Loss { return Loss{terms: terms} }

// Whole is a loss that one operation computes, and the terms that it is made of.
func Whole(loss op.Loss, terms ...Term) Loss { return Loss{terms: terms, whole: loss.Node} }

// Plus is the loss with further terms.
func (l Loss) Plus(terms ...Term) Loss {
	l.terms = append(l.terms[:len(l.terms):len(l.terms)], terms...)
	return l
}

// Minimise declares the loss of the program.
func (s *Scope) Minimise(l Loss) { s.loss, s.reported = l, l.reported() }

// reported are the terms that are reported of the loss.
func (l Loss) reported() (terms []Term) {
	for _, t := range l.terms {
		if t.parts == nil {
			terms = append(terms, t)
		}
		for _, part := range t.parts {
			part.Reported = t.Reported
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

// weight is the weight of a term in the loss that the program computes:
// evaluated, that of the loss that is reported.
func (s *Scope) weight(t Term) *op.Weight {
	if !s.Training() {
		return &op.Weight{Value: float32(t.Reported)}
	}
	return s.Rising(t.weight, t.epochs)
}

// A ramp is a number that rises from 0 in a straight line over some epochs.
type ramp struct {
	*op.Weight
	full, epochs float64
}

// Rising is a number that rises from 0 to full over so many epochs of training;
// it is full at once where epochs is 0, and where the program does not train.
func (s *Scope) Rising(full, epochs float64) *op.Weight {
	w := &op.Weight{Value: float32(full)}
	if epochs > 0 && s.Training() {
		s.ramps = append(s.ramps, ramp{w, full, epochs})
	}
	return w
}
