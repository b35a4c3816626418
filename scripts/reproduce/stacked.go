package main

// stacked compares layer-by-layer pretraining with training from random weights.
var stacked = experiment{
	name:  "stacked",
	title: "stacked on Fashion-MNIST",
	about: `
The net has ten layers of sigmoid units (784-256-128-64-32-16 and the mirror image), cross-entropy, and Adam 0.01 with a cosine schedule.
Both trainings have 24 epochs. The first trains the whole net from random weights. The second trains each of the five pairs of layers for 2
epochs, one after the other, and then the whole net for 14. An epoch of one pair costs less than an epoch of the whole net. The squared
error is per pixel on the test images. The machine also did other work during the measured seconds.`,
	seeds: 3,
	run: func(l *lab) error {
		plain := l.row(row{claim: "mse, from random weights", format: "%.5f"})
		pretrained := l.row(row{claim: "mse, after pretraining", format: "%.5f"})
		share := l.row(row{claim: "mse after pretraining / mse from random weights", published: "pretraining helps (Bengio 2007, Hinton 2006)", format: "%.3f", bound: atMost(0.8)})
		return l.eachSeed(func(seed int) error {
			net := "--dataset fashion-mnist --hidden 256,128,64,32 --code 16 --activation sigmoid --code-activation sigmoid --learning-rate 0.01 --warmup 0" +
				pick(l, "", " --train-images 10000")
			without, err := l.train(seed, "--model dense --epochs 24 "+net)
			if err != nil {
				return err
			}
			with, err := l.train(seed, "--model stacked --pretrain-epochs 2 --epochs 14 "+net)
			if err != nil {
				return err
			}
			a, b := without.Last["test"].MSE, with.Last["test"].MSE
			plain.add(a, without.seconds)
			pretrained.add(b, with.seconds)
			share.add(b/a, without.seconds+with.seconds)
			return nil
		})
	},
}
