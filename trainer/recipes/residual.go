package recipes

import (
	"gaetrain/graph/layer"
	"gaetrain/trainer"
	"gaetrain/trainer/settings"
)

var residualRecipe = trainer.Recipe{
	Name:    "residual",
	Summary: "convolutional autoencoder with residual blocks: deeper networks can be trained",
	Idea: `A deep network is hard to train, because each layer has to pass on what the following layers need.
A residual block adds the output of its layers to its input, y = x + f(x). If nothing has to
change, f is 0, and gradients reach the first layers through the sums. In this model, strided
convolutions make the image smaller, each followed by a residual block of two convolutions. The
decoder mirrors all of them.`,
	Citation: "K. He, X. Zhang, S. Ren, J. Sun: Deep Residual Learning for Image Recognition. CVPR 2016, arXiv:1512.03385",
	BibTeX: `@inproceedings{he2016deep,
  author = {He, Kaiming and Zhang, Xiangyu and Ren, Shaoqing and Sun, Jian},
  title = {Deep Residual Learning for Image Recognition},
  booktitle = {IEEE Conference on Computer Vision and Pattern Recognition},
  pages = {770--778},
  year = {2016},
  doi = {10.1109/CVPR.2016.90},
  eprint = {1512.03385},
  archivePrefix = {arXiv},
}`,
	Defaults: fast,
	New: func() trainer.Model {
		m := residual{Plain: defaultPlain(), Blocks: 1}
		m.Filters, m.Hidden, m.CodeSize, m.Activation = []int{32, 64}, nil, 64, layer.ELU
		return &m
	},
}

// residual is a convolutional autoencoder with blocks y = x + f(x) (He 2016).
type residual struct {
	Plain
	Blocks int `toml:"blocks" group:"model" help:"Residual blocks of two convolutions after each convolution of --filters, from 1 to 100"`
}

// Place implements trainer.Model.
func (m *residual) Place(source trainer.Source) error {
	m.blocks = m.Blocks
	return m.Plain.Place(source)
}

// Validate implements settings.Validator.
func (m *residual) Validate() error {
	return settings.Numbers(settings.Number{OK: m.Blocks >= 1 && m.Blocks <= 100, Name: "blocks", Value: m.Blocks, Hint: "from 1 to 100; --model conv has none"})
}

// Ineffective implements settings.Ineffective.
func (m *residual) Ineffective() []settings.Without {
	if len(m.Filters) > 0 && m.EncoderText == "" {
		return nil
	}
	return []settings.Without{{Name: "blocks", Why: "without --filters; hint: residual(conv:32,3 conv:32,3,linear) in --encoder"}}
}
