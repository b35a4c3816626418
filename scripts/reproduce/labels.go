package main

import "fmt"

// labels measures for which numbers of labels pretraining helps a classifier.
var labels = experiment{
	name:  "labels",
	title: "few labels on Fashion-MNIST, with and without pretraining",
	about: `
A deep net of sigmoid units (784-500-500-500) is pretrained as a stacked denoising autoencoder on all images without their labels. A linear
layer to the ten classes is then trained on a small number of labelled images. One fifth of them is held out for early stopping. There are
three variants with the same learning rates: the net starts from random weights (scratch), the pretrained encoder stays fixed (frozen), or
the pretrained encoder is trained too (finetuned). Accuracies are percentages of the 10,000 test images. Every seed has other labelled
images. The differences become smaller as the number of labels grows.`,
	seeds: 5,
	run: func(l *lab) error {
		const pretraining = "--model stacked --dataset fashion-mnist --hidden 500,500 --code 500 --corruption masking:0.25"
		pretrained, err := l.train(1, pretraining+pick(l, " --pretrain-epochs 5 --epochs 1", " --pretrain-epochs 2 --epochs 1 --train-images 10000"))
		if err != nil {
			return err
		}
		outcomes, err := l.study(pretrained, l.count(), pick(l, "--labels 100,300,1000,3000,10000", "--labels 100,1000 --test-images 2000 --epochs 40"))
		if err != nil {
			return err
		}
		rows := make(map[string]*row)
		gain := row{claim: "accuracy finetuned − scratch, 1000 labels, percentage points", format: "%.2f", bound: atLeast(pick(l, 1.5, 0.0))}
		scratch := make(map[int]float64) // the key is the position of the seed
		for _, o := range outcomes {
			claim := fmt.Sprintf("%s, %d labels", o.Encoder, o.Labels)
			if rows[claim] == nil {
				rows[claim] = l.row(row{claim: claim, format: "%.2f"})
			}
			rows[claim].add(100*o.Accuracy, o.Seconds)
			seed := len(rows[claim].ours)
			switch {
			case o.Labels != 1000:
			case o.Encoder == "scratch":
				scratch[seed] = o.Accuracy
			case o.Encoder == "finetuned":
				gain.add(100*(o.Accuracy-scratch[seed]), o.Seconds)
			}
		}
		l.row(gain)
		return nil
	},
}
