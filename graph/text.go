package graph

import (
	"fmt"
	"strconv"
	"strings"

	"gaetrain/graph/kernel"
)

// ParseLayers reads layers from text such as
//
//	conv:32,3x5,s2x1,p1,relu,batchnorm flatten dense:64,linear
//	conv:8,3 maxpool:2 dropout:0.2 dense:1568,32x7x7 transposed:16,4,s2 up:2 conv:1,3,sigmoid
//
// A word is a kind of layer with its arguments. dense has the number of units
// and, before convolutions, the channels×height×width they are to those. conv
// and transposed have channels and kernel, then in any order stride s, padding
// p, dilation d and output padding o, each one number or height×width; the
// padding is what keeps the size at stride 1 unless it is given. All of them
// take an activation, and batchnorm, layernorm or nonorm.
//
// up enlarges the input of the next convolution, repeating pixels; bilinear
// interpolates them; unpool puts them where the encoder's maxpool of the same
// window and stride, as far from the image, found them, with o for rows and
// columns that no window reached. maxpool and avgpool, of a window and a stride
// s that is the window's unless given, belong to the convolution before them;
// dropout, of the share that falls out, to any layer. flatten says what holds
// anyway between convolutions and dense. Each layer is like hidden otherwise and
// the last one like last, also in its activation unless there is one among the
// arguments. Errors wrap ErrArchitecture.
func ParseLayers(text string, hidden, last Layer) ([]Layer, error) {
	var r layerReader
	words := strings.Fields(text)
	final := -1 // word that makes a layer
	for i, word := range words {
		if kind, _, _ := strings.Cut(word, ":"); isLayer(kind) {
			final = i
		}
	}
	for i, word := range words {
		like := hidden
		if i == final {
			like = last
		}
		if err := r.read(word, like); err != nil {
			return nil, fmt.Errorf("%w: %q: %w", ErrArchitecture, word, err)
		}
	}
	if r.before != (Layer{}) {
		return nil, fmt.Errorf("%w: %q ends with a larger image; hint: conv after up, bilinear or unpool", ErrArchitecture, text)
	}
	if len(r.layers) == 0 {
		return nil, fmt.Errorf("%w: %q has no layers; hint: such as conv:16,3,s2 dense:64", ErrArchitecture, text)
	}
	return r.layers, nil
}

func isLayer(kind string) bool { return kind == "dense" || kind == "conv" || kind == "transposed" }

// layerReader reads layers word by word.
type layerReader struct {
	layers  []Layer
	before  Layer // what the next convolution gets of words before it
	dropped bool  // the last layer has had its word about dropout
}

func (r *layerReader) read(word string, like Layer) (err error) {
	kind, rest, _ := strings.Cut(word, ":")
	arguments := strings.Split(rest, ",")
	switch kind {
	case "flatten":
		if rest != "" {
			return fmt.Errorf("takes no arguments")
		}
	case "up", "bilinear", "unpool":
		if r.before != (Layer{}) {
			return fmt.Errorf("follows another one; hint: one factor before a convolution")
		}
		return r.before.parseLarger(kind, arguments)
	case "maxpool", "avgpool":
		if len(r.layers) == 0 || !r.last().Convolutional() || r.last().Pool != (Pool{}) || r.dropped {
			return fmt.Errorf("hint: one of its kind behind a convolution, before its dropout")
		}
		r.last().Pool, err = parsePool(arguments, kind == "avgpool")
	case "dropout":
		if len(r.layers) == 0 || r.dropped {
			return fmt.Errorf("hint: one of its kind behind a layer")
		}
		r.dropped = true
		r.last().Dropout, err = parseShare(rest)
	case "dense":
		if r.before != (Layer{}) {
			return fmt.Errorf("behind up, bilinear or unpool; hint: only conv may follow them")
		}
		r.add(like)
		return r.last().parseDense(arguments)
	case "conv", "transposed":
		if r.before.Filters.Enlarge > 0 && kind == "transposed" {
			return fmt.Errorf("behind up or bilinear; hint: only conv may follow them")
		}
		like.Filters, like.Unpool = r.before.Filters, r.before.Unpool
		like.Filters.Transposed = kind == "transposed"
		r.add(like)
		return r.last().parseFilters(arguments)
	default:
		return fmt.Errorf("unknown kind %q; hint: conv, transposed, dense, maxpool, avgpool, up, bilinear, unpool, dropout or flatten", kind)
	}
	return err
}

func (r *layerReader) last() *Layer { return &r.layers[len(r.layers)-1] }

func (r *layerReader) add(l Layer) {
	r.layers, r.before, r.dropped = append(r.layers, l), Layer{}, false
}

// parseLarger reads what makes the input of a convolution larger.
func (l *Layer) parseLarger(kind string, arguments []string) (err error) {
	if kind == "unpool" {
		l.Unpool, err = parseUnpool(arguments)
		return err
	}
	l.Filters.Bilinear = kind == "bilinear"
	factor := strings.Join(arguments, ",")
	if l.Filters.Enlarge, err = parseCount(factor); err == nil && l.Filters.Enlarge < 2 {
		err = fmt.Errorf("%q is not a factor of at least 2", factor)
	}
	return err
}

func parseShare(text string) (float64, error) {
	share, err := strconv.ParseFloat(text, 64)
	if err != nil || !(share >= 0 && share < 1) {
		return 0, fmt.Errorf("%q is no share; hint: from 0 to below 1, such as 0.2", text)
	}
	return share, nil
}

// parseOption reads an argument of any layer: its activation or normalisation.
func (l *Layer) parseOption(argument string) (err error) {
	switch argument {
	case "batchnorm":
		l.Normalisation = Batchwise
	case "layernorm":
		l.Normalisation = Layerwise
	case "nonorm":
		l.Normalisation = NoNormalisation
	default:
		l.Activation, err = kernel.ParseActivation(argument)
	}
	return err
}

func (l *Layer) parseDense(arguments []string) (err error) {
	if l.Units, err = parseCount(arguments[0]); err != nil {
		return err
	}
	for _, argument := range arguments[1:] {
		if sides := strings.Split(argument, "x"); len(sides) == 3 {
			for i, side := range []*int{&l.Shape.Channels, &l.Shape.Height, &l.Shape.Width} {
				if *side, err = parseCount(sides[i]); err != nil {
					return err
				}
			}
			continue
		}
		if err = l.parseOption(argument); err != nil {
			return err
		}
	}
	return nil
}

func (l *Layer) parseFilters(arguments []string) (err error) {
	if len(arguments) < 2 {
		return fmt.Errorf("wants channels and kernel; hint: such as conv:16,3")
	}
	if l.Units, err = parseCount(arguments[0]); err != nil {
		return err
	}
	f := &l.Filters
	if f.Kernel, err = parseExtent(arguments[1]); err != nil {
		return err
	}
	f.Stride = Extent{Height: 1, Width: 1}
	padded := false
	for _, argument := range arguments[2:] {
		name := strings.TrimRight(argument, "0123456789x")
		option, ok := map[string]*Extent{"s": &f.Stride, "p": &f.Padding, "d": &f.Dilation, "o": &f.OutputPadding}[name]
		if !ok {
			if err = l.parseOption(argument); err != nil {
				return fmt.Errorf("%q is no option and no activation; hint: s2, p1, d1, o1, batchnorm, layernorm or such as relu", argument)
			}
			continue
		}
		if *option, err = parseExtent(argument[len(name):]); err != nil {
			return err
		}
		padded = padded || name == "p"
	}
	if !padded {
		f.Padding = Extent{
			Height: max(1, f.Dilation.Height) * max(0, f.Kernel.Height-1) / 2,
			Width:  max(1, f.Dilation.Width) * max(0, f.Kernel.Width-1) / 2,
		}
	}
	return nil
}

func parsePool(arguments []string, average bool) (p Pool, err error) {
	u, err := parseUnpool(arguments)
	if err == nil && u.OutputPadding != (Extent{}) {
		err = fmt.Errorf("output padding of pooling; hint: only unpool has it")
	}
	return Pool{u.Window, u.Stride, average}, err
}

func parseUnpool(arguments []string) (u Unpool, err error) {
	if u.Window, err = parseExtent(arguments[0]); err != nil {
		return u, err
	}
	u.Stride = u.Window
	for _, argument := range arguments[1:] {
		name := argument[:min(1, len(argument))]
		option, ok := map[string]*Extent{"s": &u.Stride, "o": &u.OutputPadding}[name]
		if !ok {
			return u, fmt.Errorf("%q is no stride; hint: such as s2", argument)
		}
		if *option, err = parseExtent(argument[1:]); err != nil {
			return u, err
		}
	}
	if min(u.Window.Height, u.Window.Width, u.Stride.Height, u.Stride.Width) < 1 {
		err = fmt.Errorf("windows and strides are at least 1")
	}
	return u, err
}

// parseExtent reads one number for both sides, or height×width.
func parseExtent(text string) (e Extent, err error) {
	height, width, two := strings.Cut(text, "x")
	if e.Height, err = parseCount(height); err != nil || !two {
		return Extent{Height: e.Height, Width: e.Height}, err
	}
	e.Width, err = parseCount(width)
	return e, err
}

func parseCount(text string) (int, error) {
	n, err := strconv.ParseUint(text, 10, 24)
	if err != nil {
		return 0, fmt.Errorf("%q is not a whole number up to %d", text, 1<<24-1)
	}
	return int(n), nil
}

// String returns the layer as ParseLayers reads it, with its activation.
func (l Layer) String() string {
	b := new(strings.Builder)
	if l.Convolutional() {
		l.writeFilters(b)
	} else {
		fmt.Fprintf(b, "dense:%d", l.Units)
		if l.Shape != (Shape{}) {
			fmt.Fprintf(b, ",%dx%dx%d", l.Shape.Channels, l.Shape.Height, l.Shape.Width)
		}
	}
	fmt.Fprintf(b, ",%s", l.Activation)
	if l.Normalisation != NoNormalisation {
		fmt.Fprintf(b, ",%snorm", l.Normalisation)
	}
	if l.Pool != (Pool{}) {
		name := "maxpool"
		if l.Pool.Average {
			name = "avgpool"
		}
		fmt.Fprintf(b, " %s:%s,s%s", name, extentText(l.Pool.Window), extentText(l.Pool.Stride))
	}
	if l.Dropout > 0 {
		fmt.Fprintf(b, " dropout:%s", strconv.FormatFloat(l.Dropout, 'g', -1, 64))
	}
	return b.String()
}

// writeFilters writes a convolution up to its activation, and what makes its
// input larger.
func (l Layer) writeFilters(b *strings.Builder) {
	f, u := l.Filters, l.Unpool
	if u != (Unpool{}) {
		fmt.Fprintf(b, "unpool:%s,s%s", extentText(u.Window), extentText(u.Stride))
		if u.OutputPadding != (Extent{}) {
			fmt.Fprintf(b, ",o%s", extentText(u.OutputPadding))
		}
		b.WriteByte(' ')
	}
	if f.Enlarge > 1 {
		name := "up"
		if f.Bilinear {
			name = "bilinear"
		}
		fmt.Fprintf(b, "%s:%d ", name, f.Enlarge)
	}
	kind := "conv"
	if f.Transposed {
		kind = "transposed"
	}
	fmt.Fprintf(b, "%s:%d,%s,s%s,p%s", kind, l.Units, extentText(f.Kernel), extentText(f.Stride), extentText(f.Padding))
	if f.Dilation != (Extent{}) {
		fmt.Fprintf(b, ",d%s", extentText(f.Dilation))
	}
	if f.OutputPadding != (Extent{}) {
		fmt.Fprintf(b, ",o%s", extentText(f.OutputPadding))
	}
}

func extentText(e Extent) string {
	if e.Height == e.Width {
		return strconv.Itoa(e.Height)
	}
	return fmt.Sprintf("%dx%d", e.Height, e.Width)
}
