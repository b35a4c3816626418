package viz

import (
	"bytes"
	"io"
	"math"
	"math/rand/v2"
	"strings"
	"testing"
)

// clouds draws n points around the corners of a polygon, one class each.
func clouds(n, classes int) Scatter {
	s := Scatter{Title: "codes of rings", XLabel: "code 1", YLabel: "code 2"}
	random := rand.New(rand.NewPCG(1, 2))
	for i := range n {
		class := i % classes
		angle := 2 * math.Pi * float64(class) / float64(classes)
		s.X = append(s.X, 4*math.Cos(angle)+random.NormFloat64())
		s.Y = append(s.Y, 400*math.Sin(angle)+70*random.NormFloat64())
		s.Classes = append(s.Classes, uint16(class))
	}
	return s
}

func TestScatterGolden(t *testing.T) {
	s := clouds(600, 12)
	s.Names = []string{"ankle boot", "bag", "a name that is far too long for the legend"}
	golden(t, "scatter.png", decodePNG(t, render(t, s.PNG)))
	small := clouds(12, 3)
	small.XLabel, small.YLabel, small.Note = "", "", "Distances between clusters have no meaning."
	goldenText(t, "scatter.svg", render(t, small.SVG))
}

func TestScatterOddInput(t *testing.T) {
	nan, inf := math.NaN(), math.Inf(1)
	for name, s := range map[string]Scatter{
		"nothing":      {},
		"not a number": {X: []float64{nan, 1, inf}, Y: []float64{1, nan, 2}},
		"one point":    {X: []float64{5}, Y: []float64{-7e200}, Classes: []uint16{255}},
		"same point":   {X: []float64{1e-300, 1e-300}, Y: []float64{0, 0}},
		"huge":         {X: []float64{-1e299, 1e299}, Y: []float64{1, 2}, XLabel: "x"},
		"unequal":      {X: []float64{1, 2, 3}, Y: []float64{1}, Classes: []uint16{}},
		"many classes": clouds(200, 200),
		"names":        {Title: "<a>&\x00", XLabel: "<x>", X: []float64{1}, Y: []float64{2}, Classes: []uint16{0}, Names: []string{"<&>\x01"}},
	} {
		t.Run(name, func(t *testing.T) {
			decodePNG(t, render(t, s.PNG))
			texts(t, render(t, s.SVG))
		})
	}
}

func TestScatterLegend(t *testing.T) {
	s := clouds(9, 3)
	s.Names = []string{"zero", "one"}
	all := texts(t, render(t, s.SVG))
	for _, want := range []string{"zero\n", "one\n", "2\n", "code 1\n", "code 2\n"} {
		if !strings.Contains(all, want) {
			t.Errorf("no %q in %q", want, all)
		}
	}
	s.Classes = nil
	if all := texts(t, render(t, s.SVG)); strings.Contains(all, "zero") {
		t.Errorf("a legend without classes: %q", all)
	}
	if !bytes.Contains(render(t, s.SVG), []byte(`aria-label="codes of rings: scatter of 9 points, code 2 against code 1"`)) {
		t.Error("no description")
	}
}

// TestScatterOfManyClasses draws labels that need 16 bits.
func TestScatterOfManyClasses(t *testing.T) {
	s := Scatter{X: []float64{0, 1}, Y: []float64{0, 1}, Classes: []uint16{3, 300}}
	if err := s.PNG(io.Discard); err != nil {
		t.Fatal(err)
	}
}
