package recipes

import "gaetrain/trainer"

var cganRecipe = trainer.Recipe{
	Name:    "cgan",
	Summary: "a gan that takes labels: it makes images of a given class",
	Idea: `The generator and the discriminator of a gan take a label as a further input. The discriminator
decides whether an image is real and belongs to this class. The generator therefore has to make
images of the given class, and cannot omit a class. In the first layer of the generator, and in
the first fully connected layer of the discriminator, each label has its own weights.`,
	Citation: "M. Mirza, S. Osindero: Conditional Generative Adversarial Nets. arXiv:1411.1784",
	BibTeX: `@misc{mirza2014conditional,
  author = {Mirza, Mehdi and Osindero, Simon},
  title = {Conditional Generative Adversarial Nets},
  year = {2014},
  eprint = {1411.1784},
  archivePrefix = {arXiv},
}`,
	Defaults: ganRecipe.Defaults,
	New:      func() trainer.Model { return &cgan{gan: defaultGAN()} },
}

// cgan is a gan whose generator and discriminator take labels (Mirza 2014).
type cgan struct {
	gan
	Labelled
}

// Place implements trainer.Model.
func (m *cgan) Place(source trainer.Source) error {
	if err := m.require(source); err != nil {
		return err
	}
	return m.placeFor(source, source.Classes)
}

// Stages implements trainer.Model.
func (m *cgan) Stages(c trainer.Config) ([]trainer.Stage, error) {
	return []trainer.Stage{m.stage(c, m)}, nil
}
