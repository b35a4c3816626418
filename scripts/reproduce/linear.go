package main

import "slices"

// linear compares a linear autoencoder with exact principal components.
var linear = experiment{
	name:  "linear",
	title: "linear on Fashion-MNIST",
	about: `
The model is 784-16-784 without nonlinearities, with squared error. It is compared with the 16 exact principal components of the 60,000
training images. Cosines are between the components and the decoder's left singular vectors, in order. The gap says by how many percent the
squared error on the 10,000 test images exceeds the error with exact components. The weights are tied by default. The last two rows show the
same training with untied weights.`,
	seeds: 3,
	run: func(l *lab) error {
		const published, sure = "→ 1 (Plaut 2018)", "→ 0 (Plaut 2018)"
		cosine := l.row(row{claim: "smallest cosine of the first 10 components", published: published, format: "%.4f", bound: atLeast(0.99)})
		gap := l.row(row{claim: "gap to the error of PCA, %", published: sure, format: "%.3f", bound: atMost(1)})
		angle := l.row(row{claim: "largest principal angle between the subspaces, degrees", format: "%.2f"})
		wall := l.row(row{claim: "time to train and to compare, seconds", format: "%.1f", bound: atMost(180)})
		untied := l.row(row{claim: "untied: smallest cosine of the first 10 components", format: "%.4f"})
		untiedGap := l.row(row{claim: "untied: gap to the error of PCA, %", format: "%.3f"})
		train := "--model linear --code 16 --dataset fashion-mnist"
		return l.eachSeed(func(seed int) error {
			found, seconds, err := l.components(seed, train)
			if err != nil {
				return err
			}
			cosine.add(slices.Min(found.Cosines[:10]), seconds)
			gap.add(100*found.Gap, seconds)
			angle.add(slices.Max(found.Angles), seconds)
			wall.add(seconds, seconds)
			if found, seconds, err = l.components(seed, train+" --tied=false"); err != nil {
				return err
			}
			untied.add(slices.Min(found.Cosines[:10]), seconds)
			untiedGap.add(100*found.Gap, seconds)
			return nil
		})
	},
}

// components are the figures of 'gaetrain pca' that are used here.
type components struct {
	MSE     float64
	PCAMSE  float64 `json:"pca_mse"`
	Gap     float64
	Cosines []float64
	Angles  []float64
}

// components trains a model and compares it with principal components.
func (l *lab) components(seed int, train string) (found components, seconds float64, err error) {
	r, err := l.train(seed, train)
	if err != nil {
		return found, 0, err
	}
	took, err := l.measure(r, "pca", &found)
	return found, r.seconds + took, err
}
