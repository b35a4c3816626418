package viz

import (
	"bytes"
	"fmt"
	"math"
	"strings"
	"testing"
)

func someBars() Bars {
	b := Bars{Title: "Divergence of the values", XLabel: "value <of> the code", YLabel: "nats"}
	for i := range 40 {
		b.Values, b.Names = append(b.Values, 4/math.Pow(float64(i+1), 0.8)), append(b.Names, fmt.Sprint((i*7)%40+1))
	}
	b.Values[3] = math.NaN()
	return b
}

func TestBarsGolden(t *testing.T) {
	var png, svg bytes.Buffer
	if err := someBars().PNG(&png); err != nil {
		t.Fatal(err)
	}
	golden(t, "bars.png", decodePNG(t, png.Bytes()))
	if err := someBars().SVG(&svg); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"value &lt;of&gt; the code", "nats", "40 bars"} {
		if !strings.Contains(svg.String(), want) {
			t.Errorf("the SVG does not contain %q", want)
		}
	}
}

// TestBarsOfLittle draws what has no height.
func TestBarsOfLittle(t *testing.T) {
	for _, values := range [][]float64{nil, {0}, {math.Inf(1)}, {0, 0, 0}, {-1, 1}} {
		var png bytes.Buffer
		if err := (Bars{Values: values}).PNG(&png); err != nil || png.Len() == 0 {
			t.Errorf("%v: %v", values, err)
		}
	}
}
