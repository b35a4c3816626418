package layer

import (
	"fmt"
	"strconv"
	"strings"

	"gaetrain/graph"
)

// Options are the properties of a layer besides its size. Parse and Mirror use
// them for layers whose text does not set them.
//
// A layer with weights computes in this order: the sums x·W, normalisation with
// its gain, bias, activation. In a stack, pooling follows, and then dropout.
type Options struct {
	Activation  Activation
	NoBias      bool
	Initialiser graph.Initialiser // of the weights; biases start at zero
	Norm        Norm              // of the sums
	Dropout     float64           // share of the output that training sets to 0; a stack has a Dropout layer for it
}

func (o Options) options() Options { return o }

// argument reads one argument of a layer's text.
func (o *Options) argument(text string) (err error) {
	if i, err := graph.ParseInitialiser(text); err == nil {
		o.Initialiser = i
		return nil
	}
	switch kind, rest, _ := strings.Cut(text, "norm"); {
	case text == "nobias" || text == "bias":
		o.NoBias = text == "nobias"
	case text == "nonorm":
		o.Norm = NoNorm
	case normalises(kind) && strings.HasPrefix(text, kind+"norm") && (rest == "" || rest[0] == ':'):
		o.Norm, err = ParseNorm(kind + rest)
	default:
		o.Activation, err = ParseActivation(text)
	}
	return err
}

// arguments writes the options that String shows.
func (o Options) arguments() string {
	text := "," + o.Activation.String()
	if o.Norm != NoNorm {
		text += "," + o.Norm.argument()
	}
	return text
}

// further writes the options that only MarshalText shows.
func (o Options) further() string {
	text := ""
	if o.NoBias {
		text += ",nobias"
	}
	if o.Initialiser != "" {
		text += "," + string(o.Initialiser)
	}
	return text
}

// optioned is a layer with options.
type optioned interface {
	Layer
	options() Options
	with(o Options) Layer
}

// parseCount reads a whole number.
func parseCount(text string) (int, error) {
	n, err := strconv.ParseUint(text, 10, 24)
	if err != nil {
		return 0, fmt.Errorf("%q is not a whole number up to %d", text, 1<<24-1)
	}
	return int(n), nil
}

// parseExtent reads one number for both sides, or height×width.
func parseExtent(text string) (e Extent, err error) {
	height, width, two := strings.Cut(text, "x")
	if e.Height, err = parseCount(height); err != nil || !two {
		return square(e.Height), err
	}
	e.Width, err = parseCount(width)
	return e, err
}

func extentText(e Extent) string {
	if e.Height == e.Width {
		return strconv.Itoa(e.Height)
	}
	return fmt.Sprintf("%dx%d", e.Height, e.Width)
}
