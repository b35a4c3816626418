package plot

import (
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// margins is the room around the data of one plot.
type margins struct{ left, right, bottom, top vg.Length }

// Align returns a canvas for each plot of a grid, such that the data of all plots have
// the same size and are aligned in rows and columns. The tiles have the size of the grid.
// A plot may be nil.
func Align(plots [][]*Plot, tiles draw.Tiles, c draw.Canvas) [][]draw.Canvas {
	columns, rows := make([]margins, tiles.Cols), make([]margins, tiles.Rows)
	each := func(do func(row, column int, around margins)) {
		for r := range plots {
			for k, p := range plots[r] {
				if p != nil {
					at := tiles.At(c, k, r)
					data := p.DataCanvas(at)
					do(r, k, margins{data.Min.X - at.Min.X, at.Max.X - data.Max.X, data.Min.Y - at.Min.Y, at.Max.Y - data.Max.Y})
				}
			}
		}
	}
	each(func(r, k int, around margins) {
		columns[k].left, columns[k].right = max(columns[k].left, around.left), max(columns[k].right, around.right)
		rows[r].bottom, rows[r].top = max(rows[r].bottom, around.bottom), max(rows[r].top, around.top)
	})
	width := c.Max.X - c.Min.X - vg.Length(tiles.Cols-1)*tiles.PadX
	for _, m := range columns {
		width -= m.left + m.right
	}
	height := c.Max.Y - c.Min.Y - vg.Length(tiles.Rows-1)*tiles.PadY
	for _, m := range rows {
		height -= m.bottom + m.top
	}
	width, height = width/vg.Length(tiles.Cols), height/vg.Length(tiles.Rows)

	aligned := make([][]draw.Canvas, len(plots))
	for r := range plots {
		aligned[r] = make([]draw.Canvas, len(plots[r]))
	}
	each(func(r, k int, around margins) {
		low := c.Min // of the data
		for i := range k {
			low.X += columns[i].left + width + columns[i].right + tiles.PadX
		}
		for i := len(rows) - 1; i > r; i-- {
			low.Y += rows[i].bottom + height + rows[i].top + tiles.PadY
		}
		low.X, low.Y = low.X+columns[k].left, low.Y+rows[r].bottom
		aligned[r][k] = draw.Canvas{Canvas: c.Canvas, Rectangle: vg.Rectangle{
			Min: vg.Point{X: low.X - around.left, Y: low.Y - around.bottom},
			Max: vg.Point{X: low.X + width + around.right, Y: low.Y + height + around.top},
		}}
	})
	return aligned
}
