package recipes

import (
	"gaetrain/graph"
	"gaetrain/trainer"
)

// explained measures the share of the variance of images that a sparse code
// explains, and the number of units that it uses.
type explained struct {
	images, used, squared, squares float64
	sums                           []float64 // for each of the D values
}

func (e *explained) Outputs() []string { return []string{trainer.Code, trainer.Target} }

// Add adds the images of the last run.
func (e *explained) Add(p *graph.Program) {
	for _, v := range p.Output(trainer.Code) {
		if v != 0 {
			e.used++
		}
	}
	for _, squared := range p.Terms()[0].SquaredPerImage() {
		e.squared += float64(squared)
		e.images++
	}
	size := p.Shape(trainer.Target).Size()
	if e.sums == nil {
		e.sums = make([]float64, size)
	}
	for i, v := range p.Output(trainer.Target) {
		e.sums[i%size] += float64(v)
		e.squares += float64(v) * float64(v)
	}
}

// Report adds l0, the mean number of units of a code that are not 0, and
// explained_variance, 1 − Σ‖x−x̂‖²/Σ‖x−x̄‖².
func (e *explained) Report(f *trainer.Figures) {
	variance := e.squares
	for _, sum := range e.sums {
		variance -= sum * sum / e.images
	}
	f.Set("l0", e.used/e.images)
	f.Set("explained_variance", 1-e.squared/max(variance, 1e-12))
}
