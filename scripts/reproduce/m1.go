package main

import "fmt"

// m1 is the setting of M1: a VAE trained on all images, and a classifier of its codes.
var m1 = experiment{
	name:  "m1",
	title: "codes of a vae and few labels on MNIST: the setting of M1",
	about: `
A VAE with layers 784-500-500-50 of softplus units is trained with batches of 1000. Its encoder then stays fixed, and a classifier is
trained on its codes with a small number of labelled images. One fifth of them is held out. The classifier is linear or has one hidden layer
of 500 units. Errors are percentages of the 10,000 test images. The published figures are from a transductive SVM on the codes, which also
learns from the codes of the unlabelled images. A classifier that learns only from labelled images does not reach them.`,
	seeds: 3,
	run: func(l *lab) error {
		const model = "--model vae --dataset mnist --hidden 500,500 --code 50 --activation softplus --batch-size 1000 --schedule constant"
		r, err := l.train(1, model+pick(l, " --epochs 30", " --epochs 3 --train-images 20000"))
		if err != nil {
			return err
		}
		published := map[int]string{100: "11.82", 600: "5.72", 1000: "4.24", 3000: "3.49"}
		for _, head := range []struct{ name, flags string }{{"linear", ""}, {"hidden layer", " --classifier-hidden 500 --learning-rate 0.001"}} {
			outcomes, err := l.study(r, l.count(), "--encoders frozen --labels "+pick(l, "100,600,1000,3000", "100,1000 --test-images 2000")+head.flags)
			if err != nil {
				return err
			}
			rows := make(map[int]*row)
			for _, o := range outcomes {
				if rows[o.Labels] == nil {
					rows[o.Labels] = l.row(row{
						claim: fmt.Sprintf("error with %d labels, %s", o.Labels, head.name), published: published[o.Labels] + " (M1+TSVM, Kingma 2014)", format: "%.2f",
					})
				}
				rows[o.Labels].add(100*(1-o.Accuracy), o.Seconds)
			}
		}
		return nil
	},
}
