package main

import (
	"fmt"
	"strings"

	"gaetrain/trainer"
)

// denoising is what a code larger than the image learns, with and without
// corruption, measured at noise that was seen in training and at noise that was not.
var denoising = experiment{
	name:  "denoising",
	title: "denoising on Fashion-MNIST",
	about: `
784-1024-784, a sigmoid code larger than the image, cross-entropy, Adam 0.005, 10 epochs, trained on images of which a quarter of
the pixels is black (masking:0.25), and on clean ones. Squared error per pixel of the reconstruction against the clean test image,
for test images that are corrupted in other ways too. The identity would give the corruption itself, which for masking:0.25 is
a quarter of the mean square of a pixel. The seconds are
of a machine that was busy with other work too.`,
	seeds: 2,
	run: func(l *lab) error {
		levels := []string{"none", "masking:0.1", "masking:0.25", "masking:0.5", "masking:0.75", "salt-and-pepper:0.2", "gaussian:0.3"}
		claims := map[string]bound{"masking:0.25": atMost(0.7), "masking:0.5": atMost(0.7)}
		denoised, ratios := make(map[string]*row), make(map[string]*row)
		for _, level := range levels {
			seen := map[bool]string{true: ", as in training", false: ""}[level == "masking:0.25"]
			denoised[level] = l.row(row{claim: fmt.Sprintf("mse at %s%s", level, seen), format: "%.5f"})
			ratios[level] = l.row(row{claim: "as a share of that of the net trained on clean images", format: "%.2f", bound: claims[level]})
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
