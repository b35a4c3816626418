package pictures

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"slices"

	"gaetrain/loaders"
	"gaetrain/trainer"
	"gaetrain/trainer/evaluate"
	"gaetrain/trainer/export"
)

// MostNetworks is the usual length of the text of a page's networks, in bytes.
const MostNetworks = 2_400_000

// Limits of what a page holds besides the networks.
const (
	mostCode   = 16_384  // values of a code
	mostItems  = 400     // whose codes are points
	mostValues = 60_000  // of all these codes
	mostBytes  = 100_000 // of the images that one can start from
	mostShown  = 48      // such images
	fewest     = 8
)

// playground is the data of gaetrain.playground (viz/page/playground.js).
type playground struct {
	Model       string               `json:"model"`
	Image       *pageImage           `json:"image,omitempty"` // nil: the items are rows
	Row         *pageRow             `json:"row,omitempty"`
	Code        pageCode             `json:"code"`
	Networks    []export.PageNetwork `json:"networks"`
	Classes     []string             `json:"classes,omitempty"`
	Conditional bool                 `json:"conditional,omitempty"`
	Items       pageItems            `json:"items"`
	Plane       *pagePlane           `json:"plane,omitempty"` // nil: there is none but those of two values
	Missing     []string             `json:"missing,omitempty"`
}

// pageImage is the shape of images. The values Low to High are drawn from black to white.
type pageImage struct {
	Channels int     `json:"channels"`
	Height   int     `json:"height"`
	Width    int     `json:"width"`
	Low      float32 `json:"low"`
	High     float32 `json:"high"`
	Unit     bool    `json:"unit,omitempty"` // inputs are divided by their Euclidean norm
}

// pageRow describes rows of numbers. A value v is v·Scale + Offset in the units of the data.
type pageRow struct {
	Size   int       `json:"size"`
	Names  []string  `json:"names,omitempty"`
	Low    float32   `json:"low"`
	High   float32   `json:"high"`
	Offset []float64 `json:"offset,omitempty"`
	Scale  []float64 `json:"scale,omitempty"`
}

// pageCode describes the values of codes.
type pageCode struct {
	Size   int         `json:"size"`
	Order  []int       `json:"order"` // of the values: those with the largest variance first, if there are more than two
	Low    []float32   `json:"low"`   // of the codes of the items
	High   []float32   `json:"high"`
	Start  []float32   `json:"start"`            // their mean
	Levels [][]float32 `json:"levels,omitempty"` // that a value can have; nil: all
	Words  *pageWords  `json:"words,omitempty"`  // nil: the code is not made of entries of a codebook
	Prior  bool        `json:"prior,omitempty"`  // the codes are samples of the prior

	entries []float32 // of the codebook, packed with the items as "entries" (K×Size)
}

// pageWords says where the words of a code are: value d of word p is at p·Next + d·Step.
type pageWords struct {
	Count int `json:"count"`
	Size  int `json:"size"`
	Next  int `json:"next"`
	Step  int `json:"step"`
}

// pageItems are test items, or samples of the prior. Their codes are packed as "codes" (N×L)
// and the first rows as "rows" (M×D).
type pageItems struct {
	export.Packed
	Labels  []loaders.Label `json:"labels,omitempty"`
	Numbers []int           `json:"numbers,omitempty"` // in the test set
	Images  string          `json:"images,omitempty"`  // the first M ones: compressed bytes, from black to white
	Count   int             `json:"count"`             // M
}

// pagePlane is the plane of the first two principal components of the codes.
type pagePlane struct {
	Mean       []float32    `json:"mean"`
	Directions [2][]float32 `json:"directions"` // of length 1
	Share      [2]float64   `json:"share"`      // of the variance
}

// Playground returns the data of gaetrain.playground for a model as JSON: its networks as
// at most most bytes of text, and test items with their codes. JSON escapes <, > and &, so
// that it can stand in an element of a page. missing has sentences about what was left out.
// Without networks, the result is nil.
func Playground(ctx context.Context, model *trainer.Trained, test loaders.Split, most int) (spec json.RawMessage, missing []string, err error) {
	shape := model.Shape()
	if shape.IsImage() && shape.Channels != 1 && shape.Channels != 3 {
		return nil, []string{fmt.Sprintf("The model is not part of this page: it takes images with %d channels.", shape.Channels)}, nil
	}
	if size := model.CodeSize(); size > mostCode {
		return nil, []string{fmt.Sprintf("The model is not part of this page: its code has %d values, and at most %d are shown.", size, mostCode)}, nil
	}
	p := playground{Model: model.Name, Classes: model.Info.Data.Classes, Conditional: model.Conditional()}
	of, err := pageSamples(ctx, model, test)
	if err != nil {
		return nil, nil, err
	}
	if of.count == 0 {
		return nil, []string{"The model is not part of this page: there are no test images."}, nil
	}
	p.Networks, p.Missing, err = export.Page(ctx, model, of.Samples, most)
	if err != nil || len(p.Networks) == 0 {
		return nil, p.Missing, err
	}
	p.setShape(model)
	if err := p.setCode(ctx, model, of); err != nil {
		return nil, nil, err
	}
	p.setItems(model, of)
	spec, err = json.Marshal(p)
	return spec, p.Missing, err
}

// testItems are test items with their codes, or samples of the prior.
type testItems struct {
	export.Samples
	numbers []int // of the items in the test set; nil for samples
	labels  []loaders.Label
	count   int
}

// mostMeasured is the number of items on which the networks are measured, and measuredValues
// limits the values of their images.
const mostMeasured, measuredValues = 1000, 20_000_000

func pageSamples(ctx context.Context, model *trainer.Trained, test loaders.Split) (s testItems, err error) {
	s.Range = ViewOf(model).drawnRange()
	if !model.HasEncoder() {
		s.count = mostMeasured
		s.Codes = trainer.Draw(s.count, model.CodeSize(), model.Config.Seed, 1)
		for i := range s.count {
			if classes := model.Classes(); classes > 0 {
				s.labels = append(s.labels, loaders.Label(i%classes))
			}
		}
		s.Labels = s.labels
		return s, nil
	}
	if test.Len() == 0 {
		return s, nil
	}
	n := min(mostMeasured, max(2*fewest, measuredValues/test.Shape.Size()), test.Len())
	if s.numbers = test.Balanced(n, 1); s.numbers == nil {
		s.numbers = test.Strata(n)
	}
	some := test.Select(s.numbers)
	s.count, s.labels = some.Len(), some.Labels
	if s.Images, err = pixels(some); err != nil {
		return s, err
	}
	if model.Conditional() {
		s.Labels = some.Labels
	}
	if !model.IsClassifier() {
		s.Codes, err = model.Encode(ctx, some)
	}
	return s, err
}

func (p *playground) setShape(model *trainer.Trained) {
	shape, view := model.Shape(), ViewOf(model)
	r := view.drawnRange()
	if shape.IsImage() {
		p.Image = &pageImage{shape.Channels, shape.Height, shape.Width, r.Low, r.High, view.Data.Scaling != nil && view.Data.Scaling.Kind == loaders.ScaleUnit}
		return
	}
	p.Row = &pageRow{Size: shape.Size(), Names: view.Data.Features, Low: r.Low, High: r.High}
	if s := view.Data.Scaling; s.IsLinear() {
		p.Row.Offset, p.Row.Scale = s.Offset, s.Scale
	}
}

// setCode describes the values of the codes, and the plane.
func (p *playground) setCode(ctx context.Context, model *trainer.Trained, of testItems) error {
	if of.Codes == nil {
		return nil
	}
	codes := evaluate.NewMatrix(of.Codes, model.CodeSize())
	p.Code = pageCode{Size: codes.Columns, Prior: of.numbers == nil}
	variance := make([]float64, codes.Columns)
	for k := range codes.Columns {
		low, high, mean := float32(math.Inf(1)), float32(math.Inf(-1)), 0.0
		for i := range codes.Rows {
			v := codes.Row(i)[k]
			low, high, mean = min(low, v), max(high, v), mean+float64(v)/float64(codes.Rows)
		}
		for i := range codes.Rows {
			d := float64(codes.Row(i)[k]) - mean
			variance[k] += d * d
		}
		p.Code.Low, p.Code.High, p.Code.Start = append(p.Code.Low, low), append(p.Code.High, high), append(p.Code.Start, float32(mean))
		p.Code.Order = append(p.Code.Order, k)
	}
	if !p.Code.Prior && codes.Columns > 2 {
		slices.SortStableFunc(p.Code.Order, func(a, b int) int { return cmp.Compare(variance[b], variance[a]) })
	}
	p.Code.Levels = levelsOf(model)
	p.setWords(model)
	if codes.Columns < 3 || p.Code.Prior {
		return nil
	}
	pca, err := evaluate.NewPCA(ctx, codes, 2)
	if errors.Is(err, evaluate.ErrInput) {
		p.Missing = append(p.Missing, "The plane of principal directions is not part of this page: the codes are too large for it.")
		return nil
	}
	if err != nil {
		return err
	}
	p.Plane = &pagePlane{Mean: p.Code.Start}
	for l := range 2 {
		for k := range codes.Columns {
			p.Plane.Directions[l] = append(p.Plane.Directions[l], float32(pca.Components.At(k, l)))
		}
		p.Plane.Share[l] = pca.Variance[l] / max(pca.Total, 1e-300)
	}
	return nil
}

// setWords describes the words of a code and their codebook, unless the values have levels.
func (p *playground) setWords(model *trainer.Trained) {
	w, ok := model.Words()
	if !ok || p.Code.Levels != nil {
		return
	}
	if n := len(w.Prior.Codebook); n > mostValues {
		p.Missing = append(p.Missing, fmt.Sprintf("The codebook is not part of this page, because it has %d values, and at most %d are shown. A changed code is therefore not made of its entries.", n, mostValues))
		return
	}
	p.Code.Words, p.Code.entries = &pageWords{w.Layout.Count, w.Layout.Size, w.Layout.Next, w.Layout.Step}, w.Prior.Codebook
}

// levelsOf returns the levels that the values of a code can have; nil if they are not
// rounded.
func levelsOf(model *trainer.Trained) [][]float32 {
	m, ok := model.Stage.Model.(trainer.Quantiser)
	if !ok {
		return nil
	}
	const steps = 4096 // between neighbouring levels there are several
	levels, code := make([][]float32, model.CodeSize()), make([]float32, model.CodeSize())
	for i := range steps {
		for k := range code {
			code[k] = 2.2*float32(i)/(steps-1) - 1.1
		}
		m.Quantise(code)
		for k, v := range code {
			if n := len(levels[k]); n == 0 || levels[k][n-1] != v {
				levels[k] = append(levels[k], v)
			}
		}
	}
	return levels
}

// setItems packs the codes and the first images.
func (p *playground) setItems(model *trainer.Trained, of testItems) {
	var list []export.Numbers
	if size := p.Code.Size; size > 0 {
		n := min(of.count, max(2*fewest, min(mostItems, mostValues/size)))
		codes := export.Numbers{Name: "codes", Shape: []int{n, size}, Values: of.Codes[:n*size]}
		if p.Code.Levels == nil && p.Code.Words == nil {
			for _, v := range codes.Values {
				codes.Step = max(codes.Step, math.Abs(float64(v))/(1<<15))
			}
		}
		list = append(list, codes)
		if w := p.Code.Words; w != nil {
			list = append(list, export.Numbers{Name: "entries", Shape: []int{len(p.Code.entries) / w.Size, w.Size}, Values: p.Code.entries})
		}
		of.count = n
	}
	size := model.Shape().Size()
	switch m := min(of.count, max(fewest, min(mostShown, mostBytes/size))); {
	case of.Images == nil:
	case p.Image != nil:
		p.Items.Count, p.Items.Images = m, packedImages(of.Images[:m*size], of.Range)
	default:
		p.Items.Count = m
		list = append(list, export.Numbers{Name: "rows", Shape: []int{m, size}, Values: of.Images[:m*size]})
	}
	p.Items.Packed = export.Pack(list...)
	if of.labels != nil {
		p.Items.Labels = of.labels[:of.count]
	}
	if of.numbers != nil {
		p.Items.Numbers = of.numbers[:of.count]
	}
}

// packedImages writes images as bytes, from black to white.
func packedImages(values []float32, r loaders.Range) string {
	pixels := make([]byte, len(values))
	for i, v := range values {
		pixels[i] = byte(max(0, min(255, math.Round(255*float64((v-r.Low)/(r.High-r.Low))))))
	}
	return export.Compress(pixels)
}
