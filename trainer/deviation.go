package trainer

import (
	"math"

	"gaetrain/graph"
)

// deviations holds sums over images of values and of their squares, by the name of the
// figure. Standard errors are computed from them.
type deviations map[string]*moments

type moments struct {
	sum, squares float64
	perImage     bool // the values differ within a batch, so they are no statistics of the batch
}

// add includes the images of a program's last run in the sums. values is the number of
// values of an image.
func (d deviations) add(s Stage, p *graph.Program, values int) {
	for _, term := range p.Terms() {
		d.sum(term.Name, term.PerImage(), 1)
	}
	second := p.Terms()[0].SquaredPerImage()
	switch {
	case s.classifies():
		d.sum(Accuracy, second, 1)
	case s.reconstructs():
		d.sum("mse", second, 1/float64(values))
	}
}

func (d deviations) sum(name string, perImage []float32, scale float64) {
	m := d[name]
	if m == nil {
		m = new(moments)
		d[name] = m
	}
	for _, v := range perImage {
		scaled := scale * float64(v)
		m.sum += scaled
		m.squares += scaled * scaled
		m.perImage = m.perImage || v != perImage[0]
	}
}

// report adds the standard errors of means over n images: σ/√n, where σ is the
// standard deviation over the images. There is none for a single image, and none for a
// statistic of whole batches, such as the sparsity of units.
func (d deviations) report(f *Figures, n int) {
	if n < 2 {
		return
	}
	f.StandardErrors = make(map[string]float64, len(d))
	for name, m := range d {
		if !m.perImage {
			continue
		}
		mean := m.sum / float64(n)
		variance := (m.squares - float64(n)*mean*mean) / float64(n-1)
		f.StandardErrors[name] = math.Sqrt(max(variance, 0) / float64(n))
	}
}
