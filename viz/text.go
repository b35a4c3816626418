package viz

import (
	"image"
	"image/color"
	"image/draw"
	"math"
	"strings"
	"sync"

	"golang.org/x/image/font"
	"golang.org/x/image/font/opentype"
	"golang.org/x/image/math/fixed"

	"gaetrain/viz/plain"
)

const ellipsis = "…"

// typeface is one font at one size. Faces of package opentype are not safe for concurrent use, so a lock guards each.
type typeface struct {
	mu   sync.Mutex
	face font.Face
}

var (
	titleFace = lazyFace(boldFont, titleSize)
	labelFace = lazyFace(regularFont, labelSize)
	noteFace  = lazyFace(regularFont, noteSize)
)

// lazyFace returns a function that makes the face on its first call; pixels is the size of the em.
func lazyFace(parsed func() *opentype.Font, pixels float64) func() *typeface {
	return sync.OnceValue(func() *typeface {
		face, err := opentype.NewFace(parsed(), &opentype.FaceOptions{Size: pixels, DPI: 72, Hinting: font.HintingNone})
		if err != nil {
			panic("viz: embedded font: " + err.Error())
		}
		return &typeface{face: face}
	})
}

// width is the advance of a line of text in pixels.
func (t *typeface) width(text string) float64 {
	t.mu.Lock()
	defer t.mu.Unlock()
	return float64(font.MeasureString(t.face, text)) / 64
}

// metrics returns the distances from the baseline to the top and to the bottom of a line, in whole pixels.
func (t *typeface) metrics() (ascent, descent int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	m := t.face.Metrics()
	return m.Ascent.Ceil(), m.Descent.Ceil()
}

// height is the distance from one line to the next in pixels.
func (t *typeface) height() int {
	ascent, descent := t.metrics()
	return ascent + descent
}

// draw writes one line with its upper left corner at (x, y).
func (t *typeface) draw(dst draw.Image, x, y int, text string, c color.Color) {
	ascent, _ := t.metrics()
	t.mu.Lock()
	defer t.mu.Unlock()
	d := font.Drawer{Dst: dst, Src: image.NewUniform(c), Face: t.face, Dot: fixed.P(x, y+ascent)}
	d.DrawString(text)
}

// fit shortens a line until it is no wider than limit pixels, ending a shortened one with an ellipsis.
func (t *typeface) fit(text string, limit float64) string {
	if t.width(text) <= limit {
		return text
	}
	runes := []rune(text)
	low, high := 0, len(runes)
	for low < high {
		middle := (low + high + 1) / 2
		if t.width(string(runes[:middle])+ellipsis) <= limit {
			low = middle
		} else {
			high = middle - 1
		}
	}
	return strings.TrimRight(string(runes[:low]), " ") + ellipsis
}

// wrap breaks text at spaces into at most lines lines that are not wider than limit pixels. Text without room is replaced by
// an ellipsis.
func (t *typeface) wrap(text string, limit float64, lines int) []string {
	var wrapped []string
	words := strings.Fields(text)
	for len(words) > 0 && len(wrapped) < lines {
		n := 1
		for n < len(words) && t.width(strings.Join(words[:n+1], " ")) <= limit {
			n++
		}
		if len(wrapped) == lines-1 {
			n = len(words)
		}
		wrapped = append(wrapped, t.fit(strings.Join(words[:n], " "), limit))
		words = words[n:]
	}
	return wrapped
}

// widest is the width of the widest line, rounded up.
func (t *typeface) widest(lines []string) int {
	widest := 0.0
	for _, line := range lines {
		widest = math.Max(widest, t.width(line))
	}
	return int(math.Ceil(widest))
}

// xmlEscaper escapes text for elements and quoted attributes.
var xmlEscaper = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", `"`, "&quot;", "'", "&#39;")

// escapeXML escapes text for XML, which cannot hold control characters.
func escapeXML(text string) string { return xmlEscaper.Replace(plain.Line(text)) }
