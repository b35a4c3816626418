package viz

import (
	"bytes"
	"image/color"
	"math"
	"strings"
	"testing"
)

func someHeat() (Images, Images, Images) {
	original, output := shapes(5, 1, 12, 12), shapes(5, 1, 12, 12)
	errors := Images{Channels: 1, Height: 12, Width: 12}
	for i := range output.Pixels {
		output.Pixels[i] = 0.7*output.Pixels[i] + 0.1*float32(i%3)
		errors.Pixels = append(errors.Pixels, float32(math.Abs(float64(output.Pixels[i]-original.Pixels[i]))))
	}
	return original, output, errors
}

func TestHeatGolden(t *testing.T) {
	original, output, errors := someHeat()
	s := Sheet{Title: "Highest and lowest scores", Columns: 6, Scale: "absolute error of a pixel"}
	for _, name := range []string{"highest scores", "lowest scores"} {
		s.Rows = append(s.Rows,
			Row{Label: name, Images: original, Captions: []string{"bag", "a very long class name", "boot"}}, Row{Label: "reconstruction", Images: output},
			Row{Label: "error", Images: errors, Colours: Heat, Captions: []string{"0.0123", "0.01", "0.009", "0.008", "0.007"}})
	}
	golden(t, "heat.png", s.Image())
}

// TestScales checks the colours at both ends of a scale, and that all maps of a sheet share it.
func TestScales(t *testing.T) {
	one := func(v float32, c Colours) Row {
		return Row{Images: Images{Pixels: []float32{v, float32(math.NaN())}, Channels: 1, Height: 1, Width: 2}, Colours: c}
	}
	img := Sheet{Columns: 1, Scale: "error", Rows: []Row{one(0.5, Heat), one(0, Heat), one(0.25, Heat), one(2, Signed), one(-4, Signed), one(0, Signed)}}.Image()
	scale := tileSize / 2
	at := func(row, column int) color.Color {
		return img.At(margin+column*scale+1, margin+row*(scale+gap)+1)
	}
	heat, signed := heatMap(), divergingMap()
	for row, want := range []color.RGBA{heat[255], heat[0], heat[128], signed[191], signed[0], signed[127]} {
		if got := at(row, 0); distanceOf(got, want) > 0 {
			t.Errorf("map %d is %v, want %v", row, got, want)
		}
		if got := at(row, 1); distanceOf(got, missing) > 0 {
			t.Errorf("NaN of map %d is %v", row, got)
		}
	}
}

func someHistogram() Histogram {
	h := Histogram{Title: "Scores", XLabel: "squared error per pixel", Mark: Mark{X: 0.03, Label: "threshold"}}
	for n, name := range []string{"normal, held out", "tested, normal", "tested, <anomalies>"} {
		g := Group{Name: name}
		for i := range 2000 {
			u := (float64(i) + 0.5) / 2000
			g.Values = append(g.Values, 0.01*math.Exp(0.5*math.Log(u/(1-u)))*math.Pow(3, []float64{-0.2, 0, 1}[n]))
		}
		h.Groups = append(h.Groups, g)
	}
	return h
}

func TestHistogramGolden(t *testing.T) {
	var png bytes.Buffer
	if err := someHistogram().PNG(&png); err != nil {
		t.Fatal(err)
	}
	golden(t, "histogram.png", decodePNG(t, png.Bytes()))
	var svg bytes.Buffer
	if err := someHistogram().SVG(&svg); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"tested, &lt;anomalies&gt;", "threshold", " values are outside the axis"} {
		if !strings.Contains(svg.String(), want) {
			t.Errorf("the SVG does not contain %q", want)
		}
	}
}

func TestHistogramOddInput(t *testing.T) {
	for _, values := range [][]float64{nil, {1}, {2, 2}, {math.NaN(), math.Inf(1)}, {-1, 0, 1}, {0, 1e300}} {
		h := Histogram{Groups: []Group{{"a", values}}, Mark: Mark{X: 0.5, Label: "threshold"}}
		if err := h.PNG(&bytes.Buffer{}); err != nil {
			t.Errorf("%v: %v", values, err)
		}
	}
}

// TestHistogramShares checks that the bins hold all values but those outside the axis.
func TestHistogramShares(t *testing.T) {
	for _, logarithmic := range []bool{false, true} {
		shares, outside := Group{"a", []float64{1, 1, 10, 100, 101, math.NaN()}}.shares(span{1, 100}, logarithmic)
		var sum float64
		for _, share := range shares {
			sum += share
		}
		if middle := histogramBins / 2; math.Abs(sum-0.8) > 1e-12 || outside != 1 || shares[0] != 0.4 || logarithmic && shares[middle] != 0.2 {
			t.Errorf("logarithmic %v: shares %v, %d outside", logarithmic, shares, outside)
		}
	}
}
