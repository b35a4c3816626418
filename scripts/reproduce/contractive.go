package main

import "gaetrain/trainer"

// contractive asks how much less a code moves with the image that is told not
// to, and what that costs.
var contractive = experiment{
	name:  "contractive",
	title: "contractive on Fashion-MNIST",
	about: `
784-256-784, sigmoid units, tied weights, cross-entropy, Adam 0.01, 20 epochs, with ‖∂h/∂x‖² of weight 1 in the loss, and the same
net without it; neither has weight decay. The norm is the mean of ‖∂h/∂x‖² over the first 1,000 test images, the error squared per
pixel of all. The seconds are of a machine that was busy with other work too.`,
	seeds: 2,
	run: func(l *lab) error {
		share := l.row(row{claim: "jacobian norm, as a share of that without contraction", published: "< 1 (Rifai 2011)", format: "%.3f", bound: atMost(0.5)})
		price := l.row(row{claim: "squared error, as a share of that without contraction", format: "%.3f", bound: atMost(1.1)})
		norm := l.row(row{claim: "jacobian norm, contractive", format: "%.2f"})
		plainNorm := l.row(row{claim: "jacobian norm, without contraction", format: "%.2f"})
		mse := l.row(row{claim: "squared error, contractive", format: "%.5f"})
		plainMSE := l.row(row{claim: "squared error, without contraction", format: "%.5f"})
		return l.eachSeed(func(seed int) error {
			size := "--model contractive --dataset fashion-mnist" + pick(l, "", " --train-images 10000")
			contracted, err := l.train(seed, size)
			if err != nil {
				return err
			}
			plain, err := l.train(seed, size+" --contraction 0")
			if err != nil {
				return err
			}
			a, b := contracted.Last["test"], plain.Last["test"]
			norm.add(a.Measures[trainer.JacobianNorm], contracted.seconds)
			plainNorm.add(b.Measures[trainer.JacobianNorm], plain.seconds)
			mse.add(a.MSE, contracted.seconds)
			plainMSE.add(b.MSE, plain.seconds)
			seconds := contracted.seconds + plain.seconds
			share.add(a.Measures[trainer.JacobianNorm]/b.Measures[trainer.JacobianNorm], seconds)
			price.add(a.MSE/b.MSE, seconds)
			return nil
		})
	},
}
