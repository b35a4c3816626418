package trainer

import (
	"fmt"
	"math"

	"gaetrain/graph"
	"gaetrain/graph/kernel"
)

// Names of the measures besides the terms of the loss.
const (
	Accuracy       = "accuracy"            // share of images whose label has the largest logit
	MeanActivation = "mean_activation"     // mean of a code's values over all images and units
	DeadUnits      = "dead_units"          // number of units with the same value for every image
	JacobianError  = "jacobian_norm_error" // standard error of an estimated JacobianNorm
	JacobianNorm   = "jacobian_norm"       // mean of ‖∂code/∂image‖², the squared Frobenius norm; measured when a run is finished
	ActiveUnits    = "active_units"        // number of latent dimensions whose posterior mean has a variance over images above activeVariance
	HoyerSparsity  = "hoyer_sparsity"      // of a code, averaged over images: 0 if all values are equal, 1 if only one is not 0
)

// deadSpread is the largest difference between two values of a dead unit.
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

// add adds codes B×L.
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
// (Hoyer 2004). It is 1 for a code of zeros, and 0 for a code of one value.
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

// classificationMeasure measures the accuracy of a model that has Classification as one
// of several terms.
type classificationMeasure struct{ images, wrong float64 }

// ClassificationMeasure measures the Accuracy, with its standard error.
func ClassificationMeasure() Measure { return &classificationMeasure{} }

func (t *classificationMeasure) Outputs() []string { return nil }

func (t *classificationMeasure) Add(p *graph.Program) {
	for _, term := range p.Terms() {
		if term.Name == Classification {
			t.wrong += sum(term.SquaredPerImage())
			t.images += float64(len(term.PerImage()))
		}
	}
}

func (t *classificationMeasure) Report(f *Figures) {
	share := t.wrong / t.images
	f.Set(Accuracy, 1-share)
	if f.StandardErrors != nil {
		f.StandardErrors[Accuracy] = math.Sqrt(share * (1 - share) / (t.images - 1))
	}
}

// activeVariance is the variance of the posterior mean over images above which a latent
// dimension is active (Burda 2016, section 5.2).
const activeVariance = 0.01

// posteriorMeasure measures the Gaussian posteriors of a split in each latent dimension.
type posteriorMeasure struct {
	images                     int
	divergence, means, squares []float64
}

// PosteriorMeasure measures the posteriors of codes: ActiveUnits and the KL divergence
// of each latent dimension.
func PosteriorMeasure() Measure { return &posteriorMeasure{} }

func (t *posteriorMeasure) Outputs() []string { return []string{Statistics} }

func (t *posteriorMeasure) Add(p *graph.Program) {
	t.add(p.Output(Statistics), p.Shape(Statistics).Size()/2)
}

// add adds statistics B×2L. Each row holds L means, then L log-variances, which are
// clipped to [−10, 10].
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

// Report adds the KL divergence of each latent dimension from the prior, averaged over
// images, and the number of active dimensions.
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

// Collapse returns a warning if less than a tenth of the latent dimensions are active,
// because the posterior has then collapsed into the prior; else "".
func (f Figures) Collapse() string {
	active, measured := f.Measures[ActiveUnits]
	if !measured || 10*active >= float64(len(f.KLUnits)) {
		return ""
	}
	return fmt.Sprintf("posterior collapse: %g of %d latent dimensions are active; hint: --kl-warmup 10, --free-bits 0.1 or a lower --beta keep more of them active",
		active, len(f.KLUnits))
}
