package main

import (
	"fmt"
	"strings"

	"gaetrain/trainer"
)

// denoising trains a code that is larger than the image, with and without corruption.
// It is evaluated with the corruption that was used in training and with others.
var denoising = experiment{
	name:  "denoising",
	title: "denoising on Fashion-MNIST",
	about: `
The model is 784-1024-784 with a sigmoid code that is larger than the image, cross-entropy, Adam 0.005 and 10 epochs. One net is trained on
images with a quarter of the pixels set to black (masking:0.25). The other is trained on clean images. The squared error per pixel compares
the reconstruction with the clean test image, also for corruptions that were not used in training. The identity would have the error of the
corrupted image itself. For masking:0.25, this is a quarter of the mean square of a pixel. The machine also did other work during the
measured seconds.`,
	seeds: 2,
	run: func(l *lab) error {
		levels := []string{"none", "masking:0.1", "masking:0.25", "masking:0.5", "masking:0.75", "salt-and-pepper:0.2", "gaussian:0.3"}
		claims := map[string]bound{"masking:0.25": atMost(0.7), "masking:0.5": atMost(0.7)}
		denoised, ratios := make(map[string]*row), make(map[string]*row)
		for _, level := range levels {
			seen := map[bool]string{true: ", as in training", false: ""}[level == "masking:0.25"]
			denoised[level] = l.row(row{claim: fmt.Sprintf("mse at %s%s", level, seen), format: "%.5f"})
			ratios[level] = l.row(row{claim: fmt.Sprintf("mse at %s / mse of the net trained on clean images", level), format: "%.2f", bound: claims[level]})
		}
		return l.eachSeed(func(seed int) error {
			mse := func(corruption string) (of map[string]float64, seconds float64, err error) {
				r, err := l.train(seed, "--model denoising --dataset fashion-mnist --epochs 10 --corruption "+corruption+pick(l, "", " --train-images 10000"))
				if err != nil {
					return nil, 0, err
				}
				var evaluated struct {
					Corruptions []struct {
						Corruption string
						trainer.Figures
					}
				}
				_, err = l.measure(r, "eval --corruption "+strings.Join(levels, ","), &evaluated)
				of = make(map[string]float64)
				for _, c := range evaluated.Corruptions {
					of[c.Corruption] = c.MSE
				}
				return of, r.seconds, err
			}
			with, seconds, err := mse("masking:0.25")
			if err != nil {
				return err
			}
			without, more, err := mse("none")
			if err != nil {
				return err
			}
			for _, level := range levels {
				denoised[level].add(with[level], seconds)
				ratios[level].add(with[level]/without[level], seconds+more)
			}
			return nil
		})
	},
}
