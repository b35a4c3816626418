package layer

import (
	"fmt"

	"gaetrain/graph"
)

// Transposed is a transposed convolution, y = act(Wᵀ ∗ x + b). It restores the
// shape of the input of a convolution with the same filters.
type Transposed struct {
	Channels int // of the output
	Filters
	OutputPadding Extent // additional rows and columns
	Options
}

func init() {
	register("transposed", func(r *reader, arguments []string, like Options) error {
		if r.enlarge.Factor > 0 {
			return fmt.Errorf("follows up or bilinear; hint: only conv may follow them")
		}
		l := Transposed{Options: like}
		if err := l.parse(&l.Channels, &l.Options, arguments, map[string]*Extent{"o": &l.OutputPadding}); err != nil {
			return err
		}
		return r.add(l, l.Dropout, true)
	})
}

// String returns the text form that Parse reads.
func (l Transposed) String() string {
	text := "transposed:" + l.text(l.Channels)
	if l.OutputPadding != (Extent{}) {
		text += ",o" + extentText(l.OutputPadding)
	}
	return text + l.arguments()
}

func (l Transposed) full() string { return l.String() + l.further() }

func (l Transposed) with(o Options) Layer {
	l.Options = o
	return l
}

// Place implements Layer.
func (l Transposed) Place(at At) (Placed, error) {
	out, err := l.output(at)
	if err != nil {
		return nil, err
	}
	c, err := l.place(at, l, out, l.Options, Enlarge{}, true)
	if err != nil {
		return nil, err
	}
	return c, nil
}

// output is the shape of the output.
func (l Transposed) output(at At) (out graph.Shape, err error) {
	if err = checkCount(at, l.Channels); err != nil {
		return out, err
	}
	out.Channels = l.Channels
	if out.Height, err = l.side(at.In.Height, height); err != nil {
		return out, impossible("%s: height of %s: %w", at.Name, at.In, err)
	}
	if out.Width, err = l.side(at.In.Width, width); err != nil {
		return out, impossible("%s: width of %s: %w", at.Name, at.In, err)
	}
	return out, nil
}

// side is the size of the output along one side of an image.
func (l Transposed) side(in int, of func(Extent) int) (int, error) {
	extra := of(l.OutputPadding)
	if err := l.bounded(of, in, extra); err != nil {
		return 0, err
	}
	if stride, dilation := of(l.Stride), of(l.dilation()); extra >= max(stride, dilation) {
		return 0, fmt.Errorf("output padding %d with stride %d and dilation %d; hint: less than one of them", extra, stride, dilation)
	}
	if out := l.unpadded(in, of) + extra; out >= 1 && out <= maxSide {
		return out, nil
	}
	return 0, fmt.Errorf("a transposed kernel of %d with stride %d and padding %d has no output for %d pixels", of(l.Kernel), of(l.Stride), of(l.Padding), in)
}

// unpadded is the size of the output along one side without output padding.
func (f Filters) unpadded(in int, of func(Extent) int) int {
	return (in-1)*of(f.Stride) - 2*of(f.Padding) + of(f.dilation())*(of(f.Kernel)-1) + 1
}

// transposed returns the transposed convolution between two shapes. It sets the
// output padding.
func (l Conv) transposed(from, to graph.Shape) Transposed {
	return Transposed{l.Channels, l.Filters, Extent{
		Height: to.Height - l.unpadded(from.Height, height),
		Width:  to.Width - l.unpadded(from.Width, width),
	}, l.Options}
}

// transposedBy returns a transposed convolution that scales images up by a
// factor. Its kernel is twice the factor, or one less for an odd factor.
func transposedBy(factor int, like Conv) Transposed {
	padding := max(1, factor/2)
	return Transposed{like.Channels, Filters{Kernel: square(factor + 2*padding), Stride: square(factor), Padding: square(padding)}, Extent{}, like.Options}
}
