package main

import "gaetrain/trainer"

// ufldl repeats the exercise on stacked autoencoders of Stanford's UFLDL tutorial.
var ufldl = experiment{
	name:  "ufldl",
	title: "stacked sparse autoencoders on MNIST",
	about: `
The net is 784-200-200-10 with sigmoid units. Two sparse autoencoders are trained with squared error, the KL divergence of the mean
activation from 0.1, and weight decay. The second is trained on the codes of the first. A linear classifier is then trained on the codes of
the second, once by itself and once together with both layers. Accuracies are percentages of the test images. The cost of the tutorial has
half the squared error, β = 3 and λ = 0.003. Ours has the whole squared error and twice these weights. The tutorial ran 400 iterations of
L-BFGS on all images. We run Adam on batches of 128. The tutorial trained the classifier on all 60,000 images. We hold out 5,000 of them to
select the epoch. The training images are a copy of MNIST in which pixels of value 1 are 0 (0.05 % of the pixels).`,
	seeds: 3,
	run: func(l *lab) error {
		const tutorial = "UFLDL tutorial, exercise on stacked autoencoders"
		before := l.row(row{claim: "accuracy before fine-tuning", published: "87.7 (" + tutorial + ")", format: "%.2f", bound: atLeast(87.7)})
		after := l.row(row{claim: "accuracy after fine-tuning", published: "97.6 (the same)", format: "%.2f", bound: atLeast(97.6)})
		return l.eachSeed(func(seed int) error {
			layers, err := l.train(seed, "--model stacked --dataset mnist --hidden 200 --code 200 --loss squared-error --sparsity 6 --sparsity-target 0.1 --sparsity-mean running"+
				" --weight-decay 0.006 --learning-rate 0.003 --pretrain-epochs 12 --epochs 0")
			if err != nil {
				return err
			}
			classify := func(r *row, flags string) error {
				c, err := l.finetune(layers, seed, flags)
				r.add(100*c.Best["test"].Measures[trainer.Accuracy], layers.seconds+c.seconds)
				return err
			}
			if err := classify(before, "--encoder-lr-scale 0 --epochs 10 --batch-size 128 --learning-rate 0.003"); err != nil {
				return err
			}
			return classify(after, "--encoder-lr-scale 1 --epochs 8 --batch-size 128 --learning-rate 0.001")
		})
	},
}
