package recipes

import (
	"gaetrain/trainer"
)

var cvaeRecipe = trainer.Recipe{
	Name:    "cvae",
	Summary: "a vae that takes labels: the code represents what differs within a class",
	Idea: `The encoder and the decoder of a vae take the label of each image as a further input. The code
then does not need to represent the class. It represents the style of an image. A code that is
sampled from the prior, together with a label, decodes to an image of that class. One code with
the labels of all classes decodes to images of the same style. The smaller the code, the more of
the image depends on the label.`,
	Citation: "K. Sohn, H. Lee, X. Yan: Learning Structured Output Representation using Deep Conditional Generative Models. NIPS 2015",
	BibTeX: `@inproceedings{sohn2015learning,
  author = {Sohn, Kihyuk and Lee, Honglak and Yan, Xinchen},
  title = {Learning Structured Output Representation using Deep Conditional Generative Models},
  booktitle = {Advances in Neural Information Processing Systems},
  volume = {28},
  year = {2015},
}`,
	New: func() trainer.Model {
		m := cvae{vae: defaultVAE()}
		m.CodeSize = 8
		return &m
	},
}

// cvae is a vae whose encoder and decoder take labels (Sohn 2015).
type cvae struct {
	vae
	Labelled
}

// Place implements trainer.Model: the first fully connected layer of the encoder
// and the first layer of the decoder take labels.
func (m *cvae) Place(source trainer.Source) error {
	if err := m.require(source); err != nil {
		return err
	}
	return m.placeFor(source, source.Classes)
}

// Stages implements trainer.Model.
func (m *cvae) Stages(c trainer.Config) ([]trainer.Stage, error) { return m.train(c, m) }
