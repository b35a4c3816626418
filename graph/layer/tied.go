package layer

// Tied is a layer that uses the transposed weights of the layer that it
// mirrors. Its bias is its own. Its text form is that of the layer without the
// tie.
type Tied struct {
	Layer
	Of     Placed // the mirrored layer
	pooled bool   // a pooling between the two layers is not undone
}

func (t Tied) full() string     { return full(t.Layer) }
func (t Tied) inside() Sequence { return Sequence{t.Layer} }

func (t Tied) unfold() Sequence {
	layers := Sequence{t.Layer}.unfold()
	t.Layer = layers[0]
	layers[0] = t
	return layers
}

// Place implements Layer.
func (t Tied) Place(at At) (Placed, error) {
	p, err := t.Layer.Place(at)
	if err != nil {
		return nil, err
	}
	l, ok := p.(interface{ tie(t Tied) (Placed, error) })
	if !ok {
		return nil, impossible("tied %s is %s; hint: dense, conv or transposed", at.Name, t.Layer)
	}
	return l.tie(t)
}

// undoes makes the layer use the weights of the layer that t mirrors.
func (u *units) undoes(t Tied) (Weighted, error) {
	from, ok := t.Of.(Weighted)
	if !ok || IsConvolution(from) {
		return nil, impossible("tied %s mirrors %s; hint: both fully connected, or both with filters", u.at.Name, t.Of.Name())
	}
	return from, u.take(t, from)
}

func (u *units) take(t Tied, from Weighted) error {
	if u.out.Size() != from.In().Size() {
		return impossible("tied %s has %d units, but %s has %d inputs; hint: as many units as inputs", u.at.Name, u.out.Size(), from.Name(), from.In().Size())
	}
	u.layer, u.weights, u.tied = t, from.Weights(), true
	return nil
}
