package main

import "fmt"

// m2 compares a model that learns from images without labels with the same classifier
// trained on the labelled images alone.
var m2 = experiment{
	name:  "m2",
	title: "m2 on MNIST: a generative model with few labels",
	about: `
The classifier, the encoder and the decoder of ` + "`m2`" + ` have one hidden layer of 256 softplus units each, and the code has 50 values. The model is
trained for 2 epochs on all 60,000 images in batches of 32. It uses the labels of N images, and the others without their labels. For
comparison, the same classifier is trained on the same N images alone (labels alone). One fifth of them is then held out for early
stopping. Errors are percentages of the 10,000 test images. The weight alpha was chosen on validation images with 100 labels, among 0.1
(the value of the paper), 1, 10, 30 and 50. With so few steps, small values give a worse classifier. The paper has 500 hidden units. It
does not say for how long it trains. Its figures are cited from its table by others [secondary source].`,
	seeds: 2,
	run: func(l *lab) error {
		published := map[int]string{100: "11.97", 600: "4.94", 1000: "3.60", 3000: "3.92"}
		counts := pick(l, []int{100, 600, 1000, 3000}, []int{100, 1000})
		for _, n := range counts {
			errors := l.row(row{claim: fmt.Sprintf("error with %d labels, m2", n), published: published[n] + " (M2, Kingma 2014)", format: "%.2f"})
			bound := l.row(row{claim: fmt.Sprintf("L(x, y) with %d labels, nats per test image", n), format: "%.2f"})
			flags := fmt.Sprintf("--model m2 --dataset mnist --hidden 256 --batch-size 32 --alpha 30 --labels %d", n)
			err := l.eachSeed(func(seed int) error {
				r, err := l.train(seed, flags+pick(l, " --epochs 2", " --epochs 1 --train-images 5000"))
				test := r.Last["test"]
				errors.add(100*(1-test.Measures["accuracy"]), r.seconds)
				bound.add(test.Terms["reconstruction"]+test.Terms["kl"], r.seconds)
				return err
			})
			if err != nil {
				return err
			}
		}
		return l.labelsAlone(counts)
	},
}

// labelsAlone adds the errors of the classifier of m2, trained on labelled images alone. The
// encoder of a run gives its shape, and not its weights.
func (l *lab) labelsAlone(counts []int) error {
	r, err := l.train(1, "--model dense --dataset mnist --hidden none --code 256 --code-activation softplus --epochs 1")
	if err != nil {
		return err
	}
	list := fmt.Sprint(counts[0])
	rows := make(map[int]*row)
	for i, n := range counts {
		rows[n] = l.row(row{claim: fmt.Sprintf("error with %d labels, labels alone", n), format: "%.2f"})
		if i > 0 {
			list += fmt.Sprintf(",%d", n)
		}
	}
	outcomes, err := l.study(r, l.count(), "--encoders scratch --encoder-lr-scale 1 --learning-rate 0.001 --labels "+list)
	for _, o := range outcomes {
		rows[o.Labels].add(100*(1-o.Accuracy), o.Seconds)
	}
	return err
}
