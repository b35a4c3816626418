package pictures

import (
	"fmt"
	"image"
	"slices"

	"gaetrain/loaders"
	"gaetrain/trainer"
	"gaetrain/viz"
)

// View says how the values of a model's data are drawn: as images or, if they are rows of
// numbers, as curves over the index of the value. Curves of values with names show scaled
// values, because the units of the values differ. Other curves have the units of the data.
type View struct {
	Shape loaders.Shape
	Data  trainer.DataInfo
}

// ViewOf is the view of the data of a model.
func ViewOf(model *trainer.Trained) View { return View{model.Shape(), model.Info.Data} }

// Row is a batch of N items with its name.
type Row struct {
	Label    string
	Values   []float32 // N×D, scaled
	Captions []string  // below images; nil: none
}

// MostPanels is the number of rows whose reconstructions a picture of curves shows.
const MostPanels = 8

// Limits of other pictures of curves.
const (
	mostRowPanels = 16
	mostCurves    = 48
	mostPoints    = 1000 // of a curve
)

// columns draws rows of items so that item i of all rows can be compared: images below
// each other, or the curves of a panel. As many of the first items are drawn as have room.
// names are those of the items.
func (v View) columns(title string, across int, names []string, rows ...Row) image.Image {
	if v.Shape.IsImage() {
		return v.sheet(title, across, rows...).Image()
	}
	p, size := v.profiles(title), v.Shape.Size()
	for _, row := range rows {
		p.Curves = append(p.Curves, row.Label)
	}
	for i := range min(MostPanels, len(rows[0].Values)/size) {
		panel := viz.Panel{}
		if i < len(names) {
			panel.Label = names[i]
		}
		for _, row := range rows {
			panel.Values = append(panel.Values, v.curve(row.Values[i*size:(i+1)*size]))
		}
		p.Panels = append(p.Panels, panel)
	}
	return p.Image()
}

// lines draws each row of items on a line of images or in a panel of curves, at most the
// first ones that have room.
func (v View) lines(title string, across int, colour viz.Colouring, rows ...Row) image.Image {
	if v.Shape.IsImage() {
		return v.sheet(title, across, rows...).Image()
	}
	p, size := v.profiles(title), v.Shape.Size()
	for _, row := range rows[:min(mostRowPanels, len(rows))] {
		panel := viz.Panel{Label: row.Label, Colour: colour}
		for i := range min(mostCurves, len(row.Values)/size) {
			panel.Values = append(panel.Values, v.curve(row.Values[i*size:(i+1)*size]))
		}
		p.Panels = append(p.Panels, panel)
	}
	return p.Image()
}

// profiles returns an empty picture of curves.
func (v View) profiles(title string) viz.Profiles {
	p := viz.Profiles{Title: title, YLabel: "value", XLabel: "index of the value"}
	if k := v.thinned(); k > 1 {
		p.XLabel = fmt.Sprintf("index of the value, divided by %d (means of %d values)", k, k)
	} else if v.Data.Features != nil {
		p.Names = v.Data.Features
		if word := v.Data.ScaledWord(); word != "" {
			p.YLabel = word + " value"
		}
	}
	return p
}

// thinned is the number of neighbouring values that a point of a curve stands for.
func (v View) thinned() int { return (v.Shape.Size() + mostPoints - 1) / mostPoints }

// curve returns the points of a curve.
func (v View) curve(values []float32) []float32 {
	values = slices.Clone(values)
	if v.Data.Features == nil {
		v.Data.Scaling.Undo(values)
	}
	k := v.thinned()
	if k <= 1 {
		return values
	}
	var means []float32
	for group := range slices.Chunk(values, k) {
		var sum float64
		for _, x := range group {
			sum += float64(x)
		}
		means = append(means, float32(sum/float64(len(group))))
	}
	return means
}

// sheet draws rows of images, one below the other.
func (v View) sheet(title string, across int, rows ...Row) viz.Sheet {
	s := viz.Sheet{Title: title, Columns: across}
	for _, row := range rows {
		s.Rows = append(s.Rows, viz.Row{Label: row.Label, Images: v.drawable(row.Values), Captions: row.Captions})
	}
	return s
}

// drawable returns images as they are drawn. If their values leave [0, 1], the range of
// the training images is drawn from black to white.
func (v View) drawable(values []float32) viz.Images {
	if r := v.drawnRange(); r != (loaders.Range{High: 1}) {
		values = slices.Clone(values)
		for i, x := range values {
			values[i] = (x - r.Low) / (r.High - r.Low)
		}
	}
	return drawable(values, v.Shape)
}

// drawnRange is the range of values that is drawn from black to white.
func (v View) drawnRange() loaders.Range {
	if r := v.Data.Values(); !r.IsUnit() && r.High > r.Low {
		return r
	}
	return loaders.Range{High: 1}
}

// most is the number of rows of which a picture of curves has room for all, by class or in
// one panel.
func (v View) most(byClass bool) int {
	if byClass {
		return mostCurves * mostRowPanels
	}
	return mostCurves
}
