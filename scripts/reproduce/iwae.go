package main

import (
	"fmt"
	"math"
	"os"
	"strconv"
	"strings"
)

// iwae is the schedule of Burda et al., its first stages or all of them.
var iwae = experiment{
	name:  "iwae",
	title: "iwae and vae on binarised MNIST: the schedule of Burda et al.",
	about: `
784-200-200-50 with tanh units both ways, pixels binarised anew in each epoch, batches of 20, Adam with ε 1e-4, stages of 3^i
epochs at the learning rate 0.001·10^(−i/7): i = 0…4, 121 epochs, or with ` + "`--full`" + ` i = 0…7, 3,280 epochs. Negative log-likelihood
of the 10,000 test images in nats by 5,000 draws. Published figures are after all 3,280 epochs. The training images were a copy in
which pixels of value 1 are 0 (0.05 % of them). ` + "`scripts/reproduce/peers/iwae.py`" + ` trains the same in PyTorch.`,
	seeds: 1,
	run: func(l *lab) error {
		stages := pick(l, burdaStages, quickStages)
		if l.full {
			stages = allStages
			fmt.Fprintf(os.Stderr, "iwae --full: %d epochs of three models, about %.0f hours on two cores; what is cut short is gone on with\n",
				epochsOf(stages), burdaHours*float64(epochsOf(stages))/float64(epochsOf(burdaStages)))
		}
		draws := pick(l, 5000, 50)
		nll := func(claim, published string) (*row, *row) {
			return l.row(row{claim: claim + ": nll", published: published, format: "%.2f"}),
				l.row(row{claim: claim + ": active of 50 values", format: "%.0f"})
		}
		one, oneActive := nll("vae, k = 1", "86.76 (Burda 2016)")
		mean, meanActive := nll("vae, k = 5", "86.47 (Burda 2016)")
		bound, boundActive := nll("iwae, k = 5", "85.54 (Burda 2016)")
		gain := l.row(row{claim: "iwae below vae at k = 5, nats", published: "0.93 (Burda 2016)", format: "%.2f", bound: atLeast(pick(l, 0.3, 1))})
		return l.eachSeed(func(seed int) error {
			var found [3]float64
			for i, model := range []struct {
				flags       string
				nll, active *row
			}{{"--model vae --samples 1", one, oneActive}, {"--model vae --samples 5", mean, meanActive}, {"--model iwae --samples 5", bound, boundActive}} {
				r, err := l.train(seed, model.flags+" "+burdaFlags(stages)+pick(l, "", " --train-images 2000 --test-images 200"))
				if err != nil {
					return err
				}
				var eval struct{ Likelihood struct{ NLL float64 } }
				took, err := l.measure(r, fmt.Sprintf("eval --nll %d", draws), &eval)
				if err != nil {
					return err
				}
				found[i] = eval.Likelihood.NLL
				model.nll.add(found[i], r.seconds+took)
				model.active.add(r.Last["test"].Measures["active_units"], r.seconds)
			}
			gain.add(found[1]-found[2], 0)
			return nil
		})
	},
}

// Stages of the schedule.
const (
	quickStages = 2
	burdaStages = 5
	allStages   = 8
)

// burdaHours is about what the first five stages of the three models and their
// likelihoods take on two cores.
const burdaHours = 1

// epochsOf is the number of epochs of the first stages, Σ 3^i.
func epochsOf(stages int) int { return (int(math.Pow(3, float64(stages))) - 1) / 2 }

// burdaFlags are the flags of 'gaetrain train' for the first stages.
func burdaFlags(stages int) string {
	var ends []string
	for i := 1; i < stages; i++ {
		ends = append(ends, strconv.Itoa(epochsOf(i)))
	}
	return fmt.Sprintf("--dataset mnist --binarise --hidden 200,200 --code 50 --activation tanh --batch-size 20 --epsilon 1e-4 --schedule step --step-at %s --step-factor %.10f --epochs %d",
		strings.Join(ends, ","), math.Pow(10, -1.0/7), epochsOf(stages))
}
