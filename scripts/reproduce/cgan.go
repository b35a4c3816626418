package main

import (
	"fmt"

	"gaetrain/trainer/measure"
)

// cgan compares a gan with labels and one without, and asks a classifier whether the samples
// of a class show this class.
var cgan = experiment{
	name:  "cgan",
	title: "cgan and gan on Fashion-MNIST",
	about: `
Both models have the same nets, but those of cgan take the label. The generator maps a code of 64 values to an image with dense layers of 128
and 3,136 units and transposed 4×4 convolutions of 64 and 32 channels with stride 2. The discriminator mirrors it and has spectral normalisation. Training has
10 epochs with the non-saturating loss, batches of 128 and a cosine schedule. A convolutional classifier, trained from random weights, compares
10,000 samples with the 10,000 test images. Its features give the Fréchet distance (which is not the FID), precision, recall, density and coverage with
k = 5. The row "halves of test images" compares 5,000 test images with the other 5,000. The accuracy is the share of samples for which the
classifier predicts the requested class, and for test images their label. Shares and accuracies are percentages.`,
	seeds: 3,
	run: func(l *lab) error {
		classifier, err := l.classifier()
		if err != nil {
			return err
		}
		const common = " --filters 32,64 --hidden 128 --kernel-size 4 --schedule cosine --dataset fashion-mnist"
		size := pick(l, " --epochs 10", " --epochs 2 --train-images 6000 --test-images 1000")
		for _, model := range []string{"cgan", "gan"} {
			of := samplesOf(l, model)
			if err := l.eachSeed(func(seed int) error {
				r, err := l.train(seed, "--model "+model+common+size)
				if err != nil {
					return err
				}
				found, seconds, err := l.assess(r, classifier)
				if err == nil {
					of.add(found, r.seconds+seconds)
				}
				return err
			}); err != nil {
				return err
			}
		}
		return nil
	},
}

// sampled are the rows of the samples of a model.
type sampled struct {
	l       *lab
	model   string
	figures map[string]*row
	classes []*row // accuracy by class, of a conditional model
}

func samplesOf(l *lab, model string) *sampled {
	s := &sampled{l: l, model: model, figures: make(map[string]*row)}
	for _, f := range []struct{ name, format string }{
		{"Fréchet distance", "%.2f"}, {"precision", "%.1f"}, {"recall", "%.1f"}, {"density", "%.3f"}, {"coverage", "%.1f"}, {"KL divergence of predicted classes, nats", "%.4f"},
	} {
		s.figures[f.name] = l.row(row{claim: model + ": " + f.name, format: f.format})
	}
	return s
}

// add adds the figures of one seed.
func (s *sampled) add(found assessed, seconds float64) {
	of, test := found.Sets[found.set(measure.SampleSet)], found.Sets[found.set(measure.TestSet)]
	for name, v := range map[string]float64{
		"Fréchet distance": of.Frechet, "precision": 100 * of.Precision, "recall": 100 * of.Recall, "density": of.Density, "coverage": 100 * of.Coverage,
		"KL divergence of predicted classes, nats": of.Divergence,
	} {
		s.figures[name].add(v, seconds)
	}
	if of.ByClass == nil {
		s.real("halves of test images: Fréchet distance", "%.2f", found.Sets[found.set(measure.HalvesSet)].Frechet)
		s.real("halves of test images: coverage", "%.1f", 100*found.Sets[found.set(measure.HalvesSet)].Coverage)
		return
	}
	if s.classes == nil {
		s.real("test images: accuracy", "%.1f", 100*test.Accuracy)
		s.classes = append(s.classes, s.l.row(row{claim: s.model + ": accuracy, all classes", format: "%.1f", bound: atLeast(50)}))
		for class, name := range found.Classes {
			s.classes = append(s.classes, s.l.row(row{claim: fmt.Sprintf("%s: accuracy, %s (test images: %.1f)", s.model, name, 100**test.ByClass[class]), format: "%.1f"}))
		}
	}
	s.classes[0].add(100*of.Accuracy, seconds)
	for class, accuracy := range of.ByClass {
		s.classes[1+class].add(100**accuracy, seconds)
	}
}

// real adds a row of real images, which depends on no seed.
func (s *sampled) real(claim, format string, v float64) {
	if _, ok := s.figures[claim]; !ok {
		s.figures[claim] = s.l.row(row{claim: claim, format: format})
		s.figures[claim].add(v, 0)
	}
}
