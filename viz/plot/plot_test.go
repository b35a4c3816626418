package plot_test

import (
	"image/color"
	"math"
	"testing"

	"codeberg.org/go-fonts/liberation/liberationsansregular"
	"golang.org/x/image/font/opentype"
	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/text"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/recorder"

	"gaetrain/viz/plot"
)

// fixed are ticks at given values.
type fixed []plot.Tick

func (f fixed) Ticks(_, _ float64) []plot.Tick { return f }

// axes returns axes from 1 to 100 with the ticks.
func axes(t *testing.T, x, y fixed) *plot.Plot {
	t.Helper()
	face, err := opentype.Parse(liberationsansregular.TTF)
	if err != nil {
		t.Fatal(err)
	}
	sans := font.Font{Typeface: "Liberation", Size: 10}
	style := text.Style{Color: color.Black, Font: sans, Handler: text.Plain{Fonts: font.NewCache(font.Collection{{Font: sans, Face: face}})}}
	p := plot.New()
	for a, ticks := range map[*plot.Axis]fixed{&p.X: x, &p.Y: y} {
		a.Min, a.Max, a.Tick.Marker, a.Tick.Length = 1, 100, ticks, 4
		for _, s := range []*text.Style{&a.Label.TextStyle, &a.Tick.Label} {
			s.Color, s.Font, s.Handler = style.Color, style.Font, style.Handler
		}
	}
	return p
}

func canvas() draw.Canvas { return draw.NewCanvas(new(recorder.Canvas), 300, 200) }

func TestTransforms(t *testing.T) {
	t.Parallel()
	p := axes(t, nil, nil)
	p.Y.Scale = plot.LogScale{}
	c := canvas()
	toX, toY := p.Transforms(&c)
	for _, each := range []struct{ got, want vg.Length }{
		{toX(1), 0}, {toX(50.5), 150}, {toX(100), 300}, {toY(1), 0}, {toY(10), 100}, {toY(100), 200},
	} {
		if math.Abs(float64(each.got-each.want)) > 1e-9 {
			t.Errorf("a value is at %g, want %g", each.got, each.want)
		}
	}
}

// TestLastLabelFits checks that no tick label ends outside the canvas.
func TestLastLabelFits(t *testing.T) {
	t.Parallel()
	for _, at := range []float64{100, 95} {
		p := axes(t, fixed{{at, "a wide label"}}, fixed{{100, "0"}})
		c := canvas()
		data := p.DataCanvas(c)
		toX, _ := p.Transforms(&data)
		if end := toX(at) + p.X.Tick.Label.Width("a wide label")/2; math.Abs(float64(end-c.Max.X)) > 1e-6 {
			t.Errorf("the label at %g ends at %g, want %g", at, end, c.Max.X)
		}
		if data.Max.Y >= c.Max.Y || data.Min.X <= c.Min.X || data.Min.Y <= c.Min.Y {
			t.Errorf("no room for labels: data %v in %v", data.Rectangle, c.Rectangle)
		}
	}
}

func TestAlign(t *testing.T) {
	t.Parallel()
	wide, narrow := axes(t, fixed{{50, "50"}}, fixed{{50, "100000"}}), axes(t, fixed{{50, "50"}}, fixed{{50, "5"}})
	narrow.X.Label.Text = "epoch"
	grid := [][]*plot.Plot{{wide, narrow}, {narrow, nil}}
	whole := canvas()
	aligned := plot.Align(grid, draw.Tiles{Rows: 2, Cols: 2, PadX: 10, PadY: 10}, whole)
	at := func(r, k int) vg.Rectangle { return grid[r][k].DataCanvas(aligned[r][k]).Rectangle }
	if a, b := at(0, 0), at(0, 1); a.Min.Y != b.Min.Y || a.Max.Y != b.Max.Y {
		t.Errorf("a row is not aligned: %v and %v", a, b)
	}
	if a, b := at(0, 0), at(1, 0); a.Min.X != b.Min.X || a.Max.X != b.Max.X {
		t.Errorf("a column is not aligned: %v and %v", a, b)
	}
	if a, b := at(0, 0).Size(), at(0, 1).Size(); math.Abs(float64(a.X-b.X)) > 1e-6 {
		t.Errorf("widths %g and %g differ", a.X, b.X)
	}
	if lowest := aligned[1][0].Min; math.Abs(float64(lowest.Y-whole.Min.Y)) > 1e-6 {
		t.Errorf("the last row begins at %g, want %g", lowest.Y, whole.Min.Y)
	}
}

func TestHideAxes(t *testing.T) {
	t.Parallel()
	p := axes(t, fixed{{50, "50"}}, fixed{{50, "50"}})
	p.HideAxes()
	if c := canvas(); p.DataCanvas(c).Rectangle != c.Rectangle {
		t.Errorf("hidden axes take room: %v", p.DataCanvas(c).Rectangle)
	}
}
