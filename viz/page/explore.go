package page

import (
	"encoding/base64"
	"encoding/json"
	"math"
	"strconv"

	"gaetrain/viz/plain"
)

// The types of this file describe what the scripts of a page draw. They become JSON.

// Items are images of one size, or rows of numbers.
type Items struct {
	// Sheet is a PNG with the images, side by side without gaps, in rows of Columns images
	// of Width×Height pixels. It is empty for rows of numbers.
	Sheet                  []byte
	Columns, Width, Height int
	Lines                  [][]float32 // rows of numbers
}

// MarshalJSON writes the sheet as a data URI.
func (t Items) MarshalJSON() ([]byte, error) {
	if len(t.Sheet) == 0 {
		lines := make([]numbers[float32], len(t.Lines))
		for i, line := range t.Lines {
			lines[i] = line
		}
		return json.Marshal(map[string]any{"lines": lines})
	}
	return json.Marshal(map[string]any{"sheet": pngURI(t.Sheet), "columns": t.Columns, "width": t.Width, "height": t.Height})
}

// Film shows rows of items that change from frame to frame, below rows that do not. The
// items of Sheet are in this order: the fixed rows, then the rows of each frame.
type Film struct {
	Title, Caption string
	Fixed          []Label // names of the fixed rows
	Rows           []Label // names of the rows of a frame
	Frames         []Label // such as "epoch 3"
	Names          []Label // of the items in a row, nil: none
	Items          Items
	Still          []byte // PNG of the last frame, for readers without scripts; nil: none
}

// filmJSON is what the script needs of a Film.
type filmJSON struct {
	Fixed  []Label `json:"fixed"`
	Rows   []Label `json:"rows"`
	Frames []Label `json:"frames"`
	Names  []Label `json:"names"`
	Across int     `json:"across"` // items in a row
	Items  Items   `json:"items"`
}

// MarshalJSON leaves out what the template writes.
func (f Film) MarshalJSON() ([]byte, error) {
	return json.Marshal(filmJSON{append([]Label{}, f.Fixed...), f.Rows, f.Frames, f.Names, f.across(), f.Items})
}

// across is the number of items in a row.
func (f Film) across() int {
	if f.Items.Columns > 0 {
		return f.Items.Columns
	}
	return len(f.Items.Lines) / max(1, len(f.Fixed)+len(f.Rows)*len(f.Frames))
}

// Series is a curve of figures over epochs.
type Series struct {
	Name, Unit, Split string
	X, Y              []float64
}

// MarshalJSON writes the series as gaetrain.curves reads it.
func (s Series) MarshalJSON() ([]byte, error) {
	return json.Marshal(map[string]any{
		"name": Label(s.Name), "unit": Label(s.Unit), "split": Label(s.Split), "epochs": numbers[float64](s.X), "values": numbers[float64](s.Y),
	})
}

// Mark is a vertical line in curves, such as the best epoch.
type Mark struct {
	X     float64 `json:"x"`
	Label Label   `json:"label"`
}

// Span is a stage of training, from one epoch to another one.
type Span struct {
	Name Label   `json:"name"`
	From float64 `json:"from"`
	To   float64 `json:"to"`
}

// Curves are all figures over the epochs.
type Curves struct {
	Series []Series `json:"series"`
	Marks  []Mark   `json:"marks"`
	Stages []Span   `json:"stages"`
}

// Places are coordinates of points.
type Places struct {
	Name           Label  // such as "PCA"
	XLabel, YLabel Label  // "": the axis has no meaning
	Note           string // about how to read them
	X, Y           []float32
}

// MarshalJSON writes the coordinates with few digits.
func (p Places) MarshalJSON() ([]byte, error) {
	return json.Marshal(map[string]any{
		"name": p.Name, "xLabel": p.XLabel, "yLabel": p.YLabel, "note": p.Note, "x": numbers[float32](p.X), "y": numbers[float32](p.Y),
	})
}

// Points are items as points of the plane.
type Points struct {
	Caption string           `json:"-"`
	Places  []Places         `json:"places"`
	Classes []Label          `json:"classes"` // names
	Labels  []int            `json:"labels"`  // class of each point; nil: there are no classes
	Names   []Label          `json:"names"`   // of the points
	Errors  numbers[float32] `json:"errors"`  // squared error of each point; nil: none
	Items   Items            `json:"items"`
}

// Label is a text of others, such as the name of a class. Hidden runes in it become
// visible when it is written.
type Label string

// MarshalText makes hidden runes visible.
func (l Label) MarshalText() ([]byte, error) { return []byte(plain.Line(string(l))), nil }

// Labels converts texts.
func Labels(texts []string) []Label {
	list := make([]Label, len(texts))
	for i, text := range texts {
		list[i] = Label(text)
	}
	return list
}

// numbers are written with five significant digits. Values that are not finite are null.
type numbers[F float32 | float64] []F

// MarshalJSON writes a list.
func (n numbers[F]) MarshalJSON() ([]byte, error) {
	if n == nil {
		return []byte("null"), nil
	}
	text := []byte{'['}
	for i, v := range n {
		if i > 0 {
			text = append(text, ',')
		}
		if f := float64(v); math.IsNaN(f) || math.IsInf(f, 0) {
			text = append(text, "null"...)
		} else {
			text = strconv.AppendFloat(text, f, 'g', 5, 64)
		}
	}
	return append(text, ']'), nil
}

func pngURI(png []byte) string {
	return "data:image/png;base64," + base64.StdEncoding.EncodeToString(png)
}
