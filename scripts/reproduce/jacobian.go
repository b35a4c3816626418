package main

import "gaetrain/trainer"

// jacobian compares the order of the Jacobian norms of one-layer models with the order
// that Rifai et al. (2011) published.
var jacobian = experiment{
	name:  "jacobian",
	title: "Jacobian norms of one-layer models on MNIST",
	about: `
All models are 784-1000-784 with sigmoid units, tied weights, cross-entropy, and Adam 0.001 with a cosine schedule for 20 epochs. One is
contractive (weight 0.1). Two are denoising: one with Gaussian noise of standard deviation 0.3, one with a quarter of the pixels set to
black. One has weight decay 0.01, and one is plain. The figure is the mean of ‖∂h/∂x‖² over test images, estimated with random directions.
Rifai et al. trained with other settings and used another measure (table 1, in units of 10⁻⁴), so only the order is compared. The position
of weight decay in the order depends on its weight. With weight 0.01, its norm is below the norms of both denoising models, unlike in the
paper.`,
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
			norms[i] = l.row(row{claim: "Jacobian norm, " + m.name, published: m.published + " (Rifai 2011)", format: "%.2f"})
		}
		order := []struct {
			claim        string
			above, below int
			bound        bound
		}{
			{"norm ratio: gaussian denoising / contractive", 1, 0, atLeast(1)},
			{"norm ratio: masking denoising / gaussian denoising", 3, 1, pick(l, atLeast(1), bound{})}, // with few images the two norms are too close
			{"norm ratio: weight decay / gaussian denoising", 2, 1, bound{}},
			{"norm ratio: plain / masking denoising", 4, 3, atLeast(1)},
			{"norm ratio: plain / weight decay", 4, 2, atLeast(1)},
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
