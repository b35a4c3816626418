package cmd

import (
	"context"
	"fmt"
	"io"
	"slices"

	"gaetrain/trainer"
	"gaetrain/trainer/pictures"
)

// PreviewOptions holds the setting of what train shows on a terminal.
type PreviewOptions struct {
	Preview bool `toml:"preview" group:"output" help:"Show reconstructions or samples on the terminal after each epoch that has pictures"`
}

// check reports that the preview has no effect with the other settings.
func (o PreviewOptions) check(c trainer.Config, output Output) error {
	switch {
	case !o.Preview:
		return nil
	case output.Quiet:
		return fmt.Errorf("%w: preview has no effect with quiet; hint: leave out one of them", trainer.ErrConfiguration)
	case c.Pictures == 0:
		return fmt.Errorf("%w: preview has no effect with pictures 0, because no epoch has pictures; hint: --pictures 1", trainer.ErrConfiguration)
	}
	return nil
}

// showPreview makes the console show a preview after each epoch.
func (c *console) showPreview(o PreviewOptions) {
	switch {
	case !o.Preview:
	case c.terminal:
		c.preview = new(preview)
	default:
		c.note("--preview has no effect, because stderr is not a terminal that can show it")
	}
}

// Numbers of items of a preview.
const (
	mostPreviewed = 8 // images beside each other
	mostCurves    = 3 // rows of numbers below each other
)

// preview shows items of the last epoch that has pictures, below the rows of the epochs. Each
// preview replaces the one before. nil shows nothing.
type preview struct {
	lines  [][]span
	height int // lines of the screen that the next preview replaces
}

// update computes the items if the epoch has pictures.
func (p *preview) update(ctx context.Context, c *console, l *trainer.Loop) error {
	if p == nil || !pictures.DueNow(l) {
		return nil
	}
	items, err := pictures.PreviewOf(ctx, l, mostPreviewed)
	if err != nil {
		return err
	}
	p.lines = c.display.previewed(items, fmt.Sprintf("after epoch %d", l.Position.Epoch+1))
	return nil
}

// erase removes the preview from the screen. The cursor is in the line below it.
func (p *preview) erase(w io.Writer) {
	if p != nil && p.height > 0 {
		printf(w, "\x1b[%dA\r\x1b[J", p.height) // up, and erase the rest of the screen
		p.height = 0
	}
}

// show prints the preview.
func (p *preview) show(c *console) {
	if p == nil {
		return
	}
	for _, line := range p.lines {
		c.display.write(c.out, line...)
		printf(c.out, "\n")
	}
	p.height = len(p.lines)
}

// leave keeps the preview on the screen, because a message is printed below it.
func (p *preview) leave() {
	if p != nil {
		p.height = 0
	}
}

// previewed draws items in lines that fit the terminal. when completes the title.
func (t terminal) previewed(items pictures.Preview, when string) [][]span {
	var lines [][]span
	switch columns, rows := t.dimensions(); {
	case len(items.Rows) == 0:
		return nil
	case items.Rows[0].Curves != nil:
		lines = t.previewedCurves(items, columns-1, rows-previewMargin)
	default:
		lines = t.previewedImages(items, columns-1, rows-previewMargin)
	}
	title := previewTitle(items, "images") + ", " + when
	if items.Rows[0].Curves != nil {
		title = previewTitle(items, "rows") + ", " + when
	}
	if lines == nil {
		title = "the terminal is too small for a preview"
	}
	columns, _ := t.dimensions()
	return slices.Concat([][]span{{{cut(title, columns-1), dimStyle}}}, lines)
}

// previewMargin is the number of lines of a terminal that a preview leaves free: for its
// title, the last row, the line of progress, and the line of the command.
const previewMargin = 4

// previewTitle names the rows of a preview from top to bottom.
func previewTitle(items pictures.Preview, noun string) string {
	switch len(items.Rows) {
	case 2:
		return "test " + noun + " above their reconstructions"
	case 3:
		return "test " + noun + ", the same corrupted, and reconstructions"
	}
	return "samples"
}

// previewedCurves draws rows of numbers as sparklines, those of one item below each other
// and in one range. nil: there is no room.
func (t terminal) previewedCurves(items pictures.Preview, columns, rows int) (lines [][]span) {
	label := 0
	for _, row := range items.Rows {
		label = max(label, len(row.Label))
	}
	room := columns - label - 2
	if room < 4 {
		return nil
	}
	for i := range min(len(items.Rows[0].Curves), mostCurves, rows/len(items.Rows)) {
		var all []float64
		curves := make([][]float64, len(items.Rows))
		for r, row := range items.Rows {
			for _, v := range row.Curves[i] {
				curves[r] = append(curves[r], float64(v))
			}
			curves[r] = thinned(curves[r], room)
			all = append(all, curves[r]...)
		}
		low, high := limits(all)
		for r, row := range items.Rows {
			lines = append(lines, []span{{text: fmt.Sprintf("%-*s  ", label, row.Label)}, {sparklineIn(curves[r], room, t.bars(), low, high, false), cyanStyle}})
		}
	}
	return lines
}

// previewedImages draws each row of images beside each other. nil: there is no room.
func (t terminal) previewedImages(items pictures.Preview, columns, rows int) (lines [][]span) {
	first := items.Rows[0].Images
	width, height := fit(first.Width, first.Height, columns, 2*(rows/len(items.Rows)))
	if width < 4 || height < 4 {
		return nil
	}
	across := max(1, min(first.Len(), (columns+1)/(width+1)))
	for _, row := range items.Rows {
		scaled := make([]raster, across)
		for i := range scaled {
			scaled[i] = newRaster(row.Images, i, width, height)
		}
		for y := 0; y < height; y += 2 {
			lines = append(lines, t.cells(scaled, y))
		}
	}
	return lines
}

// cells draws two lines of pixels of images as one line of characters.
func (t terminal) cells(images []raster, y int) (line []span) {
	add := func(s span) {
		if n := len(line); n > 0 && line[n-1].style == s.style {
			line[n-1].text += s.text
			return
		}
		line = append(line, s)
	}
	for i, image := range images {
		if i > 0 {
			add(span{text: " "})
		}
		for x := range image.width {
			add(t.cell(image.at(x, y), image.at(x, min(y+1, image.height-1))))
		}
	}
	return line
}

// densities are characters from dark to light, for terminals without colours.
const densities = " .:-=+*#%@"

// cell draws two pixels, one above the other, as a character: as its two halves if the
// terminal has half blocks, else as their mean.
func (t terminal) cell(top, bottom pixel) span {
	mean := pixel{(top[0] + bottom[0]) / 2, (top[1] + bottom[1]) / 2, (top[2] + bottom[2]) / 2}
	switch {
	case t.colours < manyColours:
		return span{text: string(densities[int(mean.luminance()*float32(len(densities)-1)+0.5)])}
	case !t.unicode:
		return span{" ", "48;" + t.colour(mean)}
	}
	return span{"▀", "38;" + t.colour(top) + ";48;" + t.colour(bottom)}
}

// colour writes a colour as parameters of a control sequence.
func (t terminal) colour(p pixel) string {
	level := func(v float32, levels int) int { return int(v*float32(levels-1) + 0.5) }
	if t.colours == trueColours {
		return fmt.Sprintf("2;%d;%d;%d", level(p[0], 256), level(p[1], 256), level(p[2], 256))
	}
	const black, white, darkest = 16, 231, 232 // and 23 lighter greys
	grey := level(p[0], 26)
	switch {
	case p[0] != p[1] || p[1] != p[2]:
		return fmt.Sprintf("5;%d", black+36*level(p[0], 6)+6*level(p[1], 6)+level(p[2], 6))
	case grey == 0:
		return fmt.Sprintf("5;%d", black)
	case grey == 25:
		return fmt.Sprintf("5;%d", white)
	}
	return fmt.Sprintf("5;%d", darkest+grey-1)
}
