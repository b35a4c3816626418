package recipes

import (
	"gaetrain/graph"
	"gaetrain/trainer"
)

var cvae = Recipe{
	Name:    "cvae",
	Summary: "a vae that is told the label: codes hold what differs within a class",
	Idea: `The encoder and the decoder of a vae are told the label of each image besides it. What the label says need not be in the code
then: it keeps the style of an image, and the label its content. A code drawn from the prior decodes to an image of the class one
asks for, and one code with the labels of all classes to the same style in each. The smaller the code, the more is left to the
label.`,
	Citation: "K. Sohn, H. Lee, X. Yan: Learning Structured Output Representation using Deep Conditional Generative Models. NIPS 2015",
	Defaults: func(c *trainer.Config) {
		vae.Defaults(c)
		c.Code = 8
	},
	Stages: func(c trainer.Config, image graph.Shape) ([]trainer.Stage, error) {
		stages, err := vae.Stages(c, image)
		for i := range stages {
			stages[i].Conditional = true
		}
		return stages, err
	},
}
