package viz

import (
	"image/color"
	"math"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"gaetrain/viz/page"
)

// leastContrast is what text and lines need on their ground (WCAG 2.2, criterion 1.4.3).
const leastContrast = 4.5

func TestContrast(t *testing.T) {
	if black := contrast(color.Black, color.White); math.Abs(black-21) > 1e-9 {
		t.Fatalf("black on white has the contrast %g, want 21", black)
	}
	require := func(what string, foreground, ground color.Color) {
		t.Helper()
		if c := contrast(foreground, ground); c < leastContrast {
			t.Errorf("%s: %s on %s has the contrast %.2f, want %g", what, hex(foreground), hex(ground), c, leastContrast)
		}
	}
	frames := mix(faint, paper, 0.62)
	for what, ground := range map[string]color.Color{"text on paper": paper, "text in a frame": frames} {
		require(what, ink, ground)
		require(what, muted, ground)
	}
	for _, hue := range hues {
		for _, split := range []string{"train", "validation", "test"} {
			require("curve of "+split, (&panel{hue: hue}).shade(split), paper)
		}
	}
	for n := range 2 * len(hues) {
		require("line", lineGlyph(n).Color, paper)
	}
	require("bars", blue, paper)
	for _, k := range kindColours {
		light, _ := k.kind.colours(false)
		dark, _ := k.kind.colours(true)
		require("text in a node of kind "+string(k.kind), k.kind.text().light, light)
		require("text in a node on a dark ground of kind "+string(k.kind), k.kind.text().dark, dark)
	}
	for _, ground := range []tint{paperTint, groundTint} {
		require("text on a dark ground", inkTint.dark, ground.dark)
		require("text on a dark ground", mutedTint.dark, ground.dark)
	}
	for i := range 101 {
		for _, hue := range []color.Color{blue, vermilion} {
			fill := mix(paper, hue, float64(i)/100)
			require("count in a confusion matrix", readable(fill), fill)
		}
	}
	require("no count in a confusion matrix", absent, paper)
	for _, dark := range []bool{false, true} {
		fill, _ := Kind("another").colours(dark)
		require("text in a node of another kind", map[bool]color.Color{false: ink, true: darkInk}[dark], fill)
	}
}

var (
	block    = regexp.MustCompile(`:root \{([^}]*)\}`)
	variable = regexp.MustCompile(`--(\w+): #([0-9a-f]{3,6});`)
)

// TestPageContrast reads the colours of the style sheet of pages: those on screens with a light and with a dark ground
// and those in print.
func TestPageContrast(t *testing.T) {
	schemes := 0
	for _, scheme := range block.FindAllStringSubmatch(page.StyleSheet, -1) {
		colours := make(map[string]color.Color)
		for _, v := range variable.FindAllStringSubmatch(scheme[1], -1) {
			digits := v[2]
			if len(digits) == 3 {
				digits = strings.Join([]string{digits[:1], digits[:1], digits[1:2], digits[1:2], digits[2:], digits[2:]}, "")
			}
			rgb, err := strconv.ParseUint(digits, 16, 32)
			if err != nil {
				t.Fatal(err)
			}
			colours[v[1]] = color.RGBA{uint8(rgb >> 16), uint8(rgb >> 8), uint8(rgb), 0xff}
		}
		for _, foreground := range []string{"ink", "muted", "accent", "hue1", "hue2", "hue3", "hue4", "hue5", "hue6", "hue7", "hue8"} {
			for _, ground := range []string{"ground", "raised"} {
				if c := contrast(colours[foreground], colours[ground]); c < leastContrast {
					t.Errorf("%s on %s has the contrast %.2f in %s", foreground, ground, c, scheme[0])
				}
			}
		}
		schemes++
	}
	if schemes != 3 {
		t.Errorf("%d colour schemes, want 3", schemes)
	}
}
