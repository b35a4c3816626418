package viz

import (
	"fmt"
	"image"
	"image/draw"

	"gaetrain/viz/plain"
)

const (
	cellSide       = 78  // pixels of a cell of a matrix
	classNameWidth = 150 // pixels of a class's name before it is cut
)

// Confusion draws a confusion matrix C×C of counts: a row for each true class, a column for each predicted class. The colour
// of a cell is its share of the row: blue for correct predictions, red for wrong ones. A class without a name is shown by
// its number.
func Confusion(title string, classes []string, counts [][]int) image.Image {
	names := make([]string, len(counts))
	for i := range names {
		names[i] = fmt.Sprint(i)
		if i < len(classes) {
			names[i] = plain.Line(classes[i])
		}
		names[i] = noteFace().fit(names[i], classNameWidth)
	}
	heads := make([][]string, len(names))
	lines := 1
	for i, name := range names {
		heads[i] = noteFace().wrap(name, cellSide-gap, labelLines)
		lines = max(lines, len(heads[i]))
	}
	left := margin + noteFace().widest(append(names, "true class")) + labelGap
	side := len(counts) * cellSide
	titled := titleFace().wrap(plain.Line(title), float64(max(left+side-margin, narrow)), titleLines)
	head := margin + len(titled)*titleFace().height()
	top := head + titleGap + noteFace().height() + lines*noteFace().height() + gap
	width := max(left+side, margin+titleFace().widest(titled)) + margin
	canvas := image.NewRGBA(image.Rect(0, 0, width, top+side+margin))
	draw.Draw(canvas, canvas.Bounds(), image.NewUniform(paper), image.Point{}, draw.Src)
	for i, line := range titled {
		titleFace().draw(canvas, margin, margin+i*titleFace().height(), line, ink)
	}
	noteFace().draw(canvas, left, head+gap, "predicted class", muted)
	noteFace().draw(canvas, margin, top-gap-noteFace().height(), "true class", muted)
	for i, row := range counts {
		x, y := left+i*cellSide, top+i*cellSide
		for n, line := range heads[i] {
			noteFace().draw(canvas, x+centred(line, cellSide), top-gap-(len(heads[i])-n)*noteFace().height(), line, ink)
		}
		noteFace().draw(canvas, left-labelGap-int(noteFace().width(names[i])), y+(cellSide-noteFace().height())/2, names[i], ink)
		drawConfusionRow(canvas, left, y, i, row)
	}
	return canvas
}

func drawConfusionRow(canvas draw.Image, left, y, class int, row []int) {
	total := 0
	for _, n := range row {
		total += n
	}
	for j, n := range row {
		share := float64(n) / float64(max(total, 1))
		hue := vermilion
		if j == class {
			hue = blue
		}
		fill := mix(paper, hue, share)
		text := readable(fill)
		if n == 0 {
			text = absent
		}
		x := left + j*cellSide
		draw.Draw(canvas, image.Rect(x, y, x+cellSide-1, y+cellSide-1), image.NewUniform(fill), image.Point{}, draw.Src)
		count := fmt.Sprint(n)
		noteFace().draw(canvas, x+centred(count, cellSide-1), y+(cellSide-noteFace().height())/2, count, text)
	}
}

// centred is how far from the left a line of text begins in the middle of a width.
func centred(text string, width int) int { return (width - int(noteFace().width(text))) / 2 }
