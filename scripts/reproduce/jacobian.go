package main

import "gaetrain/trainer"

// jacobian asks for Rifai's order of the Jacobians of one-layer models.
var jacobian = experiment{
	name:  "jacobian",
	title: "how much the code moves with the image, on MNIST",
	about: `
784-1000-784, sigmoid units, tied weights, cross-entropy, Adam 0.001 with a cosine schedule, 20 epochs: a contractive autoencoder
(weight 0.1), denoising ones with Gaussian noise of deviation 0.3 and with a quarter of the pixels black, one with weight decay 0.01
and a plain one. The figure is the mean of ‖∂h/∂x‖² over test images, by random directions. Rifai's were other measures of other
trainings (table 1 times 10⁻⁴), so what is held against them is the order. The place of weight decay in it depends on how much there
is: with this much the norm comes below those of both denoising models, unlike Rifai's.`,
	seeds: 2,
	run: func(l *lab) error {
		const common = " --dataset mnist --hidden none --code 1000 --code-activation sigmoid --tied=true" +
			" --learning-rate 0.001 --warmup 0 --epochs 20"
		models := []struct{ name, published, flags string }{
			{"contractive", "0.73", "--model dense --contraction 0.1"},
			{"denoising, gaussian", "0.86", "--model dense --corruption gaussian:0.3"},
			{"weight decay", "5.00", "--model dense --weight-decay 0.01"},
			{"denoising, masking", "7.87", "--model dense --corruption masking:0.25"},
			{"plain", "17.5", "--model dense"},
		}
		norms := make([]*row, len(models))
		for i, m := range models {
			norms[i] = l.row(row{claim: "jacobian norm, " + m.name, published: m.published + " (Rifai 2011)", format: "%.2f"})
		}
		order := []struct {
			claim        string
			above, below int
			bound        bound
		}{
			{"gaussian denoising against contractive, times", 1, 0, atLeast(1)},
			{"masking against gaussian denoising, times", 3, 1, pick(l, atLeast(1), bound{})}, // too close for few images
			{"weight decay against gaussian denoising, times", 2, 1, bound{}},
			{"plain against masking denoising, times", 4, 3, atLeast(1)},
			{"plain against weight decay, times", 4, 2, atLeast(1)},
		}
		ratios := make([]*row, len(order))
		for i, o := range order {
			ratios[i] = l.row(row{claim: o.claim, published: "> 1 (Rifai 2011)", format: "%.2f", bound: o.bound})
		}
		return l.eachSeed(func(seed int) error {
			var seconds float64
			for i, m := range models {
				r, err := l.train(seed, m.flags+common+pick(l, "", " --train-images 20000"))
				if err != nil {
					return err
				}
				norms[i].add(r.Last["test"].Measures[trainer.JacobianNorm], r.seconds)
				seconds += r.seconds
			}
			for i, o := range order {
				last := func(n int) float64 { return norms[n].ours[len(norms[n].ours)-1] }
				ratios[i].add(last(o.above)/last(o.below), seconds)
			}
			return nil
		})
	},
}
