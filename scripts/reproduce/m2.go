package main

import (
	"fmt"
	"os"
	"strings"
)

// m2 compares classifiers that few labels train: M1, M2 and both (Kingma 2014), and encoders
// that are fine-tuned.
var m2 = experiment{
	name:  "m2",
	title: "few labels on MNIST: M1, M2, both, and fine-tuning",
	about: `
Of the 60,000 training images, N have labels. Errors are percentages of the 10,000 test images. M1 is a vae (784-500-500-50, softplus units,
batches of 1,000) that is trained on all images without labels, and a classifier of its codes: linear, with one hidden layer of 500 units, or a
support vector machine with a Gaussian kernel. *Fine-tuned* and *labels alone* are a linear layer on the encoder of this vae, which is trained
too, from the weights of the vae or from random ones. These classifiers hold out one fifth of the labelled images for early stopping; the SVM
uses all of them and chooses its two parameters by cross-validation. M2 is the model ` + "`m2`" + `: classifier, encoder and decoder have one hidden
layer of 256 softplus units, codes have 50 values, and it is trained for 10 epochs. M1 + M2 is ` + "`m2`" + ` with codes of 20 values on the codes of
the vae, with Gaussian noise on its input, for 40 epochs. With more than 100 labels, M2 and M1 + M2 have one seed. Their settings were chosen on
validation images, with 100 labels.

With 100 labels, M2 makes less than half of the errors of the labels alone, and M1 + M2 about half of those of M2. The gain takes many steps: the
first seed of M2 has an error of 20.3 % after one epoch, and it still falls slowly after ten. The published models were trained for 3,000 epochs
with larger batches and a smaller learning rate, and their errors are lower still. With 600 labels or more, M2 is better than M1 + M2, and with
3,000 labels an SVM of the codes is as good. The published M1 has a transductive SVM, which also learns from the codes of images without labels.
Published errors are cited from other texts [secondary source]. The machine also did other work during the measured seconds.`,
	seeds: 2,
	run: func(l *lab) error {
		counts := pick(l, []int{100, 600, 1000, 3000}, []int{100, 1000})
		less := pick(l, "", " --train-images 5000 --test-images 2000")
		codes, err := l.train(1, "--model vae --dataset mnist --hidden 500,500 --code 50 --activation softplus --batch-size 1000 --schedule constant"+pick(l, " --epochs 30", " --epochs 3")+less)
		if err != nil {
			return err
		}
		for _, of := range []struct {
			flags     string
			names     map[string]string
			published map[int]string
		}{
			{"--encoders scratch,finetuned", map[string]string{"scratch": "labels alone", "finetuned": "fine-tuned"}, nil},
			{"--encoders frozen", map[string]string{"frozen": "M1, linear"}, nil},
			{"--encoders frozen --classifier-hidden 500 --learning-rate 0.001", map[string]string{"frozen": "M1, hidden layer"}, nil},
			{"--encoders svm", map[string]string{"svm": "M1, SVM"}, publishedErrors("11.82 (transductive SVM)", "5.72 (transductive SVM)", "4.24 (transductive SVM)", "3.49 (transductive SVM)")},
		} {
			if err := l.classified(codes, counts, of.flags+less, of.names, of.published); err != nil {
				return err
			}
		}
		published := publishedErrors("11.97", "4.94", "3.60", "3.92")
		for _, n := range counts {
			errors := l.row(row{claim: fmt.Sprintf("M2, %d labels", n), published: published[n], format: "%.2f"})
			err := l.eachLabelled(n, func(seed int) error {
				r, err := l.train(seed, fmt.Sprintf("--model m2 --dataset mnist --hidden 256 --batch-size 32 --learning-rate 0.002 --schedule linear --decay-epochs 3 --alpha 10 --labels %d%s", n, pick(l, " --epochs 10", " --epochs 3"))+less)
				errors.add(100*(1-r.Last["test"].Measures["accuracy"]), r.seconds)
				return err
			})
			if err != nil {
				return err
			}
		}
		return l.onCodes(codes, counts)
	},
}

// publishedErrors are those with 100, 600, 1,000 and 3,000 labels.
func publishedErrors(of100, of600, of1000, of3000 string) map[int]string {
	return map[int]string{100: of100, 600: of600, 1000: of1000, 3000: of3000}
}

// eachLabelled calls do with every seed if there are at most 100 labels, and else with seed 1
// alone, because a training takes minutes.
func (l *lab) eachLabelled(labels int, do func(seed int) error) error {
	if labels > 100 {
		return do(1)
	}
	return l.eachSeed(do)
}

// classified adds the errors of classifiers on the encoder of a run. The names are those of
// the rows, by kind of encoder.
func (l *lab) classified(r trained, counts []int, flags string, names map[string]string, published map[int]string) error {
	list := strings.ReplaceAll(strings.Trim(fmt.Sprint(counts), "[]"), " ", ",")
	outcomes, err := l.study(r, l.count(), flags+" --labels "+list)
	if err != nil {
		return err
	}
	rows := make(map[string]*row)
	for _, o := range outcomes {
		claim := fmt.Sprintf("%s, %d labels", names[o.Encoder], o.Labels)
		if rows[claim] == nil {
			rows[claim] = l.row(row{claim: claim, published: published[o.Labels], format: "%.2f"})
		}
		rows[claim].add(100*(1-o.Accuracy), o.Seconds)
	}
	return nil
}

// onCodes trains m2 on the codes of a run, and measures it on codes of test images.
func (l *lab) onCodes(codes trained, counts []int) error {
	tables := make(map[string]string)
	for _, split := range []string{"train", "test"} {
		path, err := l.encoded(codes, split)
		if err != nil {
			return err
		}
		tables[split] = path
	}
	published := publishedErrors("3.33", "2.59", "2.40", "2.18")
	for _, n := range counts {
		errors := l.row(row{claim: fmt.Sprintf("M1 + M2, %d labels", n), published: published[n], format: "%.2f"})
		err := l.eachLabelled(n, func(seed int) error {
			command := fmt.Sprintf("train --model m2 --label label --ignore index,class,path --scale none --loss gaussian --variance 0.1 --corruption gaussian:0.3"+
				" --hidden 256 --code 20 --batch-size 50 --learning-rate 0.002 --schedule linear --decay-epochs 10 --alpha 1 --labels %d%s --validation 0 --test-share 0.01 --seed %d", n, pick(l, " --epochs 40", " --epochs 15"), seed)
			l.note(seed, "gaetrain "+command+" --dataset array:train.csv")
			r, err := l.finish(l.place(command), append(strings.Fields(command), "--dataset", "array:"+tables["train"])...)
			if err != nil {
				return err
			}
			var of struct{ Measures map[string]float64 }
			l.note(seed, "gaetrain eval --dataset array:test.csv --run RUN")
			_, err = l.once(r.dir+".eval", &of, func(path string) ([]byte, error) {
				return l.gaetrain(path, "eval", "--dataset", "array:"+tables["test"], "--json", "--quiet", "--run", r.dir)
			})
			errors.add(100*(1-of.Measures["accuracy"]), r.seconds)
			return err
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// encoded writes the codes of a split as CSV and returns its path.
func (l *lab) encoded(r trained, split string) (string, error) {
	l.note(1, fmt.Sprintf("gaetrain encode --split %s --format csv --out %s --run RUN", split, split))
	place := r.dir + "." + split
	if _, missing := os.Stat(place + ".csv"); missing == nil {
		return place + ".csv", nil
	}
	_, err := l.gaetrain(place, "encode", "--split", split, "--format", "csv", "--out", place, "--quiet", "--run", r.dir)
	return place + ".csv", err
}
