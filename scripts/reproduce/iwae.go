package main

import (
	"errors"
	"fmt"
	"math"
	"os"
	"strconv"
	"strings"
)

// iwae trains with the schedule of Burda et al.: its first stages, or all of them.
var iwae = experiment{
	name:  "iwae",
	title: "iwae and vae on binarised MNIST: the schedule of Burda et al.",
	about: `
The models are 784-200-200-50 with tanh units in encoder and decoder. Pixels are binarised anew in every epoch. Training uses batches of 20
and Adam with ε = 1e-4. Stage i has 3^i epochs at the learning rate 0.001·10^(−i/7). The stages are i = 0…4 (121 epochs), or i = 0…7 (3,280
epochs) with ` + "`--full`" + `. The negative log-likelihood of the 10,000 test images is in nats, estimated with 5,000 samples per image. Published
figures are after all 3,280 epochs. The training images are a copy of MNIST in which pixels of value 1 are 0 (0.05 % of the pixels). With
` + "`--peers python3`" + `, a script trains the same models in PyTorch. The seconds are for one thread each; those of PyTorch do not include
evaluation. The machine also did other work and at times interrupted the runs.`,
	seeds: 1,
	run: func(l *lab) error {
		if l.peers != "" && l.dataDir == "" {
			return errors.New("--peers needs --data-dir; hint: the peer does not download data")
		}
		stages := pick(l, burdaStages, quickStages)
		if l.full {
			stages = allStages
			fmt.Fprintf(os.Stderr, "iwae --full: %d epochs of three models, about %.0f hours on one core with AVX-512; an interrupted run is resumed\n",
				epochsOf(stages), burdaHours*float64(epochsOf(stages))/float64(epochsOf(burdaStages)))
		}
		draws, images := pick(l, 5000, 50), pick(l, "", " --train-images 2000 --test-images 200")
		models := []struct {
			name, objective   string
			samples           int
			published         string
			nll, active, peer *row
		}{
			{name: "vae, k = 1", objective: "vae", samples: 1, published: "86.76 (Burda 2016)"},
			{name: "vae, k = 5", objective: "vae", samples: 5, published: "86.47 (Burda 2016)"},
			{name: "iwae, k = 5", objective: "iwae", samples: 5, published: "85.54 (Burda 2016)"},
		}
		for i := range models {
			m := &models[i]
			m.nll = l.row(row{claim: m.name + ": nll", published: m.published, format: "%.2f"})
			m.active = l.row(row{claim: m.name + ": active latent dimensions of 50", format: "%.0f"})
			if l.peers != "" {
				m.peer = l.row(row{claim: m.name + ": nll by PyTorch", format: "%.2f"})
			}
		}
		gain := l.row(row{claim: "nll of vae − nll of iwae at k = 5, nats", published: "0.93 (Burda 2016)", format: "%.2f", bound: atLeast(pick(l, 0.3, 1))})
		return l.eachSeed(func(seed int) error {
			for _, m := range models {
				r, err := l.train(seed, fmt.Sprintf("--model %s --samples %d %s", m.objective, m.samples, burdaFlags(stages))+images)
				if err != nil {
					return err
				}
				var eval struct{ Likelihood struct{ NLL float64 } }
				took, err := l.measure(r, fmt.Sprintf("eval --nll %d", draws), &eval)
				if err != nil {
					return err
				}
				m.nll.add(eval.Likelihood.NLL, r.seconds+took)
				m.active.add(r.Last["test"].Measures["active_units"], r.seconds)
				if m.peer == nil {
					continue
				}
				var peer struct{ NLL float64 }
				took, err = l.peer(seed, fmt.Sprintf("iwae.py --objective %s --samples %d --stages %d --test-samples %d", m.objective, m.samples, stages, draws)+images, &peer)
				if err != nil {
					return err
				}
				m.peer.add(peer.NLL, took)
			}
			gain.add(models[1].nll.last()-models[2].nll.last(), 0)
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

// burdaHours is the approximate time of the first five stages of the three models on
// one core, with the estimates of their likelihoods.
const burdaHours = 0.6

// epochsOf returns the number of epochs of the first stages, Σ 3^i.
func epochsOf(stages int) int { return (int(math.Pow(3, float64(stages))) - 1) / 2 }

// burdaFlags returns the flags of 'gaetrain train' for the first stages.
func burdaFlags(stages int) string {
	var ends []string
	for i := 1; i < stages; i++ {
		ends = append(ends, strconv.Itoa(epochsOf(i)))
	}
	return fmt.Sprintf("--dataset mnist --binarise --hidden 200,200 --code 50 --activation tanh --batch-size 20 --epsilon 1e-4 --schedule step --step-at %s --step-factor %.10f --epochs %d",
		strings.Join(ends, ","), math.Pow(10, -1.0/7), epochsOf(stages))
}
