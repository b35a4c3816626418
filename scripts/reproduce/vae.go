package main

// vae is the VAE of PyTorch's examples.
var vae = experiment{
	name:  "vae",
	title: "vae on MNIST",
	about: `
784-400-20, ReLU, Adam 0.001, batch 128, 10 epochs: cross-entropy and divergence summed, in nats per test image. The training
images were a copy in which pixels of value 1 are 0 (0.05 % of them).`,
	seeds: 3,
	run: func(l *lab) error {
		bound := l.row(row{claim: "nats per test image, within 1 % of the published", published: "105.56, 105.59 (PyTorch's example)", format: "%.2f", bound: atMost(106.6)})
		reconstruction := l.row(row{claim: "of which reconstruction", format: "%.2f"})
		divergence := l.row(row{claim: "of which divergence", format: "%.2f"})
		return l.eachSeed(func(seed int) error {
			r, err := l.train(seed, "--model vae --dataset mnist --epochs 10 --schedule constant")
			test := r.Last["test"]
			bound.add(test.Loss, r.seconds)
			reconstruction.add(test.Terms["reconstruction"], r.seconds)
			divergence.add(test.Terms["kl"], r.seconds)
			return err
		})
	},
}
