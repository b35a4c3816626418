package trainer

import (
	"bytes"
	"encoding/json"
	"fmt"
	"iter"
	"maps"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"sync"

	"gaetrain/graph"
)

// Figures holds what is measured on a split. Losses, terms and most measures are means
// over its images.
type Figures struct {
	Loss     float64            `json:"loss"`               // reconstruction or classification + Σ weight·term
	Terms    map[string]float64 `json:"terms"`              // by name, including the first term
	MSE      float64            `json:"mse,omitempty"`      // squared error per pixel; 0 if nothing is reconstructed
	Measures map[string]float64 `json:"measures,omitempty"` // by name, such as Accuracy
	KLUnits  []float64          `json:"kl_units,omitempty"` // KL divergence of each latent dimension of a Gaussian code, in nats
	// StandardErrors holds the standard errors of the terms, of mse and of the accuracy as
	// means over the images, by name. Means over an epoch of training have none.
	StandardErrors map[string]float64 `json:"standard_errors,omitempty"`
}

// All yields every figure except the loss by its name: the terms, mse if something is
// reconstructed, and the measures.
func (f Figures) All() iter.Seq2[string, float64] {
	return func(yield func(string, float64) bool) {
		var mse map[string]float64
		if f.MSE != 0 {
			mse = map[string]float64{"mse": f.MSE}
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

// Totals holds sums over images, from which figures are computed.
type Totals struct {
	Images  int                `json:"images"`
	Terms   map[string]float64 `json:"terms,omitempty"`
	Squared float64            `json:"squared"` // squared errors; for a classifier, the number of wrong predictions
	// Measures are sums that an opponent adds.
	Measures map[string]float64 `json:"measures,omitempty"`
}

// add adds the images of a program's last run.
func (t *Totals) add(p *graph.Program, rows int) {
	if t.Terms == nil {
		t.Terms = make(map[string]float64, len(p.Terms()))
	}
	for _, term := range p.Terms() {
		t.Terms[term.Name] += sum(term.PerImage())
	}
	t.Squared += sum(p.Terms()[0].SquaredPerImage())
	t.Images += rows
}

// figures divides the sums by the number of images, which have the given number of
// values each. The reported loss always uses the final weights of the terms. Warm-up
// changes only the loss that training minimises.
func (t Totals) figures(s Stage, p *graph.Program, values int) Figures {
	n := float64(t.Images)
	f := Figures{Terms: make(map[string]float64, len(t.Terms))}
	for name, total := range t.Measures {
		f.Set(name, total/n)
	}
	switch {
	case s.classifies():
		f.Set(Accuracy, 1-t.Squared/n)
	case s.reconstructs():
		f.MSE = t.Squared / n / float64(values)
	}
	for _, term := range p.Terms() {
		f.Terms[term.Name] = t.Terms[term.Name] / n
		f.Loss += float64(term.Reported * f.Terms[term.Name])
	}
	return f
}

// Set adds a measure by its name.
func (f *Figures) Set(name string, value float64) {
	if f.Measures == nil {
		f.Measures = make(map[string]float64)
	}
	f.Measures[name] = value
}

func sum(values []float32) (total float64) {
	for _, v := range values {
		total += float64(v)
	}
	return total
}

// Record is one line of metrics.jsonl: the figures of a split after an epoch. Epochs
// are counted from 1, steps from the start of the stage.
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

// recordFields holds the keys of a record that are not terms of the loss, in the order
// in which they are written. The terms are written before "learning_rate".
type recordFields struct {
	Stage           string             `json:"stage"`
	Epoch           int                `json:"epoch"`
	Step            int                `json:"step"`
	Split           string             `json:"split"`
	Loss            float64            `json:"loss"`
	MSE             float64            `json:"mse,omitempty"`
	Measures        map[string]float64 `json:"measures,omitempty"`
	KLUnits         []float64          `json:"kl_units,omitempty"`
	StandardErrors  map[string]float64 `json:"standard_errors,omitempty"`
	LearningRate    float64            `json:"learning_rate"`
	Seconds         float64            `json:"seconds"`
	ImagesPerSecond float64            `json:"images_per_second"`
	Timestamp       string             `json:"timestamp"`
}

// recordKeys holds the keys of a record that are not terms of the loss.
var recordKeys = sync.OnceValue(func() map[string]bool {
	keys := make(map[string]bool)
	for i, fields := 0, reflect.TypeFor[recordFields](); i < fields.NumField(); i++ {
		name, _, _ := strings.Cut(fields.Field(i).Tag.Get("json"), ",")
		keys[name] = true
	}
	return keys
})

// MarshalJSON writes one flat object with every term under its own name.
func (r Record) MarshalJSON() ([]byte, error) {
	fixed, err := json.Marshal(recordFields{r.Stage, r.Epoch, r.Step, r.Split, r.Loss, r.MSE, r.Measures, r.KLUnits, r.StandardErrors, r.LearningRate, r.Seconds, r.ImagesPerSecond, r.Timestamp})
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
	var all map[string]json.RawMessage
	if err := json.Unmarshal(data, &all); err != nil {
		return err
	}
	terms := make(map[string]float64)
	for name, value := range all {
		if recordKeys()[name] || value[0] != '-' && (value[0] < '0' || value[0] > '9') {
			continue // not a number of its own
		}
		number, err := strconv.ParseFloat(string(value), 64)
		if err != nil {
			return fmt.Errorf("term %s: %w", name, err)
		}
		terms[name] = number
	}
	*r = Record{f.Stage, f.Epoch, f.Step, f.Split, Figures{f.Loss, terms, f.MSE, f.Measures, f.KLUnits, f.StandardErrors}, f.LearningRate, f.Seconds, f.ImagesPerSecond, f.Timestamp}
	return nil
}

// finite reports whether every figure is finite.
func (f Figures) finite() bool {
	ok := finite(f.Loss) && finite(f.MSE)
	for _, values := range []map[string]float64{f.Terms, f.Measures, f.StandardErrors} {
		for _, v := range values {
			ok = ok && finite(v)
		}
	}
	for _, v := range f.KLUnits {
		ok = ok && finite(v)
	}
	return ok
}
