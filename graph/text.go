package graph

import (
	"fmt"
	"strconv"
	"strings"

	"gaetrain/graph/kernel"
)

// ParseLayers reads layers from text such as
//
//	conv:16,3,s2 conv:32,3x5,s2x1,p1,relu flatten dense:64,linear
//	conv:8,3 maxpool:2 dense:1568,32x7x7 transposed:16,4,s2 up:2 conv:1,3,sigmoid
//
// A word is a kind of layer with its arguments. dense has the number of units
// and, before convolutions, the channels×height×width they are to those. conv
// and transposed have channels and kernel, then in any order stride s, padding
// p, dilation d and output padding o, each one number or height×width; the
// padding is what keeps the size at stride 1 unless it is given. up enlarges
// the input of the next convolution, repeating pixels; bilinear interpolates
// them. maxpool and avgpool, of a window and a stride s that is the window's
// unless given, belong to the convolution before them. flatten says what holds anyway between convolutions and dense. Each
// layer is like hidden otherwise and the last one like last, also in its
// activation unless there is one among the arguments. Errors wrap
// ErrArchitecture.
func ParseLayers(text string, hidden, last Layer) ([]Layer, error) {
	var layers []Layer
	var enlarge int
	var bilinear bool
	words := strings.Fields(text)
	for i, word := range words {
		kind, rest, _ := strings.Cut(word, ":")
		arguments := strings.Split(rest, ",")
		l, err := hidden, error(nil)
		if i == len(words)-1 {
			l = last
		}
		switch kind {
		case "flatten":
			if rest != "" {
				err = fmt.Errorf("takes no arguments")
			}
		case "up", "bilinear":
			if enlarge > 0 {
				err = fmt.Errorf("follows another one; hint: one factor before a convolution")
				break
			}
			bilinear = kind == "bilinear"
			if enlarge, err = parseCount(rest); err == nil && enlarge < 2 {
				err = fmt.Errorf("%q is not a factor of at least 2", rest)
			}
		case "maxpool", "avgpool":
			if len(layers) == 0 || !layers[len(layers)-1].Convolutional() || layers[len(layers)-1].Pool != (Pool{}) {
				err = fmt.Errorf("hint: one of its kind behind a convolution")
				break
			}
			layers[len(layers)-1].Pool, err = parsePool(arguments, kind == "avgpool")
		case "dense":
			err = l.parseDense(arguments)
		case "conv", "transposed":
			l.Filters = Filters{Transposed: kind == "transposed", Enlarge: enlarge, Bilinear: bilinear}
			enlarge, bilinear = 0, false
			err = l.parseFilters(arguments)
		default:
			err = fmt.Errorf("unknown kind %q; hint: conv, transposed, dense, maxpool, avgpool, up, bilinear or flatten", kind)
		}
		if err != nil {
			return nil, fmt.Errorf("%w: %q: %w", ErrArchitecture, word, err)
		}
		if kind == "dense" || kind == "conv" || kind == "transposed" {
			if enlarge > 0 {
				return nil, fmt.Errorf("%w: %q: behind up or bilinear; hint: only conv may follow them", ErrArchitecture, word)
			}
			layers = append(layers, l)
		}
	}
	if enlarge > 0 {
		return nil, fmt.Errorf("%w: %q ends with a larger image; hint: conv after up or bilinear", ErrArchitecture, text)
	}
	if len(layers) == 0 {
		return nil, fmt.Errorf("%w: %q has no layers; hint: such as conv:16,3,s2 dense:64", ErrArchitecture, text)
	}
	return layers, nil
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
		if l.Activation, err = kernel.ParseActivation(argument); err != nil {
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
			if l.Activation, err = kernel.ParseActivation(argument); err != nil {
				return fmt.Errorf("%q is no option and no activation; hint: s2, p1, d1, o1 or such as relu", argument)
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
	if p.Window, err = parseExtent(arguments[0]); err != nil {
		return p, err
	}
	p.Stride, p.Average = p.Window, average
	for _, argument := range arguments[1:] {
		stride, ok := strings.CutPrefix(argument, "s")
		if !ok {
			return p, fmt.Errorf("%q is no stride; hint: such as s2", argument)
		}
		if p.Stride, err = parseExtent(stride); err != nil {
			return p, err
		}
	}
	if min(p.Window.Height, p.Window.Width, p.Stride.Height, p.Stride.Width) < 1 {
		err = fmt.Errorf("windows and strides are at least 1")
	}
	return p, err
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
	f, b := l.Filters, new(strings.Builder)
	if !l.Convolutional() {
		fmt.Fprintf(b, "dense:%d", l.Units)
		if l.Shape != (Shape{}) {
			fmt.Fprintf(b, ",%dx%dx%d", l.Shape.Channels, l.Shape.Height, l.Shape.Width)
		}
		fmt.Fprintf(b, ",%s", l.Activation)
		return b.String()
	}
	kind := "conv"
	if f.Transposed {
		kind = "transposed"
	}
	if f.Enlarge > 1 {
		name := "up"
		if f.Bilinear {
			name = "bilinear"
		}
		fmt.Fprintf(b, "%s:%d ", name, f.Enlarge)
	}
	fmt.Fprintf(b, "%s:%d,%s,s%s,p%s", kind, l.Units, extentText(f.Kernel), extentText(f.Stride), extentText(f.Padding))
	if f.Dilation != (Extent{}) {
		fmt.Fprintf(b, ",d%s", extentText(f.Dilation))
	}
	if f.OutputPadding != (Extent{}) {
		fmt.Fprintf(b, ",o%s", extentText(f.OutputPadding))
	}
	fmt.Fprintf(b, ",%s", l.Activation)
	if l.Pool != (Pool{}) {
		name := "maxpool"
		if l.Pool.Average {
			name = "avgpool"
		}
		fmt.Fprintf(b, " %s:%s,s%s", name, extentText(l.Pool.Window), extentText(l.Pool.Stride))
	}
	return b.String()
}

func extentText(e Extent) string {
	if e.Height == e.Width {
		return strconv.Itoa(e.Height)
	}
	return fmt.Sprintf("%dx%d", e.Height, e.Width)
}
