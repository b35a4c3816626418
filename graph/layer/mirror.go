package layer

import (
	"fmt"
	"slices"
)

// Upsampling says how a decoder that mirrors convolutions makes images larger.
type Upsampling string

// The kinds of upsampling.
const (
	// ByTransposed is by transposed convolutions with kernels of twice the stride,
	// so that every pixel is made of as many taps (Odena 2016).
	ByTransposed Upsampling = "transposed"
	ByNearest    Upsampling = "nearest"  // pixels are repeated, then convolved
	ByBilinear   Upsampling = "bilinear" // pixels are interpolated, then convolved
	// ByUnpooling puts values where max pooling has found the greatest ones, then
	// convolves; what strides have made smaller is as with ByTransposed.
	ByUnpooling Upsampling = "unpool"
)

// ParseUpsampling finds a kind of upsampling by its name.
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

// mirroring is what the mirror image of a layer depends on.
type mirroring struct {
	like    Options
	tied    bool
	by      Upsampling
	pool    *placedPool // behind the layer; nil: none
	unpools bool        // the layer takes what is unpooled
	output  bool        // the mirror is the output layer of the decoder, or has it
}

// tie is a layer that uses the weights of the one it mirrors, if they are tied.
func (m mirroring) tie(l Layer, of Placed) Layer {
	if !m.tied {
		return l
	}
	return Tied{Layer: l, Of: of}
}

// Mirror is the decoder that takes the shapes of an encoder back, layer by layer,
// each with the options hidden and the last one with last; pooling behind a layer is
// undone along with it. If it is tied, its
// layers use the weights of those that they mirror, transposed.
func Mirror(encoder *Stack, hidden, last Options, tied bool, by Upsampling) (Sequence, error) {
	decoder, err := mirror(encoder, func(number int) Options {
		if number == 1 {
			return last
		}
		return hidden
	}, mirroring{tied: tied, by: by, output: true})
	if err == nil && by == ByUnpooling && !decoder.Unpools() {
		err = impossible("upsampling by %s, and an encoder without max pooling; hint: --encoder such as 'conv:32,3 maxpool:2 conv:64,3 maxpool:2 dense:64'", by)
	}
	return decoder, err
}

// mirror mirrors the numbered layers of a stack, the last one first; like are the
// options of the mirror of a number, and m.pool is behind the stack.
func mirror(encoder *Stack, like func(number int) Options, m mirroring) (Sequence, error) {
	var decoder Sequence
	behind, output := m.pool, m.output
	for number := encoder.Depth(); number >= 1; number-- {
		g := encoder.group(number)
		m.like, m.pool, m.unpools, m.output = like(number), g.pool, g.unpools, output && number == 1
		if number == encoder.Depth() && behind != nil {
			if g.pool != nil {
				return nil, impossible("no mirror of %s, which is pooled twice; hint: --decoder", g.main.Name())
			}
			m.pool = behind
		}
		l, ok := g.main.(interface {
			mirror(m mirroring) (Sequence, error)
		})
		if !ok {
			return nil, impossible("no mirror of %s, which is %s; hint: --decoder", g.main.Name(), g.main.Layer())
		}
		layers, err := l.mirror(m)
		if err != nil {
			return nil, impossible("no mirror of %s from %s to %s: %w", g.main.Name(), g.in, g.out, err)
		}
		decoder = append(decoder, layers...)
	}
	return decoder.unfold(), nil
}
