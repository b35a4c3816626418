package viz

import (
	"cmp"
	"image"
	"image/color"
	"image/draw"
	"strconv"
	"strings"

	"gaetrain/viz/plain"
)

const (
	barWidth  = 220
	barHeight = 12
	noteLines = 4 // of a note at most
)

// footer is what a sheet has below its images: colour bars and notes. Sizes are in pixels.
type footer struct {
	parts         []footPart
	width, height int
	coloured      bool
}

// footPart is a colour bar with its name, or a note.
type footPart struct {
	lines  []string
	colour color.Color // of the text
	bar    []color.RGBA
	labels []string // evenly spaced below the bar
}

// footer collects what the rows of a sheet need, with lines of text that are not wider than limit.
func (s Sheet) footer(limit int) (f footer) {
	add := func(text string, ink color.Color, bar []color.RGBA, labels ...string) {
		p := footPart{noteFace().wrap(plain.Line(text), float64(limit), noteLines), ink, bar, labels}
		f.parts = append(f.parts, p)
		f.width, f.height = max(f.width, noteFace().widest(p.lines)), f.height+p.height()
		if bar != nil {
			f.width, f.coloured = max(f.width, barWidth), true
		}
	}
	weights, signed := false, false
	for _, row := range s.Rows {
		if row.Colours == Weights && row.Images.Len() > 0 {
			weights, signed = true, signed || row.Images.Channels != 3
		}
	}
	if weights {
		own := cmp.Or(s.Scale, "each filter scaled by its own max |w|")
		if signed {
			add(own, ink, divergingMap()[:], "−max", "0", "+max")
		} else {
			add(own+"; mid-grey is 0", ink, nil)
		}
	}
	scale := s.scales()
	if most := float64(scale[Heat]); most > 0 {
		add(s.Scale, ink, heatMap()[:], "0", short(most/2), short(most))
	}
	if most := float64(scale[Signed]); most > 0 {
		add(s.Scale, ink, divergingMap()[:], short(-most), "0", short(most))
	}
	for _, note := range s.Notes {
		add(note, muted, nil)
	}
	return f
}

// short writes a value with three digits.
func short(v float64) string {
	return strings.ReplaceAll(strconv.FormatFloat(v, 'g', 3, 64), "-", "−")
}

// height is the height of a part with the gap below it.
func (p footPart) height() int {
	height := len(p.lines)*noteFace().height() + 2
	if p.bar != nil {
		height += barHeight + 4 + noteFace().height() + 4
	}
	return height
}

// draw draws the footer at (margin, y).
func (f footer) draw(canvas draw.Image, y int) {
	for _, p := range f.parts {
		at := y
		for _, text := range p.lines {
			noteFace().draw(canvas, margin, at, text, p.colour)
			at += noteFace().height()
		}
		if p.bar != nil {
			drawBar(canvas, margin, at+2, p.bar, p.labels)
		}
		y += p.height()
	}
}

// drawBar draws a colour bar with labels from its left end to its right end.
func drawBar(canvas draw.Image, x, y int, colours []color.RGBA, labels []string) {
	for u := range barWidth {
		column := image.Rect(x+u, y, x+u+1, y+barHeight)
		draw.Draw(canvas, column, image.NewUniform(colours[u*len(colours)/barWidth]), image.Point{}, draw.Src)
	}
	for i, text := range labels {
		free := float64(barWidth) - noteFace().width(text)
		noteFace().draw(canvas, x+int(free*float64(i)/float64(len(labels)-1)), y+barHeight+4, text, muted)
	}
}
