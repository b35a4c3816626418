package layer

import (
	"fmt"
	"slices"
)

// Upsampling says how a decoder that mirrors convolutions scales images up.
type Upsampling string

// The kinds of upsampling.
const (
	// ByTransposed uses transposed convolutions. Their kernel is twice the
	// stride, so all pixels get equally many taps and no checkerboard pattern
	// appears (Odena, Dumoulin & Olah 2016). For an odd stride the kernel is
	// one smaller.
	ByTransposed Upsampling = "transposed"
	ByNearest    Upsampling = "nearest"  // repeat pixels, then convolve
	ByBilinear   Upsampling = "bilinear" // interpolate pixels, then convolve
	// ByUnpooling moves values to the positions of the maxima of max pooling,
	// then convolves. Strides are undone as with ByTransposed.
	ByUnpooling Upsampling = "unpool"
)

// ParseUpsampling finds a kind of upsampling by its name. The error lists all
// names.
func ParseUpsampling(name string) (Upsampling, error) {
	kinds := []Upsampling{ByTransposed, ByNearest, ByBilinear, ByUnpooling}
	if u := Upsampling(name); slices.Contains(kinds, u) {
		return u, nil
	}
	return "", fmt.Errorf("unknown upsampling %q; hint: one of %s, %s, %s, %s", name, kinds[0], kinds[1], kinds[2], kinds[3])
}

// UnmarshalText implements encoding.TextUnmarshaler.
func (u *Upsampling) UnmarshalText(text []byte) (err error) {
	*u, err = ParseUpsampling(string(text))
	return err
}

// mirroring is the context in which a layer is mirrored.
type mirroring struct {
	like    Options
	tied    bool
	by      Upsampling
	pool    *placedPool // after the layer; nil: none
	unpools bool        // an unpooling precedes the layer
	output  bool        // the mirror is, or contains, the output layer of the decoder
}

// tie ties a layer to the layer that it mirrors, if weights are tied.
func (m mirroring) tie(l Layer, of Placed) Layer {
	if !m.tied {
		return l
	}
	return Tied{Layer: l, Of: of}
}

// Mirror returns the decoder that mirrors an encoder layer by layer, with the
// options last for its last layer and hidden for the others. Pooling is undone
// together with the layer that it follows. If tied is set, layers use the
// transposed weights of the layers that they mirror. Errors wrap
// graph.ErrArchitecture.
func Mirror(encoder *Stack, hidden, last Options, tied bool, by Upsampling) (Sequence, error) {
	decoder, err := mirror(encoder, func(number int) Options {
		if number == 1 {
			return last
		}
		return hidden
	}, mirroring{tied: tied, by: by, output: true})
	if err == nil && by == ByUnpooling && !decoder.Unpools() {
		err = impossible("upsampling by %s needs an encoder with max pooling; hint: --encoder such as 'conv:32,3 maxpool:2 conv:64,3 maxpool:2 dense:64'", by)
	}
	return decoder, err
}

// mirror mirrors the numbered layers of a stack, the last one first. like
// returns the options of the mirror of a layer by its number. m.pool is the
// pooling after the stack.
func mirror(encoder *Stack, like func(number int) Options, m mirroring) (Sequence, error) {
	var decoder Sequence
	behind, output := m.pool, m.output
	for number := encoder.Depth(); number >= 1; number-- {
		g := encoder.group(number)
		m.like, m.pool, m.unpools, m.output = like(number), g.pool, g.unpools, output && number == 1
		if number == encoder.Depth() && behind != nil {
			if g.pool != nil {
				return nil, impossible("no mirror of %s, which is pooled twice; hint: give the layers of the decoder with --decoder", g.main.Name())
			}
			m.pool = behind
		}
		l, ok := g.main.(interface {
			mirror(m mirroring) (Sequence, error)
		})
		if !ok {
			return nil, impossible("no mirror of %s, which is %s; hint: give the layers of the decoder with --decoder", g.main.Name(), g.main.Layer())
		}
		layers, err := l.mirror(m)
		if err != nil {
			return nil, impossible("no mirror of %s from %s to %s: %w", g.main.Name(), g.in, g.out, err)
		}
		decoder = append(decoder, layers...)
	}
	return decoder.unfold(), nil
}
