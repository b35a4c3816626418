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
	Hidden           []int             `toml:"hidden" group:"model" help:"Widths of the encoder's fully connected hidden layers, which the decoder mirrors"`
	Filters          []int             `toml:"filters" group:"model" help:"Channels of the encoder's convolutions, which precede its hidden layers; none: no convolutions"`
	KernelSize       int               `toml:"kernel-size" group:"model" help:"Height and width, in pixels, of the convolutions of --filters, 1 or more"`
	Stride           int               `toml:"stride" group:"model" help:"Stride, in pixels, of the convolutions of --filters, 1 or more"`
	Upsampling       layer.Upsampling  `toml:"upsampling" group:"model" help:"Upsampling in the decoder: transposed, nearest, bilinear or unpool (inverts max pooling)"`
	EncoderText      string            `toml:"encoder" group:"model" help:"All layers of the encoder as text, such as 'conv:16,3,s2 dense:64'; the last layer makes the code"`
	DecoderText      string            `toml:"decoder" group:"model" help:"All layers of the decoder as text (default: the mirrored layers of the encoder)"`
	Activation       layer.Activation  `toml:"activation" group:"model" help:"Hidden-layer activation: linear, sigmoid, tanh, relu, leaky-relu, elu, softplus, selu, gelu or silu"`
	OutputActivation layer.Activation  `toml:"output-activation" group:"model" help:"Activation of the decoder's last layer, which is sigmoid if the loss is cross-entropy"`
	Initialiser      graph.Initialiser `toml:"initialiser" group:"model" help:"Initial weights: (glorot|he|lecun)-(uniform|normal), normal, uniform, zeros or (training) images"`
	Normalisation    layer.Norm        `toml:"normalisation" group:"model" help:"Normalisation before the activation of hidden layers: none, batch, layer or group:8 (8 groups)"`
	Dropout          float64           `toml:"dropout" group:"model" help:"Share of the outputs of hidden layers that is set to 0 in training, from 0 to below 1"`
	Bias             string            `toml:"bias" group:"model" help:"Layers that have biases: all, output (only the decoder's last layer) or none"`

	blocks   int // residual blocks after each convolution of --filters
	channels int // of a code that is a map, which a convolution makes; 0: the code is a row
}

// Latent is the size of the code, for models that allow any size.
type Latent struct {
	CodeSize int `toml:"code" group:"model" help:"Number of values in a latent code, 1 or more"`
}

// Validate implements settings.Validator.
func (l *Latent) Validate() error {
	return settings.Numbers(settings.Number{OK: l.CodeSize >= 1, Name: "code", Value: l.CodeSize, Hint: "at least 1"})
}

// defaultLayers are the layers of a model that does not set others.
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
		add("with --encoder, which describes all layers; hint: include it in the text of --encoder", "hidden", "code", "filters", "kernel-size", "stride")
	case len(l.Filters) == 0:
		add("without convolutions; hint: --filters 32,64", "kernel-size", "stride")
	}
	if l.DecoderText != "" || !strings.Contains(l.text(1), "conv:") && !strings.Contains(l.text(1), "transposed:") {
		add("if the decoder does not mirror convolutions; hint: --filters 32,64", "upsampling")
	}
	if l.EncoderText == "" && len(l.Filters)+len(l.Hidden) == 0 && l.DecoderText == "" {
		return append(without, settings.Without{Name: "activation", Why: "without hidden layers; hint: --hidden 512"})
	}
	for _, name := range []string{"activation", "normalisation", "dropout", "bias", "initialiser"} {
		if !l.uses(name) {
			add("because the text of each layer has its own value; hint: leave it out of --encoder and --decoder", name)
		}
	}
	if l.DecoderText != "" && !changes(l.DecoderText, layer.Options{}, layer.Options{Activation: layer.Tanh}) {
		add("because the last layer in --decoder has an activation; hint: leave it out of --decoder", "output-activation")
	}
	return without
}

// uses reports whether the value of a setting reaches a layer of the encoder or the
// decoder, which it does unless the text of each layer has its own value.
func (l *Layers) uses(setting string) bool {
	var other layer.Options // differs from the zero value in the option that the setting sets
	hidden := true          // the setting applies to hidden layers only
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
		if l.Initialiser == graph.Images { // which always applies to the first layer
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
	return err != nil || !hidden || layers.Depth() > 1 // the decoder mirrors hidden layers, with the setting
}

// changes reports whether options of hidden and last layers change the layers of a
// text. It returns true for a text that cannot be parsed.
func changes(text string, hidden, last layer.Options) bool {
	plain, err := layer.Parse(text, layer.Options{}, layer.Options{})
	if err != nil {
		return true
	}
	with, err := layer.Parse(text, hidden, last)
	return err != nil || !reflect.DeepEqual(plain, with)
}

// text returns the encoder's layers as text, for a code of the given size.
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
	if l.channels > 0 && len(l.Filters) > 0 && len(l.Hidden) == 0 {
		return strings.Join(append(words, fmt.Sprintf("conv:%d,1", l.channels)), " ")
	}
	for _, units := range append(slices.Clone(l.Hidden), code) {
		words = append(words, fmt.Sprintf("dense:%d", units))
	}
	return strings.Join(words, " ")
}

// hidden returns the options of hidden layers.
func (l *Layers) hidden() layer.Options {
	o := layer.Options{Activation: l.Activation, NoBias: l.Bias != "all", Initialiser: l.Initialiser, Norm: l.Normalisation, Dropout: l.Dropout}
	if o.Initialiser == graph.Images { // which applies to the first layer only
		o.Initialiser = graph.GlorotUniform
	}
	return o
}

// code returns the options of the layer that makes the code.
func (l *Layers) code(act layer.Activation) layer.Options {
	o := l.hidden()
	o.Activation, o.Norm, o.Dropout = act, layer.NoNorm, 0
	return o
}

// output returns the options of the last layer of the decoder.
func (l *Layers) output() layer.Options {
	o := l.code(l.OutputActivation)
	o.NoBias = l.Bias == "none"
	return o
}

// parts returns the layers of encoder and decoder before they are placed, and the
// shape of the code. The code has size values, unless --encoder describes the layers.
// The mirror image of the encoder depends on the shape of the image.
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
	if output.Activation != l.OutputActivation { // which the loss requires
		decoder = decoder.EndingWith(output.Activation)
	}
	decoder, err = layer.Match(decoder, stack, tied)
	return encoder, decoder, stack.Out(), err
}

// check returns an error if the decoder does not end with images, or if settings of
// hidden layers are given without hidden layers. encoder may be nil.
func (l *Layers) check(image graph.Shape, encoder, decoder *layer.Stack) error {
	if err := decoder.ValidateImages(image); err != nil {
		return err
	}
	hidden := decoder.Depth() - 1
	if encoder != nil {
		hidden += encoder.Depth() - 1
	}
	if hidden == 0 && (l.Normalisation != layer.NoNorm || l.Dropout > 0) {
		return fmt.Errorf("normalisation is %s and dropout is %g, but the model has no hidden layers; hint: --hidden 512", l.Normalisation, l.Dropout)
	}
	return nil
}
