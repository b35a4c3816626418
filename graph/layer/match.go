package layer

import "gaetrain/graph"

// group is a numbered layer of a stack with the layers that share its number.
type group struct {
	main    Placed
	pool    *placedPool // nil: none
	unpools bool
	in, out graph.Shape
}

// group finds a numbered layer, counted from 1.
func (s *Stack) group(number int) group {
	var g group
	for _, l := range s.layers {
		if l.number != s.offset()+number {
			continue
		}
		if g.out == (graph.Shape{}) {
			g.in = l.In()
		}
		g.out = l.Out()
		switch p := l.Placed.(type) {
		case *placedPool:
			g.pool = p
		case *placedUnpool:
			g.unpools = true
		case placedDropout:
		default:
			g.main = p
		}
	}
	return g
}

// Match relates a decoder that was written as text to its encoder. An unpool
// layer uses the max pooling at the same distance from the image. If tied is
// set, layers with weights use the transposed weights of the encoder layers
// that they mirror. Errors wrap graph.ErrArchitecture.
func Match(decoder Sequence, encoder *Stack, tied bool) (Sequence, error) {
	return match(decoder, encoder, nil, tied)
}

// match is Match for a stack that is followed by a pooling; nil: by none.
func match(decoder Sequence, encoder *Stack, behind *placedPool, tied bool) (_ Sequence, err error) {
	layers := decoder.unfold()
	depth, number := layers.depth(), 0
	if tied && depth != encoder.Depth() {
		return nil, impossible("tied weights with %d encoder and %d decoder layers; hint: equally many layers", encoder.Depth(), depth)
	}
	unpools, last := false, -1
	for i, l := range layers {
		if numbered(l) {
			number, last = number+1, i
		}
		switch l := l.(type) {
		case Unpool:
			layers[i], unpools = l.match(encoder, depth-number, behind), true
		case Pool:
			if t, ok := layers[max(0, last)].(Tied); ok {
				t.pooled = true
				layers[last] = t
			}
		case Dropout:
		case Residual:
			g := encoder.group(depth - number + 1)
			if layers[i], err = l.match(g, tied); err != nil {
				return nil, err
			}
			unpools = false
		default:
			if g := encoder.group(depth - number + 1); tied {
				layers[i] = Tied{l, g.main, g.pool != nil && !unpools}
			}
			unpools = false
		}
	}
	return layers, nil
}

// match relates the unpooling to the pooling of a numbered layer.
func (l Unpool) match(encoder *Stack, number int, behind *placedPool) Unpool {
	l.of = new(unpooled)
	if number <= encoder.Depth() {
		g := encoder.group(number)
		l.of.name, l.of.pool = g.main.Name(), g.pool
		if number == encoder.Depth() && g.pool == nil {
			l.of.pool = behind
		}
	}
	return l
}
