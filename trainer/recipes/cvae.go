package recipes

import (
	"gaetrain/trainer"
)

var cvaeRecipe = trainer.Recipe{
	Name:    "cvae",
	Summary: "a vae that is given the label: codes hold what differs within a class",
	Idea: `The encoder and the decoder of a vae are given the label of each image besides it. What the label says need not be in the code
then: the code keeps the style of an image, and the label its content. A code drawn from the prior decodes to an image of the class one
asks for, and one code with the labels of all classes to the same style in each. The smaller the code, the more is left to the
label.`,
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
