package main

// deep trains the deep autoencoder of Hinton & Salakhutdinov without pretraining.
var deep = experiment{
	name:  "deep",
	title: "dense, deep, on MNIST",
	about: `
The layers are 784-1000-500-250-30 and their mirror image, as in Hinton & Salakhutdinov (Science 313, 2006). They pretrained each layer as a
restricted Boltzmann machine. Here nothing is pretrained. ELU units do not saturate, and Glorot initialisation keeps the size of the
gradients through all eight layers. Adam starts with one epoch of warm-up and follows a cosine schedule. The squared error is summed over
the pixels of a test image. The seconds include evaluation. The machine also did other work during the measured seconds.`,
	seeds: 2,
	run: func(l *lab) error {
		const pixels = 784
		left := l.row(row{claim: "squared error per image", published: "about 3.0, pretrained (Hinton & Salakhutdinov)", format: "%.2f", bound: atMost(pick(l, 3.5, 6.9))})
		pca := l.row(row{claim: "squared error per image of PCA with 30 components", published: "13.87 (Hinton & Salakhutdinov)", format: "%.2f"})
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
