package main

import (
	"fmt"
	"math"

	"gonum.org/v1/gonum/stat"
)

// experiment trains models and compares claims with the measured figures.
type experiment struct {
	name  string // also the name of its executable in this folder
	title string // heading of its section of docs/results.md
	about string // what is trained, on which data, and the units of the figures; Markdown
	seeds int    // number of seeds in a full run
	run   func(*lab) error
}

// experiments lists all of them in the order of docs/results.md.
var experiments = []experiment{linear, deep, tied, denoising, stacked, ufldl, sparse, contractive, jacobian, zerobias, synchrony, vae, convvae, iwae, vqvae, cgan, labels, m2, tables, mnist1d, oneclass, perceptual, masked, factors}

// row is one claim with the measured figures.
type row struct {
	experiment string // filled in by lab.row
	claim      string
	published  string // the published figure and its source; "" for a claim of our own
	format     string // of the measured figures, such as "%.2f"
	bound      bound  // of the mean; with the zero bound, the figure is only reported
	ours       []float64
	seconds    []float64
}

// add adds the figure of one seed and how long it took.
func (r *row) add(ours, seconds float64) {
	r.ours, r.seconds = append(r.ours, ours), append(r.seconds, seconds)
}

// last returns the figure that was added last.
func (r row) last() float64 { return r.ours[len(r.ours)-1] }

// holds reports whether the mean over the seeds is within the bound.
func (r row) holds() bool { return r.bound.holds(stat.Mean(r.ours, nil)) }

// bound is an upper or a lower limit of a figure.
type bound struct {
	sign  string
	value float64
}

func atMost(v float64) bound  { return bound{"≤", v} }
func atLeast(v float64) bound { return bound{"≥", v} }

func (b bound) holds(v float64) bool {
	switch b.sign {
	case "≤":
		return v <= b.value
	case "≥":
		return v >= b.value
	}
	return !math.IsNaN(v)
}

// cells returns the cells of the row in the table. Their headings are columns.
func (r row) cells() []string {
	mean, spread := stat.MeanStdDev(r.ours, nil)
	ours := fmt.Sprintf(r.format, mean)
	if len(r.ours) > 1 {
		ours += " ± " + fmt.Sprintf(r.format, spread)
	}
	verdict := "reported"
	if r.bound.sign != "" {
		verdict = fmt.Sprintf("%s %g: ", r.bound.sign, r.bound.value) + map[bool]string{true: "holds", false: "FAILS"}[r.holds()]
	}
	return []string{r.claim, r.published, ours, fmt.Sprint(len(r.ours)), fmt.Sprintf("%.0f", stat.Mean(r.seconds, nil)), verdict}
}

var columns = []string{"claim", "published", "ours", "seeds", "seconds", "verdict"}
