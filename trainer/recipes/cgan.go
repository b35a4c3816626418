package recipes

import (
	"gaetrain/graph"
	"gaetrain/trainer"
)

var cgan = Recipe{
	Name:    "cgan",
	Summary: "a gan that is told the label: it makes images of the class one asks for",
	Idea: `The generator and the discriminator of a gan are told a label besides a code or an image. The discriminator then judges
whether an image is real and of that class, so the generator has to make images of the class it is told, and no class can be
left out. In the first layer of the generator, and the first fully connected one of the discriminator, a label adds weights of
its own.`,
	Citation: "M. Mirza, S. Osindero: Conditional Generative Adversarial Nets. arXiv:1411.1784",
	Defaults: gan.Defaults,
	Stages: func(c trainer.Config, image graph.Shape) ([]trainer.Stage, error) {
		stages, err := gan.Stages(c, image)
		for i := range stages {
			stages[i].Conditional = true
		}
		return stages, err
	},
}
