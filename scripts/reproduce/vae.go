package main

// vae trains the VAE of PyTorch's examples.
var vae = experiment{
	name:  "vae",
	title: "vae on MNIST",
	about: `
The model is 784-400-20 with ReLU, Adam 0.001, batches of 128 and 10 epochs. The loss is the sum of cross-entropy and KL divergence, in nats
per test image. The training images are a copy of MNIST in which pixels of value 1 are 0 (0.05 % of the pixels).`,
	seeds: 3,
	run: func(l *lab) error {
		bound := l.row(row{claim: "loss, nats per test image: at most 1 % above the published", published: "105.56, 105.59 (PyTorch's example)", format: "%.2f", bound: atMost(106.6)})
		reconstruction := l.row(row{claim: "reconstruction term, nats", format: "%.2f"})
		divergence := l.row(row{claim: "KL divergence, nats", format: "%.2f"})
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
