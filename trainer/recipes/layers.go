package recipes

import (
	"fmt"
	"reflect"
	"slices"
	"strings"

	"gaetrain/graph"
	"gaetrain/graph/layer"
	"gaetrain/trainer/settings"
)

// Layers are the settings of an encoder and the decoder that mirrors it.
type Layers struct {
	Hidden           []int             `toml:"hidden" group:"model" help:"Widths of the encoder's fully connected hidden layers, mirrored by the decoder"`
	Filters          []int             `toml:"filters" group:"model" help:"Channels of the encoder's convolutions, which come before its hidden layers; none: fully connected"`
	KernelSize       int               `toml:"kernel-size" group:"model" help:"Height and width of the filters that --filters makes"`
	Stride           int               `toml:"stride" group:"model" help:"Stride of the convolutions that --filters makes"`
	Upsampling       layer.Upsampling  `toml:"upsampling" group:"model" help:"How a convolutional decoder makes images larger: transposed, nearest, bilinear, or unpool (to the places where max pooling found the greatest values; codes alone cannot be decoded then)"`
	EncoderText      string            `toml:"encoder" group:"model" help:"All layers of the encoder as text, in place of --filters, --hidden and --code, such as 'conv:16,3,s2 conv:32,3,s2 dense:64'; the last layer makes the code"`
	DecoderText      string            `toml:"decoder" group:"model" help:"All layers of the decoder as text (default: they mirror the encoder's)"`
	Activation       layer.Activation  `toml:"activation" group:"model" help:"Activation of hidden layers: linear, sigmoid, tanh, relu, leaky-relu, elu, softplus, selu, gelu or silu"`
	OutputActivation layer.Activation  `toml:"output-activation" group:"model" help:"Activation of the decoder's last layer; always sigmoid with --loss cross-entropy"`
	Initialiser      graph.Initialiser `toml:"initialiser" group:"model" help:"Initial weights: glorot-, he- or lecun- with uniform or normal; normal, uniform, zeros; images (training images in the first layer, glorot-uniform in the others)"`
	Normalisation    layer.Norm        `toml:"normalisation" group:"model" help:"Normalisation of hidden layers before their activation: none, batch, layer, or group:8 (8 groups of channels)"`
	Dropout          float64           `toml:"dropout" group:"model" help:"Share of the outputs of hidden layers that is set to 0 while training (from 0 to below 1)"`
	Bias             string            `toml:"bias" group:"model" help:"Layers that have biases: all, output (the last layer only) or none"`

	blocks int // residual blocks behind each convolution that --filters makes
}

// Latent is the setting of a code that can have any size.
type Latent struct {
	CodeSize int `toml:"code" group:"model" help:"Number of values in a latent code"`
}

// Validate implements settings.Validator.
func (l *Latent) Validate() error {
	return settings.Numbers(settings.Number{OK: l.CodeSize >= 1, Name: "code", Value: l.CodeSize, Hint: "at least 1"})
}

// defaultLayers are those of a model that says nothing else.
func defaultLayers() Layers {
	return Layers{
		Hidden: []int{512, 256}, KernelSize: 3, Stride: 2, Upsampling: layer.ByTransposed,
		Activation: layer.ReLU, OutputActivation: layer.Sigmoid, Initialiser: graph.GlorotUniform, Bias: "all",
	}
}

// Validate implements settings.Validator.
func (l *Layers) Validate() error {
	if err := settings.Numbers(
		settings.Number{OK: l.KernelSize >= 1, Name: "kernel-size", Value: l.KernelSize, Hint: "at least 1"},
		settings.Number{OK: l.Stride >= 1, Name: "stride", Value: l.Stride, Hint: "at least 1"},
		settings.Number{OK: l.Dropout >= 0 && l.Dropout < 1, Name: "dropout", Value: l.Dropout, Hint: "from 0 to below 1"},
	); err != nil {
		return err
	}
	if err := settings.Widths("hidden", "units", l.Hidden); err != nil {
		return err
	}
	if err := settings.Widths("filters", "channels", l.Filters); err != nil {
		return err
	}
	if n := len(l.Hidden) + len(l.Filters); n > layer.MaxLayers {
		return fmt.Errorf("%w: hidden and filters have %d layers; hint: at most %d", settings.ErrConfiguration, n, layer.MaxLayers)
	}
	return settings.Choice("bias", l.Bias, "all", "output", "none")
}

// Ineffective implements settings.Ineffective.
func (l *Layers) Ineffective() (without []settings.Without) {
	add := func(why string, names ...string) {
		for _, name := range names {
			without = append(without, settings.Without{Name: name, Why: why})
		}
	}
	switch {
	case l.EncoderText != "":
		add("with --encoder, which describes all layers; hint: write it into the text of --encoder", "hidden", "code", "filters", "kernel-size", "stride")
	case len(l.Filters) == 0:
		add("without convolutions; hint: --filters 32,64", "kernel-size", "stride")
	}
	if l.DecoderText != "" || !strings.Contains(l.text(1), "conv:") && !strings.Contains(l.text(1), "transposed:") {
		add("where the decoder does not mirror convolutions; hint: --filters 32,64", "upsampling")
	}
	if l.EncoderText == "" && len(l.Filters)+len(l.Hidden) == 0 && l.DecoderText == "" {
		return append(without, settings.Without{Name: "activation", Why: "without hidden layers; hint: --hidden 512"})
	}
	for _, name := range []string{"activation", "normalisation", "dropout", "bias", "initialiser"} {
		if !l.uses(name) {
			add("on layers whose text says otherwise; hint: leave it out of the text of --encoder and --decoder", name)
		}
	}
	if l.DecoderText != "" && !changes(l.DecoderText, layer.Options{}, layer.Options{Activation: layer.Tanh}) {
		add("on a last layer whose text has an activation; hint: leave it out of --decoder", "output-activation")
	}
	return without
}

// uses reports whether a layer of the encoder or the decoder has the value that a
// setting gives to layers whose text says nothing else.
func (l *Layers) uses(setting string) bool {
	var other layer.Options // differs from the zero value in what the setting gives
	hidden := true          // the setting is of hidden layers only
	switch setting {
	case "activation":
		other.Activation = layer.Tanh
	case "normalisation":
		other.Norm = "batch"
	case "dropout":
		other.Dropout = 0.5
	case "bias":
		other.NoBias, hidden = true, false
	case "initialiser":
		if l.Initialiser == graph.Images { // which the first layer has, whatever its text says
			return true
		}
		other.Initialiser, hidden = graph.HeNormal, false
	}
	last := other
	if hidden {
		last = layer.Options{}
	}
	encoder := l.text(1)
	if changes(encoder, other, last) {
		return true
	}
	if l.DecoderText != "" {
		return changes(l.DecoderText, other, last)
	}
	layers, err := layer.Parse(encoder, layer.Options{}, layer.Options{})
	return err != nil || !hidden || layers.Depth() > 1 // whose mirror images have it
}

// changes reports whether options of hidden and last layers change the layers of a
// text. It is true of a text that cannot be read.
func changes(text string, hidden, last layer.Options) bool {
	plain, err := layer.Parse(text, layer.Options{}, layer.Options{})
	if err != nil {
		return true
	}
	with, err := layer.Parse(text, hidden, last)
	return err != nil || !reflect.DeepEqual(plain, with)
}

// text is the encoder's layers as text, for a code of so many values.
func (l *Layers) text(code int) string {
	if l.EncoderText != "" {
		return l.EncoderText
	}
	var words []string
	for _, channels := range l.Filters {
		words = append(words, fmt.Sprintf("conv:%d,%d,s%d,p%d", channels, l.KernelSize, l.Stride, (l.KernelSize-1)/2))
		for range l.blocks {
			words = append(words, fmt.Sprintf("residual(conv:%d,3 conv:%d,3,linear)", channels, channels))
		}
	}
	for _, units := range append(slices.Clone(l.Hidden), code) {
		words = append(words, fmt.Sprintf("dense:%d", units))
	}
	return strings.Join(words, " ")
}

// hidden is what hidden layers have.
func (l *Layers) hidden() layer.Options {
	o := layer.Options{Activation: l.Activation, NoBias: l.Bias != "all", Initialiser: l.Initialiser, Norm: l.Normalisation, Dropout: l.Dropout}
	if o.Initialiser == graph.Images { // which the first layer alone has
		o.Initialiser = graph.GlorotUniform
	}
	return o
}

// code is what the layer that makes the code has.
func (l *Layers) code(act layer.Activation) layer.Options {
	o := l.hidden()
	o.Activation, o.Norm, o.Dropout = act, layer.NoNorm, 0
	return o
}

// output is what the last layer of the decoder has.
func (l *Layers) output() layer.Options {
	o := l.code(l.OutputActivation)
	o.NoBias = l.Bias == "none"
	return o
}

// parts are the layers of encoder and decoder before they are placed. The
// mirror is made of the encoder as it is placed behind an image, for a code of
// its output's shape, size values unless the encoder is spelled out.
func (l *Layers) parts(image graph.Shape, size int, code, output layer.Options, tied bool) (encoder, decoder layer.Sequence, shape graph.Shape, err error) {
	if encoder, err = layer.Parse(l.text(size), l.hidden(), code); err != nil {
		return nil, nil, shape, err
	}
	if l.Initialiser == graph.Images {
		if encoder, err = encoder.FromImages(); err != nil {
			return nil, nil, shape, err
		}
	}
	stack, err := layer.NewStack("encoder", image, encoder)
	if err != nil {
		return nil, nil, shape, err
	}
	if l.DecoderText == "" {
		decoder, err = layer.Mirror(stack, l.hidden(), output, tied, l.Upsampling)
		return encoder, decoder, stack.Out(), err
	}
	if decoder, err = layer.Parse(l.DecoderText, l.hidden(), output); err != nil {
		return nil, nil, shape, err
	}
	if output.Activation != l.OutputActivation { // which the loss asks for
		decoder = decoder.EndingWith(output.Activation)
	}
	decoder, err = layer.Match(decoder, stack, tied)
	return encoder, decoder, stack.Out(), err
}

// check reports a decoder that does not end with images, and settings of hidden
// layers without any. Either stack may be nil.
func (l *Layers) check(image graph.Shape, encoder, decoder *layer.Stack) error {
	if err := decoder.ValidateImages(image); err != nil {
		return err
	}
	hidden := decoder.Depth() - 1
	if encoder != nil {
		hidden += encoder.Depth() - 1
	}
	if hidden == 0 && (l.Normalisation != layer.NoNorm || l.Dropout > 0) {
		return fmt.Errorf("normalisation %s and dropout %g are of hidden layers, and there are none; hint: such as --hidden 512", l.Normalisation, l.Dropout)
	}
	return nil
}
