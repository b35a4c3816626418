package viz

import (
	"bytes"
	"math"
	"strings"
	"testing"
)

func someLines() Lines {
	return Lines{
		Title: "Accuracy against labels", XLabel: "labelled images", YLabel: "accuracy, %", LogX: true,
		Lines: []Line{
			{"from scratch", []float64{100, 300, 1000, 3000}, []float64{61, 70, 78, 83}, []float64{3, 2, 1, 0.5}},
			{"frozen <encoder>", []float64{100, 300, 1000, 3000, 7}, []float64{66, 71, 75, 76}, nil},
			{"finetuned", []float64{100, 300, math.NaN(), 3000}, []float64{67, 73, 80, 84}, []float64{2, 1}},
		},
	}
}

func TestLinesGolden(t *testing.T) {
	var png bytes.Buffer
	if err := someLines().PNG(&png); err != nil {
		t.Fatal(err)
	}
	golden(t, "lines.png", decodePNG(t, png.Bytes()))
	var svg bytes.Buffer
	if err := someLines().SVG(&svg); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"frozen &lt;encoder&gt;", "labelled images", "finetuned"} {
		if !strings.Contains(svg.String(), want) {
			t.Errorf("the SVG does not contain %q", want)
		}
	}
}

func TestLinesLogarithmicGolden(t *testing.T) {
	l := Lines{Title: "Two coders", XLabel: "bytes per image", YLabel: "squared error", LogX: true, LogY: true}
	l.Lines = []Line{
		{"codes", []float64{7, 12, 20, 40}, []float64{0.07, 0.02, 0.008, 0.006}, []float64{0.08, 0.01}},
		{"components", []float64{1, 6, 30, 90}, []float64{0.09, 0.03, 0.01, 0.003}, nil},
		{"lossless", []float64{500}, []float64{0}, nil},
	}
	golden(t, "lines-logarithmic.png", decodePNG(t, render(t, l.PNG)))
}

func TestLinesOddInput(t *testing.T) {
	inf := math.Inf(1)
	for name, l := range map[string]Lines{
		"nothing":     {},
		"one point":   {Lines: []Line{{"", []float64{1}, []float64{1}, nil}}},
		"not finite":  {Lines: []Line{{"", []float64{inf, 1}, []float64{1, math.NaN()}, []float64{inf, inf}}}},
		"log of zero": {LogX: true, Lines: []Line{{"", []float64{0, -1}, []float64{1, 2}, nil}}},
		"log of both": {LogX: true, LogY: true, Lines: []Line{{"", []float64{1e-299, 1e299, 1}, []float64{1e-299, 1e299, 0}, []float64{inf, 1, 1}}}},
	} {
		var b bytes.Buffer
		if err := l.PNG(&b); err != nil || b.Len() == 0 {
			t.Errorf("%s: %d bytes, %v", name, b.Len(), err)
		}
	}
}
