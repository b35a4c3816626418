package main

// convvae compares a convolutional VAE with a fully connected one.
var convvae = experiment{
	name:  "convvae",
	title: "convolutional and fully connected vae on Fashion-MNIST",
	about: `
Both models have codes of 20 values and are trained for 10 epochs with batches of 128. One is 784-400-20 with ReLU units. The other has two
strided convolutions of 32 and 64 channels with ELU units. The figures are the sum of cross-entropy and KL divergence, in nats per image of
the 10,000 test images. This is the negative evidence lower bound of grey pixels.`,
	seeds: 1,
	run: func(l *lab) error {
		dense := l.row(row{claim: "fully connected: nats per image", format: "%.2f"})
		conv := l.row(row{claim: "convolutional: nats per image", format: "%.2f"})
		gain := l.row(row{claim: "fully connected − convolutional, nats", format: "%.2f", bound: atLeast(0)})
		return l.eachSeed(func(seed int) error {
			data := " --dataset fashion-mnist --epochs 10" + pick(l, "", " --train-images 6000 --test-images 1000")
			plain, err := l.train(seed, "--model vae"+data)
			if err != nil {
				return err
			}
			strided, err := l.train(seed, "--model vae --filters 32,64 --hidden none --activation elu --learning-rate 0.002 --warmup 1"+data)
			if err != nil {
				return err
			}
			dense.add(plain.Last["test"].Loss, plain.seconds)
			conv.add(strided.Last["test"].Loss, strided.seconds)
			gain.add(plain.Last["test"].Loss-strided.Last["test"].Loss, plain.seconds+strided.seconds)
			return nil
		})
	},
}
