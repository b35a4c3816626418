package viz

import (
	"fmt"
	"image/color"
	"math"
	"sync"

	"golang.org/x/image/font"
	plotfont "gonum.org/v1/plot/font"
	"gonum.org/v1/plot/text"
)

// Distances of raster pictures, in pixels.
const (
	margin   = 20 // around every picture
	gap      = 4  // between neighbouring images
	bandGap  = 24 // between bands of a grid
	titleGap = 14 // below a title
	labelGap = 12 // between a row's label and its images
)

// Sizes of text in raster pictures, in pixels.
const (
	titleSize = 22
	labelSize = 17
	noteSize  = 15
)

// fontFamily is the typeface of vector pictures, and alternatives with the same metrics or from the reader's system.
const fontFamily = "'Liberation Sans',Arial,Helvetica,sans-serif"

// fallbackWidth is how much wider text can be in the reader's sans-serif font than in the embedded one: DejaVu Sans Bold is 1.2 times
// as wide.
const fallbackWidth = 1.2

// Neutral colours.
var (
	paper = color.Gray{0xff}
	ink   = color.Gray{0x1f}
	muted = color.Gray{0x5f}
	faint = color.Gray{0xe4}

	absent = color.Gray{0x74} // text for nothing, lighter than muted
)

// Neutral colours of vector pictures on screens with a dark ground. They are those of the report.
var (
	darkPaper = color.RGBA{0x15, 0x18, 0x1c, 0xff}
	darkInk   = color.RGBA{0xe9, 0xea, 0xec, 0xff}
	darkMuted = color.RGBA{0xa5, 0xab, 0xb3, 0xff}
)

// Colours of Okabe and Ito, "Color universal design" (2008).
var (
	orange        = color.RGBA{0xe6, 0x9f, 0x00, 0xff}
	skyBlue       = color.RGBA{0x56, 0xb4, 0xe9, 0xff}
	bluishGreen   = color.RGBA{0x00, 0x9e, 0x73, 0xff}
	yellow        = color.RGBA{0xf0, 0xe4, 0x42, 0xff}
	blue          = color.RGBA{0x00, 0x72, 0xb2, 0xff}
	vermilion     = color.RGBA{0xd5, 0x5e, 0x00, 0xff}
	reddishPurple = color.RGBA{0xcc, 0x79, 0xa7, 0xff}
)

// hues are the colours of curves in the order in which they are used. They are the colours of Okabe and Ito, but dark
// enough for lines and text on white: their contrast is 4.5 or more.
var hues = []color.RGBA{
	blue, {0xb8, 0x50, 0x00, 0xff}, {0x00, 0x7a, 0x59, 0xff}, {0xa2, 0x48, 0x7c, 0xff}, {0x86, 0x5c, 0x00, 0xff}, {0x5b, 0x5b, 0xa8, 0xff},
}

// missing marks a pixel that is not a number.
var missing = color.RGBA{0xff, 0x00, 0xc8, 0xff}

// mix returns a + (b − a)·t per channel, for t in [0, 1].
func mix(a, b color.Color, t float64) color.RGBA {
	ar, ag, ab, _ := a.RGBA()
	br, bg, bb, _ := b.RGBA()
	at := func(from, to uint32) uint8 { return uint8((float64(from)*(1-t)+float64(to)*t)/257 + 0.5) }
	return color.RGBA{at(ar, br), at(ag, bg), at(ab, bb), 0xff}
}

// contrast is the ratio of the relative luminances of two colours, from 1 to 21, as WCAG 2.2 defines it.
func contrast(a, b color.Color) float64 {
	luminance := func(c color.Color) float64 {
		p := color.RGBAModel.Convert(c).(color.RGBA)
		linear := func(v uint8) float64 {
			x := float64(v) / 255
			if x <= 0.04045 {
				return x / 12.92
			}
			return math.Pow((x+0.055)/1.055, 2.4)
		}
		return 0.2126*linear(p.R) + 0.7152*linear(p.G) + 0.0722*linear(p.B)
	}
	x, y := luminance(a)+0.05, luminance(b)+0.05
	return max(x, y) / min(x, y)
}

// readable is black or white, whichever is easier to read on a ground. The contrast is 4.58 at least.
func readable(ground color.Color) color.Color {
	if contrast(color.Black, ground) > contrast(color.White, ground) {
		return color.Black
	}
	return color.White
}

// hex writes a colour as #rrggbb.
func hex(c color.Color) string {
	r, g, b, _ := c.RGBA()
	return fmt.Sprintf("#%02x%02x%02x", r>>8, g>>8, b>>8)
}

// plotText draws the text of figures in both weights of the typeface.
var plotText = sync.OnceValue(func() text.Handler {
	family := plotfont.Font{Typeface: "Liberation", Variant: "Sans"}
	bold := family
	bold.Weight = font.WeightBold
	return text.Plain{Fonts: plotfont.NewCache(plotfont.Collection{{Font: family, Face: regularFont()}, {Font: bold, Face: boldFont()}})}
})
