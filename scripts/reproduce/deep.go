package main

// deep is the deep autoencoder of Hinton & Salakhutdinov, without pretraining.
var deep = experiment{
	name:  "deep",
	title: "dense, deep, on MNIST",
	about: `
784-1000-500-250-30 and back, the shape of Hinton & Salakhutdinov (Science 313, 2006), who pretrained each layer as a restricted
Boltzmann machine. Here nothing is pretrained: ELU units do not saturate, Glorot's weights keep the gradients' size through all
eight layers, Adam starts with an epoch of warm-up and ends by a cosine. Squared error summed over the pixels of a test image. The
seconds are those of training and evaluation on a machine that did other work as well.`,
	seeds: 2,
	run: func(l *lab) error {
		const pixels = 784
		left := l.row(row{claim: "squared error per image", published: "about 3.0, pretrained (Hinton & Salakhutdinov)", format: "%.2f", bound: atMost(pick(l, 3.5, 6.9))})
		pca := l.row(row{claim: "of PCA with 30 components", published: "13.87 (Hinton & Salakhutdinov)", format: "%.2f"})
		return l.eachSeed(func(seed int) error {
			found, seconds, err := l.components(seed, "--model dense --dataset mnist --hidden 1000,500,250 --code 30 --epochs "+pick(l, "30", "4"))
			if err != nil {
				return err
			}
			left.add(pixels*found.MSE, seconds)
			pca.add(pixels*found.PCAMSE, seconds)
			return nil
		})
	},
}
