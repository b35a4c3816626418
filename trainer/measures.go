package trainer

import (
	"fmt"
	"math"

	"gaetrain/graph"
	"gaetrain/graph/kernel"
)

// Names of what is measured besides the terms of the loss.
const (
	Accuracy       = "accuracy"            // share of images whose label has the largest logit
	MeanActivation = "mean_activation"     // of a code's values, over all images and units
	DeadUnits      = "dead_units"          // number of units that give the same value for every image
	JacobianError  = "jacobian_norm_error" // standard error of an estimated JacobianNorm
	JacobianNorm   = "jacobian_norm"       // mean of ‖∂code/∂image‖², the squared Frobenius norm; measured when a run is done
	ActiveUnits    = "active_units"        // values of a Gaussian code whose posterior mean varies over images, by more than activeVariance
	HoyerSparsity  = "hoyer_sparsity"      // of a code, averaged over images: 0 where all values are equal, 1 where one is not 0
)

// deadSpread is how far the values of a dead unit lie apart at most.
const deadSpread = 1e-4

// codeMeasure measures the codes of a split.
type codeMeasure struct {
	images   int
	sum      float64
	hoyer    float64
	min, max []float32 // of each unit
}

// CodeMeasure measures codes: MeanActivation, DeadUnits and HoyerSparsity.
func CodeMeasure() Measure { return &codeMeasure{} }

func (t *codeMeasure) Outputs() []string { return []string{Code} }

func (t *codeMeasure) Add(p *graph.Program) { t.add(p.Output(Code), p.Shape(Code).Size()) }

// add counts codes B×L in.
func (t *codeMeasure) add(codes []float32, size int) {
	if t.min == nil {
		t.min, t.max = make([]float32, size), make([]float32, size)
		copy(t.min, codes)
		copy(t.max, codes)
	}
	for first := 0; first < len(codes); first += size {
		code := codes[first : first+size]
		var absolute, squares float64
		for unit, v := range code {
			t.min[unit], t.max[unit] = min(t.min[unit], v), max(t.max[unit], v)
			t.sum += float64(v)
			absolute += math.Abs(float64(v))
			squares += float64(v) * float64(v)
		}
		t.hoyer += hoyer(absolute, math.Sqrt(squares), size)
		t.images++
	}
}

func (t *codeMeasure) Report(f *Figures) {
	dead := 0
	for unit := range t.min {
		if t.max[unit]-t.min[unit] <= deadSpread {
			dead++
		}
	}
	n := float64(t.images)
	f.Set(MeanActivation, t.sum/n/float64(len(t.min)))
	f.Set(DeadUnits, float64(dead))
	f.Set(HoyerSparsity, t.hoyer/n)
}

// hoyer is the sparsity (√L − ‖h‖₁/‖h‖₂)/(√L − 1) of a code of L values
// (Hoyer 2004); that of zeros alone is 1.
func hoyer(l1, l2 float64, size int) float64 {
	if size < 2 {
		return 0
	}
	if l2 == 0 {
		return 1
	}
	root := math.Sqrt(float64(size))
	return (root - l1/l2) / (root - 1)
}

// activeVariance is what the variance over images of a posterior's mean must
// exceed for a value of the code to be active (Burda 2016, section 5.2).
const activeVariance = 0.01

// posteriorMeasure measures the Gaussian posteriors of a split, for each value
// of the code.
type posteriorMeasure struct {
	images                     int
	divergence, means, squares []float64
}

// PosteriorMeasure measures the posteriors of codes: ActiveUnits and the
// divergence of each value of the code.
func PosteriorMeasure() Measure { return &posteriorMeasure{} }

func (t *posteriorMeasure) Outputs() []string { return []string{Statistics} }

func (t *posteriorMeasure) Add(p *graph.Program) {
	t.add(p.Output(Statistics), p.Shape(Statistics).Size()/2)
}

// add counts statistics B×2L in, in each row L means, then L log-variances.
func (t *posteriorMeasure) add(statistics []float32, size int) {
	if t.divergence == nil {
		t.divergence, t.means, t.squares = make([]float64, size), make([]float64, size), make([]float64, size)
	}
	for first := 0; first < len(statistics); first += 2 * size {
		for l := range size {
			mean := float64(statistics[first+l])
			logVariance := min(max(float64(statistics[first+size+l]), -kernel.LogVarianceLimit), kernel.LogVarianceLimit)
			t.divergence[l] += (mean*mean + math.Exp(logVariance) - 1 - logVariance) / 2
			t.means[l] += mean
			t.squares[l] += mean * mean
		}
		t.images++
	}
}

// Report adds the divergence of each value of the code from its prior, averaged
// over images, and how many values are active.
func (t *posteriorMeasure) Report(f *Figures) {
	n, active := float64(t.images), 0
	f.KLUnits = nil
	for l, sum := range t.divergence {
		f.KLUnits = append(f.KLUnits, sum/n)
		if mean := t.means[l] / n; t.squares[l]/n-mean*mean > activeVariance {
			active++
		}
	}
	f.Set(ActiveUnits, float64(active))
}

// Collapse describes a posterior that has collapsed into the prior: so few values
// of the code are active. It is "" for any other.
func (f Figures) Collapse() string {
	active, measured := f.Measures[ActiveUnits]
	if !measured || 10*active >= float64(len(f.KLUnits)) {
		return ""
	}
	return fmt.Sprintf("posterior collapse: %g of %d latent dimensions are active; hint: --kl-warmup 10, --free-bits 0.1 or a lower --beta keep more in use",
		active, len(f.KLUnits))
}
