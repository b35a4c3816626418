package main

import "path/filepath"

// mnist1d trains on rows of numbers that are not a picture: MNIST-1D.
var mnist1d = experiment{
	name:  "mnist1d",
	title: "an autoencoder and classifiers on MNIST-1D",
	about: `
MNIST-1D has 4,000 training and 1,000 test examples of 40 numbers. ` + "`peers/mnist1d.py`" + ` generates it by its published recipe (Greydanus &
Kobak, ICML 2024), with NumPy and SciPy, and the values are the published ones to the last digits of float64. The data are not scaled further.
The autoencoder is 40-100-16-100-40 with ReLU units and the squared error. The MLP is 40-256-256-10, trained by Adam 0.01 with batches of
100 for 200 epochs, as by the authors, whose MLP also has a residual connection. Accuracies are percentages of the test examples. The machine also did other work during
the measured seconds. Without ` + "`--peers python3`" + `, nothing is run.`,
	seeds: 3,
	run: func(l *lab) error {
		if !l.hasPeers() {
			return nil
		}
		path := filepath.Join(l.work, "mnist1d.npz")
		var written struct{ Train, Test int }
		if _, err := l.peer(1, "mnist1d.py --npz "+path, &written); err != nil {
			return err
		}
		linear := l.row(row{claim: "logistic regression on the 40 numbers, accuracy", published: "32 (Greydanus 2024)", format: "%.1f", bound: atLeast(31)})
		mlp := l.row(row{claim: "MLP, accuracy", published: "68 (Greydanus 2024)", format: "%.1f", bound: atLeast(pick(l, 66.0, 60))})
		codes := l.row(row{claim: "logistic regression on codes, accuracy", format: "%.1f"})
		mse := l.row(row{claim: "squared error per number on the test examples", format: "%.4f"})
		pca := l.row(row{claim: "squared error of PCA with 16 components", format: "%.4f"})
		data := "--dataset array:" + path + " --scale none --model dense --activation relu --output-activation linear --loss squared-error"
		return l.eachSeed(func(seed int) error {
			r, err := l.train(seed, data+" --hidden 100 --code 16 --batch-size 32"+pick(l, " --epochs 200", " --epochs 20"))
			if err != nil {
				return err
			}
			accuracy, took, err := l.probe(r, "")
			if err != nil {
				return err
			}
			linear.add(accuracy["pixels"], took)
			codes.add(accuracy["codes"], r.seconds+took)
			var compared struct {
				MSE    float64
				PCAMSE float64 `json:"pca_mse"`
			}
			if took, err = l.measure(r, "pca", &compared); err != nil {
				return err
			}
			mse.add(compared.MSE, r.seconds)
			pca.add(compared.PCAMSE, took)
			wide, err := l.train(seed, data+" --hidden 256 --code 256 --code-activation relu --epochs 1")
			if err != nil {
				return err
			}
			c, err := l.finetune(wide, seed, "--from-scratch --encoder-lr-scale 1 --learning-rate 0.01 --batch-size 100 --validation 0 --patience 0"+pick(l, " --epochs 200", " --epochs 20"))
			if err != nil {
				return err
			}
			mlp.add(100*c.Last["test"].Measures["accuracy"], c.seconds)
			return nil
		})
	},
}
