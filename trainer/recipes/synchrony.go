package recipes

import (
	"fmt"

	"gaetrain/graph"
	"gaetrain/graph/kernel"
	"gaetrain/trainer"
)

var synchrony = Recipe{
	Name:    "synchrony",
	Summary: "gated, on pairs of frames: codes tell how two frames relate, in pairs of filters out of phase",
	Idea: `Two frames of a scene, x and y, differ by a motion. Each unit has a filter for either, u and v, and opens where both
respond alike: s = σ((u·x)(v·y)), which detects synchrony. The decoder, tied to the encoder, gets the responses that pass the
open units: the content remains in the responses, and what is left to the code is the motion. With the gates "product" a frame is
reconstructed from its own responses, x̂ = U(s ⊙ Uᵀx) + b; with "exchange" from those to the other frame, x̂ = U(s ⊙ Vᵀy) + b,
so that a unit's filters must agree but for the motion; with "energy" s = σ((u·x + v·y)²), and a pair is reconstructed as one.
--contraction adds ‖∂s/∂(x, y)‖² to the loss, as the authors do. Pairs are made of any images by --motion, afresh in each epoch,
or read as pairs:DIR.`,
	Citation: "K. Konda, R. Memisevic, V. Michalski: Learning to encode motion using spatio-temporal synchrony. ICLR 2014, arXiv:1306.3162",
	Defaults: func(c *trainer.Config) {
		c.Hidden, c.Code, c.Tied, c.Bias, c.Initialiser = nil, 64, true, "output", graph.Normal
		c.CodeActivation, c.OutputActivation, c.Loss = kernel.Sigmoid, kernel.Linear, graph.SquaredError
		c.Motion.Shift, c.Motion.Patch = 2, 12
	},
	Stages: func(c trainer.Config, pair graph.Shape) ([]trainer.Stage, error) {
		if pair.Channels%2 != 0 {
			return nil, fmt.Errorf("images of %s are no pairs of frames; hint: --motion shift:3 makes pairs, or --dataset pairs:DIR", pair)
		}
		a, err := architecture(c, pair)
		if err != nil {
			return nil, err
		}
		a.Code, a.Standardised = graph.Code(c.Gates), true
		return []trainer.Stage{stage("train", c, a)}, a.Validate()
	},
}
