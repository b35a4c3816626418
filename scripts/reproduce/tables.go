package main

import (
	"fmt"
	"maps"
	"math"
	"os"
	"path/filepath"
	"slices"
)

// tables compares dense autoencoders of the tables that scikit-learn has with the same
// ones in PyTorch, and what is measured on their codes with scikit-learn.
var tables = experiment{
	name:  "tables",
	title: "dense autoencoders of scikit-learn's tables, next to PyTorch and scikit-learn",
	about: `
` + "`peers/tables.py`" + ` writes the tables as CSV. A quarter of the rows is the test set. gaetrain trains a dense autoencoder with 16 tanh units
around a linear code, with the squared error, Adam 0.003 and batches of 32. The same script then does the same with PyTorch and
scikit-learn: it reads which rows are in which set, scales them, starts from the same initial weights, and trains with the same batches in the same
order. Columns are scaled to mean 0 and standard deviation 1, and those of digits to [0, 1]. Accuracies are those of a logistic regression
(C = 1) and of 5 nearest neighbours on the test rows. k-means is fitted to the codes of the training rows. The column "published" has the
figures of PyTorch and scikit-learn and then of gaetrain for the first seed, and "ours" has the difference in percent. The machine also did
other work during the measured seconds. Without ` + "`--peers python3`" + `, nothing is run.`,
	seeds: 3,
	run: func(l *lab) error {
		if !l.hasPeers() {
			return nil
		}
		for _, t := range []table{
			{"breast_cancer", "standard", 6, 2, true}, {"wine", "standard", 4, 3, true}, {"digits", "minmax", 8, 10, true}, {"diabetes", "standard", 4, 3, false},
		} {
			if err := t.compare(l); err != nil {
				return fmt.Errorf("%s: %w", t.name, err)
			}
		}
		return nil
	},
}

// table is one of scikit-learn's tables.
type table struct {
	name     string
	scale    string
	code     int // number of values of a code
	clusters int
	classes  bool // else the last column is the target of a regression, which is not read
}

// tableFigures are the figures of one program. Those of the clusters are by name.
type tableFigures struct {
	TestMSE  float64 `json:"mse"`
	TrainMSE float64 `json:"train_mse"`
	PCAMSE   float64 `json:"pca_mse"`
	Codes    float64 `json:"codes_difference"` // of the codes of both programs, relative
	Probe    map[string]struct{ Logistic, Neighbours float64 }
	Clusters map[string]float64
}

// compare trains and measures with both programs, and adds a row for each figure.
func (t table) compare(l *lab) error {
	const rate, batch = 0.003, 32
	epochs := pick(l, 100, 10)
	path := filepath.Join(l.work, t.name+".csv")
	if _, err := l.peer(1, fmt.Sprintf("tables.py write --table %s --csv %s", t.name, path), new(any)); err != nil {
		return err
	}
	read := "--ignore target"
	if t.classes {
		read = "--label target"
	}
	flags := fmt.Sprintf("--dataset array:%s %s --scale %s --test-share 0.25 --model dense --hidden 16 --code %d --activation tanh --output-activation linear "+
		"--loss squared-error --schedule constant --warmup 0 --weight-decay 0 --batch-size %d", path, read, t.scale, t.code, batch)
	rows, classes := make(map[string]*row), 0
	if t.classes {
		classes = 1
	}
	return l.eachSeed(func(seed int) error {
		r, err := l.train(seed, flags+fmt.Sprintf(" --learning-rate %g --epochs %d", rate, epochs))
		if err != nil {
			return err
		}
		initial, err := l.train(seed, flags+" --learning-rate 1e-30 --epochs 1") // leaves the weights as they are
		if err != nil {
			return err
		}
		ours, err := t.measure(l, r)
		if err != nil {
			return err
		}
		var peer tableFigures
		command := fmt.Sprintf("scripts/reproduce/peers/tables.py compare --table %s --scale %s --epochs %d --batch-size %d --learning-rate %g --clusters %d --classes %d --seed %d",
			t.name, t.scale, epochs, batch, rate, t.clusters, classes, seed)
		l.note(seed, command+" --initial RUN --train-codes OUT --test-codes OUT")
		took, err := l.script(command+fmt.Sprintf(" --initial %s --train-codes %s --test-codes %s", initial.dir, r.dir+".train", r.dir+".test"), &peer)
		if err != nil {
			return err
		}
		t.add(l, rows, ours, peer, r.seconds+took)
		return nil
	})
}

// measure runs the verbs that measure a run.
func (t table) measure(l *lab, r trained) (f tableFigures, err error) {
	for _, split := range []string{"train", "test"} {
		out := r.dir + "." + split
		l.note(1, "gaetrain encode --split "+split+" --out OUT --run RUN")
		if _, missing := os.Stat(out + ".npy"); missing != nil {
			if _, err := l.gaetrain(out, "encode", "--run", r.dir, "--split", split, "--out", out, "--quiet"); err != nil {
				return f, err
			}
		}
	}
	var eval struct{ MSE float64 }
	if _, err := l.measure(r, "eval --split train", &eval); err != nil {
		return f, err
	}
	if _, err := l.measure(r, "pca", &f); err != nil { // which has the names mse and pca_mse
		return f, err
	}
	f.TrainMSE = eval.MSE
	if t.classes {
		var probed struct {
			Accuracy []struct {
				Features   string
				Logistic   float64 `json:"logistic_regression"`
				Neighbours float64 `json:"nearest_neighbours"`
			}
		}
		if _, err := l.measure(r, "probe", &probed); err != nil {
			return f, err
		}
		f.Probe = make(map[string]struct{ Logistic, Neighbours float64 })
		for _, p := range probed.Accuracy {
			f.Probe[p.Features] = struct{ Logistic, Neighbours float64 }{p.Logistic, p.Neighbours}
		}
	}
	command := fmt.Sprintf("cluster --split train --clusters %d --restarts 100", t.clusters)
	l.note(1, "gaetrain "+command+" --run RUN")
	file := filepath.Join(r.dir, "clusters-codes.json")
	if _, missing := os.Stat(file); missing != nil {
		if _, err := l.gaetrain(r.dir+".cluster", "cluster", "--split", "train", "--clusters", fmt.Sprint(t.clusters), "--restarts", "100", "--quiet", "--run", r.dir); err != nil {
			return f, err
		}
	}
	var clusters struct {
		Chosen    struct{ Inertia, Silhouette float64 }
		Agreement *struct{ NMI, ARI float64 }
	}
	err = readJSON(file, &clusters)
	f.Clusters = map[string]float64{"inertia": clusters.Chosen.Inertia, "silhouette": clusters.Chosen.Silhouette}
	if a := clusters.Agreement; a != nil {
		f.Clusters["nmi"], f.Clusters["ari"] = a.NMI, a.ARI
	}
	return f, err
}

// add adds the differences of one seed to the rows of the table.
func (t table) add(l *lab, rows map[string]*row, ours, peer tableFigures, seconds float64) {
	add := func(figure, published string, difference float64) {
		if rows[figure] == nil {
			rows[figure] = l.row(row{claim: t.name + ": " + figure, published: published, format: "%.2g", bound: atMost(1)})
		}
		rows[figure].add(100*difference, seconds)
	}
	figure := func(name string, ours, peer float64) {
		difference := math.Abs(ours - peer)
		if difference > 0 {
			difference /= math.Abs(peer)
		}
		add(name, fmt.Sprintf("%.5g; ours %.5g", peer, ours), difference)
	}
	figure("mse on test rows", ours.TestMSE, peer.TestMSE)
	figure("mse on training rows", ours.TrainMSE, peer.TrainMSE)
	figure("mse of PCA", ours.PCAMSE, peer.PCAMSE)
	add("codes of the test rows", "", peer.Codes)
	for _, features := range []struct{ name, title string }{{"codes", "codes"}, {"pixels", "columns"}, {"pca", "principal components"}} {
		if p, found := peer.Probe[features.name]; found {
			figure("logistic regression on "+features.title, ours.Probe[features.name].Logistic, p.Logistic)
			figure("5 nearest neighbours on "+features.title, ours.Probe[features.name].Neighbours, p.Neighbours)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(peer.Clusters)) {
		figure("k-means: "+name, ours.Clusters[name], peer.Clusters[name])
	}
}
