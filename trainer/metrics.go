package trainer

import (
	"bytes"
	"encoding/json"
	"fmt"
	"iter"
	"maps"
	"slices"

	"gaetrain/graph"
)

// Figures are what is measured on a split: means over its images.
type Figures struct {
	Loss     float64            `json:"loss"`               // reconstruction or classification + Σ weight·term
	Terms    map[string]float64 `json:"terms"`              // by name, the first among them
	MSE      float64            `json:"mse,omitempty"`      // squared error per pixel; a classifier or a generator has none
	Measures map[string]float64 `json:"measures,omitempty"` // by name, such as Accuracy
	KLUnits  []float64          `json:"kl_units,omitempty"` // divergence in nats of each value of a Gaussian code
}

// All yields every figure but the loss by its name: the terms, mse where
// something is reconstructed, and the measures.
func (f Figures) All() iter.Seq2[string, float64] {
	return func(yield func(string, float64) bool) {
		mse := map[string]float64{"mse": f.MSE}
		if _, ok := f.Measures[Accuracy]; ok || f.generated() {
			mse = nil
		}
		for _, part := range []map[string]float64{f.Terms, mse, f.Measures} {
			for _, name := range slices.Sorted(maps.Keys(part)) {
				if !yield(name, part[name]) {
					return
				}
			}
		}
	}
}

// generated reports whether the figures are of a generator, which reconstructs
// nothing.
func (f Figures) generated() bool {
	_, deception := f.Terms[graph.Deception]
	return deception && len(f.Terms) == 1
}

// Totals are sums over images, from which figures are made.
type Totals struct {
	Images  int                `json:"images"`
	Terms   map[string]float64 `json:"terms,omitempty"`
	Squared float64            `json:"squared"` // errors; of a classifier, images with another class
	// Measures are of what a discriminator made of them.
	Measures map[string]float64 `json:"measures,omitempty"`
}

// add counts the images of a program's last run in.
func (t *Totals) add(p *graph.Program, rows int) {
	if t.Terms == nil {
		t.Terms = make(map[string]float64, len(p.Terms))
	}
	for _, term := range p.Terms {
		t.Terms[term.Name] += sum(term.PerImage())
	}
	t.Squared += sum(p.Terms[0].SquaredPerImage())
	t.Images += rows
}

// figures divides the sums by the number of images, of so many values each. The
// loss is the one that is told: warm-up and the like change what training
// minimises, not what is compared.
func (t Totals) figures(p *graph.Program, values int) Figures {
	n := float64(t.Images)
	f := Figures{Terms: make(map[string]float64, len(t.Terms))}
	for name, total := range t.Measures {
		f.measure(map[string]float64{name: total / n})
	}
	if p.Logits != nil {
		f.measure(map[string]float64{Accuracy: 1 - t.Squared/n})
	} else {
		f.MSE = t.Squared / n / float64(values)
	}
	for _, term := range p.Terms {
		f.Terms[term.Name] = t.Terms[term.Name] / n
		f.Loss += term.Told * f.Terms[term.Name]
	}
	return f
}

// measure adds what was measured.
func (f *Figures) measure(measures map[string]float64) {
	if f.Measures == nil {
		f.Measures = make(map[string]float64)
	}
	maps.Copy(f.Measures, measures)
}

func sum(values []float32) (total float64) {
	for _, v := range values {
		total += float64(v)
	}
	return total
}

// Record is one line of metrics.jsonl: what an epoch gave on a split. Epochs
// count from 1, steps over the whole stage.
type Record struct {
	Stage string
	Epoch int
	Step  int
	Split string
	Figures
	LearningRate    float64 // of the epoch's last step
	Seconds         float64 // spent on the split in this epoch
	ImagesPerSecond float64
	Timestamp       string // RFC 3339
}

// recordFields are the keys of a record that are not terms of the loss, in the
// order in which they are written; the terms stand before "learning_rate".
type recordFields struct {
	Stage           string             `json:"stage"`
	Epoch           int                `json:"epoch"`
	Step            int                `json:"step"`
	Split           string             `json:"split"`
	Loss            float64            `json:"loss"`
	MSE             float64            `json:"mse,omitempty"`
	Measures        map[string]float64 `json:"measures,omitempty"`
	KLUnits         []float64          `json:"kl_units,omitempty"`
	LearningRate    float64            `json:"learning_rate"`
	Seconds         float64            `json:"seconds"`
	ImagesPerSecond float64            `json:"images_per_second"`
	Timestamp       string             `json:"timestamp"`
}

// MarshalJSON writes one flat object with every term under its own name.
func (r Record) MarshalJSON() ([]byte, error) {
	fixed, err := json.Marshal(recordFields{r.Stage, r.Epoch, r.Step, r.Split, r.Loss, r.MSE, r.Measures, r.KLUnits, r.LearningRate, r.Seconds, r.ImagesPerSecond, r.Timestamp})
	if err != nil {
		return nil, err
	}
	var terms bytes.Buffer
	for _, name := range slices.Sorted(maps.Keys(r.Terms)) {
		value, err := json.Marshal(r.Terms[name])
		if err != nil {
			return nil, fmt.Errorf("term %s: %w", name, err)
		}
		fmt.Fprintf(&terms, "%q:%s,", name, value)
	}
	const next = `"learning_rate":`
	return bytes.Replace(fixed, []byte(next), append(terms.Bytes(), next...), 1), nil
}

// UnmarshalJSON reads what MarshalJSON writes.
func (r *Record) UnmarshalJSON(data []byte) error {
	var f recordFields
	if err := json.Unmarshal(data, &f); err != nil {
		return err
	}
	var all map[string]any
	if err := json.Unmarshal(data, &all); err != nil {
		return err
	}
	fixed, _ := json.Marshal(recordFields{MSE: 1}) // which is left out where it is 0
	var known map[string]any
	if err := json.Unmarshal(fixed, &known); err != nil {
		return err
	}
	terms := make(map[string]float64)
	for name, value := range all {
		if number, ok := value.(float64); ok && known[name] == nil {
			terms[name] = number
		}
	}
	*r = Record{f.Stage, f.Epoch, f.Step, f.Split, Figures{f.Loss, terms, f.MSE, f.Measures, f.KLUnits}, f.LearningRate, f.Seconds, f.ImagesPerSecond, f.Timestamp}
	return nil
}

// finite reports whether every figure is a number.
func (f Figures) finite() bool {
	ok := finite(f.Loss) && finite(f.MSE)
	for _, values := range []map[string]float64{f.Terms, f.Measures} {
		for _, v := range values {
			ok = ok && finite(v)
		}
	}
	for _, v := range f.KLUnits {
		ok = ok && finite(v)
	}
	return ok
}
