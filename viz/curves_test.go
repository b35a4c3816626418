package viz

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"math"
	"slices"
	"strings"
	"testing"
)

// falling is a term that falls from high to low over epochs 1…n on two splits.
func falling(name string, n int, high, low float64) []Series {
	var all []Series
	for k, split := range []string{"train", "test"} {
		s := Series{Name: name, Split: split}
		for e := 1; e <= n; e++ {
			s.X = append(s.X, float64(e))
			s.Y = append(s.Y, low+(high-low)*math.Exp(-float64(e-1)/(3+float64(k))))
		}
		all = append(all, s)
	}
	return all
}

func TestCurvesGolden(t *testing.T) {
	c := Curves{Title: "vae on rings", XLabel: "epoch", Marks: []Mark{{18, "best epoch 10"}}, Stages: []Stage{{"layer-1", 1, 8}, {"joint", 9, 20}}}
	c.Series = append(falling("loss", 20, 300, 240), falling("mse", 20, 2, 1e-3)...)
	c.Series[0].Y[4], c.Series[1].Y[0] = math.NaN(), 900
	c.Series = append(c.Series, Series{Name: "dead units", Split: "test", X: []float64{1, 2, 3}, Y: []float64{0, 0, 0}})
	for i := range 2 {
		c.Series[i].Unit, c.Series[2+i].Unit = "nats per image", "squared error per pixel"
	}
	golden(t, "curves.png", decodePNG(t, render(t, c.PNG)))
	goldenText(t, "curves.svg", render(t, c.SVG))
	golden(t, "curves-one.png", decodePNG(t, render(t, Curves{Title: "one epoch", XLabel: "epoch", Series: falling("loss", 1, 3, 1)}.PNG)))
}

func render(t *testing.T, write func(io.Writer) error) []byte {
	t.Helper()
	var out bytes.Buffer
	if err := write(&out); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// texts parses an XML document and returns its character data.
func texts(t *testing.T, document []byte) string {
	t.Helper()
	var all strings.Builder
	decoder := xml.NewDecoder(bytes.NewReader(document))
	for {
		token, err := decoder.Token()
		if errors.Is(err, io.EOF) {
			return all.String()
		}
		if err != nil {
			t.Fatalf("not well-formed: %v", err)
		}
		if data, ok := token.(xml.CharData); ok {
			all.Write(data)
			all.WriteByte('\n')
		}
	}
}

func TestCurvesOddInput(t *testing.T) {
	nan, inf := math.NaN(), math.Inf(1)
	for name, c := range map[string]Curves{
		"nothing":       {},
		"no values":     {Series: []Series{{Name: "loss", Split: "train"}}},
		"not a number":  {Series: []Series{{Name: "loss", Split: "train", X: []float64{1, 2}, Y: []float64{nan, inf}}}},
		"constant":      {Series: []Series{{Name: "loss", Split: "train", X: []float64{1, 2, 3}, Y: []float64{5, 5, 5}}}},
		"zero":          {Series: []Series{{Name: "loss", Split: "train", X: []float64{0}, Y: []float64{0}}}},
		"huge":          {Series: []Series{{Name: "loss", Split: "train", X: []float64{1, 2}, Y: []float64{-1e300, 1e300}}}},
		"tiny":          {Series: []Series{{Name: "loss", Split: "train", X: []float64{1, 2}, Y: []float64{1e-300, 1e300}}}},
		"extreme":       {Series: []Series{{Name: "loss", Split: "train", X: []float64{-math.MaxFloat64, math.MaxFloat64}, Y: []float64{-math.MaxFloat64, math.MaxFloat64}}}},
		"near":          {Series: []Series{{Name: "loss", Split: "train", X: []float64{1, 2}, Y: []float64{1, math.Nextafter(1, 2)}}}},
		"unequal":       {Series: []Series{{Name: "loss", Split: "train", X: []float64{1, 2, 3}, Y: []float64{1}}}},
		"no split":      {Series: []Series{{Name: "loss", Split: "", X: []float64{1, 2, 3}, Y: []float64{3, 2, 1}}}},
		"marks outside": {Series: falling("loss", 3, 2, 1), Marks: []Mark{{-5, "before"}, {nan, "never"}, {inf, "never"}, {90, strings.Repeat("long ", 90)}}},
		"names":         {Title: "a <b> & \"c\"\x00\x1b", XLabel: "<x>", Series: []Series{{"<&>\x01", "\x03<unit>", "te\x02st", []float64{1, 2}, []float64{1, 2}}}, Stages: []Stage{{"<a>\x02", 1, 1}, {"b", 2, 2}}},
		"many":          {Series: append(append(append(falling("a", 2, 2, 1), falling("b", 2, 2, 1)...), append(falling("c", 2, 2, 1), falling("d", 2, 2, 1)...)...), append(falling("e", 2, 2, 1), append(falling("f", 2, 2, 1), falling("g", 2, 2, 1)...)...)...)},
	} {
		t.Run(name, func(t *testing.T) {
			decodePNG(t, render(t, c.PNG))
			texts(t, render(t, c.SVG))
		})
	}
}

func TestCurvesScale(t *testing.T) {
	for _, c := range []struct {
		values      []float64
		logarithmic bool
	}{
		{[]float64{1, 99}, false}, {[]float64{1, 101}, true}, {[]float64{0, 1000}, false}, {[]float64{-1, 1000}, false},
		{[]float64{1, math.NaN(), 1e4}, true}, {[]float64{7, 7}, false},
	} {
		x := make([]float64, len(c.values))
		p := panel{series: []Series{{X: x, Y: c.values}}}
		axis := p.axis()
		if low, high := axis.padded(); axis.logarithmic != c.logarithmic || !(low < high) {
			t.Errorf("%v: %v…%v, logarithmic %v", c.values, low, high, axis.logarithmic)
		}
	}
}

func TestTicks(t *testing.T) {
	for _, c := range []struct {
		whole     bool
		low, high float64
		want      string
	}{
		{true, 1, 30, "10 20 30"}, {true, 1, 2, "1 2"}, {true, 0.5, 1.5, "1"}, {false, 0, 1, "0 0.2 0.4 0.6 0.8 1.0"},
		{false, -0.02, 0.02, "−0.02 −0.01 0 0.01 0.02"}, {false, 238, 302, "240 260 280 300"}, {false, 0, 3e8, "0 1e+08 2e+08 3e+08"},
	} {
		var labels []string
		for _, tick := range (evenTicks{whole: c.whole, target: 5}).Ticks(c.low, c.high) {
			labels = append(labels, tick.Label)
		}
		if got := strings.Join(labels, " "); got != c.want {
			t.Errorf("%v…%v: %s, want %s", c.low, c.high, got, c.want)
		}
	}
	for v, want := range map[float64]string{0: "0", 245: "245.0", -1.5: "−1.500", 0.0121: "0.01210", 1.6e-5: "1.6e−05", 123456: "123456", math.NaN(): "NaN"} {
		if got := figures(v); got != want {
			t.Errorf("figures(%v) = %s, want %s", v, got, want)
		}
	}
}

// TestThinKeepsEnvelope looks for a single spike in a line of a hundred thousand points.
func TestThinKeepsEnvelope(t *testing.T) {
	s := Series{X: make([]float64, 100_000), Y: make([]float64, 100_000)}
	for i := range s.X {
		s.X[i] = float64(i)
	}
	s.Y[54_321] = 9
	kept := thin(new(panel).runs(s)[0], maxPoints)
	highest := 0.0
	for _, p := range kept {
		highest = max(highest, float64(p.Y))
	}
	if len(kept) > maxPoints || highest != 9 {
		t.Errorf("%d points up to %v", len(kept), highest)
	}
}

func TestCurvesSameBytes(t *testing.T) {
	c := Curves{Title: "t", XLabel: "epoch", Series: falling("loss", 9, 2, 1)}
	if !bytes.Equal(render(t, c.SVG), render(t, c.SVG)) || !bytes.Equal(render(t, c.PNG), render(t, c.PNG)) {
		t.Error("two drawings of the same curves differ")
	}
	if svg := render(t, c.SVG); !bytes.Contains(svg, []byte("sans-serif")) || bytes.Contains(svg, []byte("font-family:Liberation")) {
		t.Error("text has no generic typeface to fall back on")
	}
}

// TestCurvesAxis checks that the first values of a stage are outside the axis if they would flatten the others, and only
// then.
func TestCurvesAxis(t *testing.T) {
	one := []Stage{{"train", 1, 8}}
	for _, c := range []struct {
		name   string
		values []float64
		stages []Stage
		want   span
		labels []Mark
	}{
		{"steady", []float64{8, 7, 6, 5, 4, 3, 2, 1}, one, span{1, 8}, nil},
		{"one high", []float64{90, 8, 7, 6, 5, 4, 3, 2}, one, span{2, 8}, []Mark{{1, "↑ 90.00"}}},
		{"one low", []float64{-90, 8, 7, 6, 5, 4, 3, 2}, one, span{2, 8}, []Mark{{1, "↓ −90.00"}}},
		{"two high", []float64{90, 30, 7, 6, 5, 4, 3, 2}, one, span{2, 7}, []Mark{{1, "↑ 90.00"}}},
		{"three high, of which a quarter may go", []float64{90, 80, 70, 6, 5, 4, 3, 2}, one, span{2, 90}, nil},
		{"few", []float64{90, 3, 2}, one, span{2, 90}, nil},
		{"a decade at each step", []float64{1e7, 1e6, 1e5, 1e4, 1e3, 1e2, 10, 1}, one, span{1, 1e7}, nil},
		{"the last", []float64{2, 3, 4, 5, 6, 7, 8, 90}, one, span{2, 90}, nil},
		{"the second stage", []float64{5, 4, 4, 3, 90, 4, 3, 3}, []Stage{{"a", 1, 4}, {"b", 5, 8}}, span{3, 4}, []Mark{{5, "↑ 90.00"}}},
		{"no training", []float64{90, 8, 7, 6, 5, 4, 3, 2}, nil, span{2, 90}, nil},
		{"then constant", []float64{9, 2, 2, 2, 2, 2, 2, 2}, one, span{2, 9}, nil},
	} {
		p := panel{series: []Series{{Y: c.values}}, stages: c.stages}
		for i := range c.values {
			p.series[0].X = append(p.series[0].X, float64(i+1))
		}
		p.scale = p.axis()
		if p.scale.span != c.want || !slices.Equal(p.outside(), c.labels) {
			t.Errorf("%s: %v with the labels %v, want %v with %v", c.name, p.scale, p.outside(), c.want, c.labels)
		}
	}
}

// TestCurvesStages checks that no line connects stages, and that panels are separated by unit.
func TestCurvesStages(t *testing.T) {
	c := Curves{Stages: []Stage{{"a", 1, 2}, {"b", 3, 4}}}
	x := []float64{1, 2, 3, 4}
	c.Series = []Series{{"loss", "nats", "train", x[:2], x[:2]}, {"loss", "squared error", "train", x[2:], x[2:]}, {"mse", "", "train", x, x}, {"dead units", "", "test", x, make([]float64, 4)}}
	panels, constant := c.panels()
	if len(panels) != 3 || len(constant) != 1 || constant[0].name != "dead units" {
		t.Fatalf("%d panels and %d constants, want 3 and 1", len(panels), len(constant))
	}
	runs := panels[2].runs(c.Series[2])
	if len(runs) != 2 || len(runs[0]) != 2 || runs[1][0].X != 3 {
		t.Errorf("the line is drawn as %v", runs)
	}
	text := texts(t, render(t, c.SVG))
	for _, want := range []string{"a", "b", "nats", "squared error", "Does not change: dead units 0"} {
		if !strings.Contains(text, want+"\n") {
			t.Errorf("the picture does not say %q: %q", want, text)
		}
	}
}

// TestCurvesHeadings checks that no heading is cut.
func TestCurvesHeadings(t *testing.T) {
	var c Curves
	for _, name := range []string{"reconstruction", "discriminator loss", "adversarial loss", "mean activation", "sample distance"} {
		for _, split := range []string{"train", "validation", "test"} {
			c.Series = append(c.Series, Series{Name: name, Split: split, X: []float64{1, 2}, Y: []float64{1234.5, 1233.4}})
		}
	}
	if text := texts(t, render(t, c.SVG)); strings.Contains(text, ellipsis) || strings.Count(text, "train 1233 · validation 1233 · test 1233") != 5 {
		t.Errorf("headings are cut: %q", text)
	}
}
