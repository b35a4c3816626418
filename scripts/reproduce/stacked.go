package main

// stacked is why layers were once trained one after the other.
var stacked = experiment{
	name:  "stacked",
	title: "stacked on Fashion-MNIST",
	about: `
Ten layers of sigmoid units, 784-256-128-64-32-16 and back, cross-entropy, Adam 0.01 with a cosine schedule, 24 epochs: all for
the whole net, or 2 for each of its five pairs of layers in turn and 14 for the whole. An epoch of a pair of layers costs less than
one of the whole. Squared error per pixel on the test images. The seconds are
of a machine that was busy with other work too.`,
	seeds: 3,
	run: func(l *lab) error {
		plain := l.row(row{claim: "mse, from random weights", format: "%.5f"})
		pretrained := l.row(row{claim: "mse, after pretraining", format: "%.5f"})
		share := l.row(row{claim: "the second as a share of the first: pretraining helps a deep sigmoid net", published: "so do Bengio 2007, Hinton 2006", format: "%.3f", bound: atMost(0.8)})
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
