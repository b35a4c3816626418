package main

import "fmt"

// assessed is what 'gaetrain judge' measures.
type assessed struct {
	Classes []string
	Sets    []assessedSet
}

// assessedSet has the figures of a set of images.
type assessedSet struct {
	Set                                                     string
	Frechet, Precision, Recall, Density, Coverage, Accuracy float64
	Divergence                                              float64    `json:"class_kl"`
	ByClass                                                 []*float64 `json:"class_accuracy"`
}

// figures lists those that compare the set with test images; shares are percentages.
func (s assessedSet) figures() []float64 {
	return []float64{s.Frechet, 100 * s.Precision, 100 * s.Recall, s.Density, 100 * s.Coverage, s.Divergence}
}

// of returns the set with a name.
func (a assessed) of(name string) assessedSet {
	for _, s := range a.Sets {
		if s.Set == name {
			return s
		}
	}
	panic("gaetrain judge has no set " + name)
}

// classifier trains a convolutional classifier of Fashion-MNIST from random weights, whose
// features and predictions compare samples with images.
func (l *lab) classifier() (trained, error) {
	encoder, err := l.train(1, "--model conv --code 128 --activation relu --code-activation relu --dataset fashion-mnist --epochs 1"+pick(l, "", " --train-images 6000 --test-images 1000"))
	if err != nil {
		return encoder, err
	}
	return l.finetune(encoder, 1, fmt.Sprintf("--from-scratch --encoder-lr-scale 1 --learning-rate 0.001 --batch-size 128 --epochs %d --schedule cosine --patience 0", pick(l, 12, 3)))
}

// assess compares the samples of a run with test images by a classifier. Figures that are
// already in the work folder are only read.
func (l *lab) assess(r, classifier trained) (found assessed, seconds float64, err error) {
	l.note(1, "gaetrain judge --by CLASSIFIER --run RUN")
	seconds, err = l.once(r.dir+".judge", &found, func(path string) ([]byte, error) {
		return l.gaetrain(path, "judge", "--by", classifier.dir, "--json", "--quiet", "--run", r.dir)
	})
	return found, seconds, err
}
