package layer

// Tied is a layer that undoes another one with that one's weights, transposed;
// its bias is its own. It is written as the layer alone.
type Tied struct {
	Layer
	Of     Placed // a layer with weights
	pooled bool   // there is a pooling between the two that is not undone
}

func (t Tied) full() string     { return full(t.Layer) }
func (t Tied) inside() Sequence { return Sequence{t.Layer} }

func (t Tied) unfold() Sequence {
	layers := Sequence{t.Layer}.unfold()
	t.Layer = layers[0]
	layers[0] = t
	return layers
}

// Place puts the layer in its place.
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

// undoes takes the weights of the layer that t is tied to.
func (u *units) undoes(t Tied) (Weighted, error) {
	from, ok := t.Of.(Weighted)
	if !ok || IsConvolution(from) {
		return nil, impossible("tied %s mirrors %s; hint: both fully connected, or both with filters", u.at.Name, t.Of.Name())
	}
	return from, u.take(t, from)
}

func (u *units) take(t Tied, from Weighted) error {
	if u.out.Size() != from.In().Size() {
		return impossible("tied %s has %d units; hint: %d, as %s has inputs", u.at.Name, u.out.Size(), from.In().Size(), from.Name())
	}
	u.layer, u.weights, u.tied = t, from.Weights(), true
	return nil
}
