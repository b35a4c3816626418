package main

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
)

// factors compares models whose codes should follow known factors of variation.
var factors = experiment{
	name:  "factors",
	title: "known factors: vae, btcvae and factorvae on drawn shapes",
	about: `
The images of the data set factors have a shape, a scale, an orientation and a position (64×64 pixels, 50,000 training images). All models have
convolutions of 8, 16 and 32 channels, a hidden layer of 128 units and codes of 10 values, and are trained for 10 epochs: 500,000 images, where
published trainings on dSprites see 19 million. The measures of the codes of 5,000 test images are best at 1. The last rows say which share of the
variance of a measure over all runs the model and its weight explain, and in brackets the share that is expected if neither has an effect.

btcvae has the largest mean of MIG and of DCI disentanglement, and it also has the largest spread: its five seeds differ more from each other than its
mean differs from that of a plain vae. Model and weight explain half of the variance of each measure; the rest is the seed, as Locatello et
al. (2019) found. The squared error depends on model and weight alone. So one run says little about a model, and one seed of a good model can be
worse than one of a plain vae. The machine also did other work during the measured seconds. The picture is study.png of the study.

![MIG against squared error, one point per run](pictures/factors-study.png)`,
	seeds: 5,
	run: func(l *lab) error {
		study, err := l.factorStudy()
		if err != nil {
			return err
		}
		for _, m := range []struct{ name, title, format string }{
			{"mig", "MIG", "%.3f"}, {"dci_disentanglement", "DCI disentanglement", "%.3f"}, {"factorvae_score", "FactorVAE score", "%.3f"}, {"mse", "squared error per pixel", "%.5f"},
		} {
			rows := make(map[string]*row)
			for _, o := range study.Outcomes {
				name := o.name()
				if rows[name] == nil {
					rows[name] = l.row(row{claim: name + ": " + m.title, format: m.format})
				}
				rows[name].add(o.figure(m.name), o.Seconds)
			}
		}
		for _, m := range []string{"mig", "dci_disentanglement", "factorvae_score", "mse"} {
			shares := study.Variance[m]
			claim := fmt.Sprintf("variance of %s that model and weight explain, %% (by chance: %.0f)", m, 100*(study.Chance.Group+study.Chance.Subgroup))
			explained := l.row(row{claim: claim, format: "%.0f"})
			explained.add(100*(shares.Group+shares.Subgroup), 0)
		}
		return nil
	},
}

// factored is the content of study.json.
type factored struct {
	Outcomes []factorRun
	Variance map[string]shares `json:"explained_variance"`
	Chance   shares            `json:"explained_by_chance"`
}

type shares struct{ Group, Subgroup, Rest float64 }

// factorRun is one run of a study of factors.
type factorRun struct {
	Model        string
	Settings     map[string]string
	MSE, Seconds float64
	Measured     map[string]any
}

// name is the model with its weight.
func (r factorRun) name() string {
	for _, weight := range []string{"beta", "gamma"} {
		if value := r.Settings[weight]; value != "" {
			return r.Model + ", " + weight + " " + value
		}
	}
	return r.Model
}

func (r factorRun) figure(name string) float64 {
	if name == "mse" {
		return r.MSE
	}
	value, _ := r.Measured[name].(float64)
	return value
}

// factorStudy trains the models of factors.toml that are not finished in the work folder,
// and measures them.
func (l *lab) factorStudy() (study factored, err error) {
	const file = "scripts/reproduce/factors.toml"
	text, err := os.ReadFile(filepath.Join(l.root, file))
	if err != nil {
		return study, err
	}
	l.note(1, "gaetrain study factors "+file)
	text = regexp.MustCompile(`(?m)^seeds = .*`).ReplaceAll(text, fmt.Appendf(nil, "seeds = %d", l.count()))
	if l.quick {
		text = regexp.MustCompile(`(?m)^epochs = .*`).ReplaceAll(text, []byte("epochs = 1\ntrain-images = 2000"))
	}
	place := l.place(pick(l, "study factors", "study factors quick"))
	if err := writeFile(place+".toml", text); err != nil {
		return study, err
	}
	if _, err := l.command(place, l.program(), "study", "factors", place+".toml", "--quiet", "--out", place); err != nil {
		return study, err
	}
	return study, readJSON(filepath.Join(place, "study.json"), &study)
}
