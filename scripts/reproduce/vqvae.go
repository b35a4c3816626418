package main

import (
	"fmt"
	"os"
	"path/filepath"
	"time"

	"gaetrain/trainer/compression"
)

// vqvae measures codes of words: their error, how well the codebook is used, their bytes with
// and without the prior, and the samples of the prior.
var vqvae = experiment{
	name:  "vqvae",
	title: "vqvae on Fashion-MNIST",
	about: `
vqvae has a map of 7×7 words from a codebook of 256 entries with 8 values, and is trained for 10 epochs, its prior for 5 more. fsq has 16 words of
1,000, and the same prior. conv has 64 values of 8 bits each. Bytes are those of the file of the 10,000 test images, per image. The weights are
shared by all images, so they are not included. JPEG and PNG files hold a single image each, and JPEG files have the standard tables. Fréchet
distances are between 10,000 samples and the test images, in the features of a convolutional classifier. They can be compared only within
this section. vae is 784-400-20, trained for 15 epochs. With one seed, vqvae has the error of conv in a third of its bytes. The machine also did other
work during the measured seconds.`,
	seeds: 2,
	run: func(l *lab) error {
		used := l.row(row{claim: "share of the codebook that test images use, vqvae", format: "%.3f", bound: atLeast(0.9)})
		perplexity := l.row(row{claim: "perplexity of 256 words, vqvae", format: "%.1f"})
		saved := l.row(row{claim: "bits of a code with the prior / with equal probabilities, vqvae", format: "%.3f", bound: atMost(0.8)})
		type figures struct{ mse, bits, bytes *row }
		rows := func(name string) figures {
			return figures{
				l.row(row{claim: "squared error per pixel, " + name, format: "%.5f"}),
				l.row(row{claim: "bits per image with the prior, " + name, format: "%.1f"}),
				l.row(row{claim: "bytes per image in the file, " + name, format: "%.2f"}),
			}
		}
		words, levels := rows("vqvae"), rows("fsq")
		plain := l.row(row{claim: "squared error per pixel, conv with 8 bits per value", format: "%.5f"})
		plainBytes := l.row(row{claim: "bytes per image in the file, conv with 8 bits per value", format: "%.2f"})
		jpeg := l.row(row{claim: "squared error per pixel, JPEG of quality 1", format: "%.5f"})
		jpegBytes := l.row(row{claim: "bytes per image, JPEG of quality 1", format: "%.1f"})
		pngBytes := l.row(row{claim: "bytes per image, PNG", format: "%.1f"})
		drawn := l.row(row{claim: "Fréchet distance of samples, vqvae", format: "%.2f"})
		gaussian := l.row(row{claim: "Fréchet distance of samples, vae", format: "%.2f"})
		less := pick(l, "", " --train-images 10000")
		return l.eachSeed(func(seed int) error {
			coded := func(f figures, flags string) (trained, error) {
				r, err := l.train(seed, flags+" --dataset fashion-mnist --epochs 10 --prior-epochs 5"+less)
				if err != nil {
					return r, err
				}
				points, took, err := l.compress(r)
				test := r.Last["test"]
				f.mse.add(test.MSE, r.seconds)
				f.bits.add(test.Measures["code_bits"], r.seconds)
				f.bytes.add(points["codes prior"].Bytes, took)
				return r, err
			}
			r, err := coded(words, "--model vqvae")
			if err != nil {
				return err
			}
			test := r.Last["test"].Measures
			used.add(test["codebook_use"], r.seconds)
			perplexity.add(test["perplexity"], r.seconds)
			saved.add(test["code_bits"]/(49*8), r.seconds)
			if _, err := coded(levels, "--model fsq"); err != nil {
				return err
			}
			c, err := l.train(seed, "--model conv --dataset fashion-mnist --epochs 10"+less)
			if err != nil {
				return err
			}
			points, took, err := l.compress(c)
			if err != nil {
				return err
			}
			plain.add(points["codes 8 bits"].MSE, c.seconds)
			plainBytes.add(points["codes 8 bits"].Bytes, took)
			jpeg.add(points["JPEG quality 1"].MSE, took)
			jpegBytes.add(points["JPEG quality 1"].Bytes, took)
			pngBytes.add(points["PNG lossless"].Bytes, took)
			v, err := l.train(seed, "--model vae --dataset fashion-mnist --epochs 15"+less)
			if err != nil {
				return err
			}
			classifier, err := l.classifier()
			if err != nil {
				return err
			}
			for _, of := range []struct {
				run trained
				to  *row
			}{{r, drawn}, {v, gaussian}} {
				judged, took, err := l.assess(of.run, classifier)
				if err != nil {
					return err
				}
				of.to.add(judged.of("samples").Frechet, took)
			}
			return nil
		})
	},
}

// compress compresses the test images with a run, and returns the points of the table by
// coder and setting.
func (l *lab) compress(r trained) (points map[string]compression.Point, seconds float64, err error) {
	var table struct{ Points []compression.Point }
	const command = "compress"
	l.note(1, "gaetrain "+command+" --run RUN")
	seconds, err = l.once(r.dir+"."+command, &table, func(path string) ([]byte, error) {
		began := time.Now()
		if _, err := l.gaetrain(path, command, "--quiet", "--run", r.dir, "--out", path+".codes"); err != nil {
			return nil, err
		}
		return newestTable(r.dir, began)
	})
	points = make(map[string]compression.Point)
	for _, p := range table.Points {
		points[p.Coder+" "+p.Setting] = p
	}
	return points, seconds, err
}

// newestTable reads the table of rates that compress has written into a run folder.
func newestTable(dir string, since time.Time) ([]byte, error) {
	all, err := filepath.Glob(filepath.Join(dir, "rate-distortion*.json"))
	if err != nil {
		return nil, err
	}
	for _, path := range all {
		if info, err := os.Stat(path); err == nil && !info.ModTime().Before(since) {
			return os.ReadFile(path)
		}
	}
	return nil, fmt.Errorf("%s: no table of rates; hint: gaetrain compress writes it", dir)
}
