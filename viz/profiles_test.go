package viz

import (
	"bytes"
	"math"
	"strings"
	"testing"
)

func someProfiles() Profiles {
	p := Profiles{Title: "Rows and <reconstructions>", XLabel: "index of the value", YLabel: "value", Curves: []string{"original", "reconstruction"}}
	for i := range 5 {
		var a, b []float32
		for x := range 40 {
			v := math.Sin(float64(x)/6 + float64(i))
			a, b = append(a, float32(v)), append(b, float32(0.8*v+0.1))
		}
		a[7] = float32(math.NaN())
		p.Panels = append(p.Panels, Panel{Label: "row 3: cat", Values: [][]float32{a, b}})
	}
	return p
}

func TestProfilesGolden(t *testing.T) {
	golden(t, "profiles.png", someProfiles().Image())
	named := someProfiles()
	named.Panels = named.Panels[:2]
	named.Panels[0].Colour, named.Panels[1].Colour = Ordered, First
	named.Names = strings.Fields(strings.Repeat("alcohol malic_acid an_unusually_long_name_of_a_feature ash ", 10))
	golden(t, "profiles-named.png", named.Image())
}

// TestProfilesOfLittle draws what has no curve or no height.
func TestProfilesOfLittle(t *testing.T) {
	nan := float32(math.NaN())
	for _, values := range [][][]float32{nil, {{}}, {{1}}, {{2, 2, 2}}, {{nan, nan}}, {{1, 2}, {1}}} {
		img := Profiles{Panels: []Panel{{Label: "x", Values: values}}}.Image()
		if img.Bounds().Empty() {
			t.Errorf("%v: no picture", values)
		}
	}
	if (Profiles{}).Image().Bounds().Empty() {
		t.Error("no panels: no picture")
	}
}

func TestRankingGolden(t *testing.T) {
	r := Ranking{Title: "Error by feature", XLabel: "mse of standardised values", Rest: "and 10 features with smaller errors"}
	r.Names = []string{"proline", "alcohol", "an_unusually_long_name_of_a_feature_of_a_table", "ash <of> wine", "zero", "not a number"}
	r.Values = []float64{0.91, 0.5, 0.25, 0.01, 0, math.NaN()}
	r.Notes = []string{"0.91 · ±170", "0.5 · ±0.4", "0.25", "0.01", "0", "–"}
	var png, svg bytes.Buffer
	if err := r.PNG(&png); err != nil {
		t.Fatal(err)
	}
	golden(t, "ranking.png", decodePNG(t, png.Bytes()))
	if err := r.SVG(&svg); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"proline", "6 bars", "and 10 features"} {
		if !strings.Contains(svg.String(), want) {
			t.Errorf("the SVG does not contain %q", want)
		}
	}
	if err := (Ranking{}).PNG(&png); err != nil {
		t.Errorf("without values: %v", err)
	}
}
