package viz

import (
	"cmp"
	"math"
	"slices"
	"strconv"
	"strings"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"gaetrain/viz/plot"
)

// evenTicks makes about target ticks at multiples of 1, 2 or 5 times a power of ten. With whole, they are whole numbers.
type evenTicks struct {
	whole  bool
	target int
}

// Ticks returns the ticks in [low, high], all with the same number of decimals.
func (t evenTicks) Ticks(low, high float64) []plot.Tick {
	step := niceStep((high - low) / float64(t.target))
	if t.whole {
		step = math.Max(1, step)
	}
	decimals := max(0, -int(math.Floor(math.Log10(step)+1e-9)))
	var ticks []plot.Tick
	for k := math.Ceil(low/step - 1e-9); k*step <= high+step*1e-9 && len(ticks) < 100; k++ {
		ticks = append(ticks, plot.Tick{Value: k * step, Label: tickLabel(k*step, decimals)})
	}
	return ticks
}

// niceStep is the smallest of 1, 2, 5 times a power of ten that is not below rough.
func niceStep(rough float64) float64 {
	if !(rough > 0) || math.IsInf(rough, 0) {
		return 1
	}
	power := math.Pow(10, math.Floor(math.Log10(rough)))
	for _, factor := range []float64{1, 2, 5} {
		if factor*power >= rough*(1-1e-9) {
			return factor * power
		}
	}
	return 10 * power
}

// tickLabel writes v with the given decimals, or with an exponent if there are more than seven characters.
func tickLabel(v float64, decimals int) string {
	text := strconv.FormatFloat(v, 'f', decimals, 64)
	if len(text) > 7 {
		text = strconv.FormatFloat(v, 'g', 4, 64)
	}
	if strings.Trim(text, "-0.") == "" {
		return "0"
	}
	return strings.ReplaceAll(text, "-", "−")
}

// decadeTicks labels powers of ten, at most six of them, with unlabelled ticks at the multiples between.
type decadeTicks struct{}

// Ticks returns the ticks in [low, high], both above zero.
func (decadeTicks) Ticks(low, high float64) []plot.Tick {
	first, last := int(math.Floor(math.Log10(low))), int(math.Ceil(math.Log10(high)))
	every := (last-first)/6 + 1
	var ticks []plot.Tick
	for e := first; e <= last; e++ {
		decade := math.Pow10(e)
		if e%every == 0 && decade >= low && decade <= high {
			ticks = append(ticks, plot.Tick{Value: decade, Label: decadeLabel(e)})
		}
		for m := 2.0; m < 10 && every == 1; m++ {
			if v := m * decade; v >= low && v <= high {
				ticks = append(ticks, plot.Tick{Value: v})
			}
		}
	}
	return ticks
}

func decadeLabel(e int) string {
	if e < -3 || e > 4 {
		return strings.Replace("1e"+strconv.Itoa(e), "-", "−", 1)
	}
	return strconv.FormatFloat(math.Pow10(e), 'f', max(0, -e), 64)
}

// fineTicks labels 1, 2 and 5 times the powers of ten over up to two decades, else the powers.
type fineTicks struct{}

// Ticks returns the ticks in [low, high], both above zero.
func (fineTicks) Ticks(low, high float64) []plot.Tick {
	if high/low > 100 {
		return decadeTicks{}.Ticks(low, high)
	}
	var ticks []plot.Tick
	for e := int(math.Floor(math.Log10(low))); math.Pow10(e) <= high; e++ {
		for _, m := range []float64{1, 2, 5} {
			if v := m * math.Pow10(e); v >= low && v <= high {
				ticks = append(ticks, plot.Tick{Value: v, Label: tickLabel(v, max(0, -e))})
			}
		}
	}
	return ticks
}

// gridLines draws a faint line at every labelled tick of the vertical axis.
type gridLines struct{}

// Plot implements plot.Plotter.
func (gridLines) Plot(canvas draw.Canvas, axes *plot.Plot) {
	_, toY := axes.Transforms(&canvas)
	for _, tick := range axes.Y.Tick.Marker.Ticks(axes.Y.Min, axes.Y.Max) {
		if !tick.IsMinor() {
			y := toY(tick.Value)
			canvas.StrokeLine2(draw.LineStyle{Color: faint, Width: 0.6}, canvas.Min.X, y, canvas.Max.X, y)
		}
	}
}

// markLines draws the vertical lines of marks.
type markLines []Mark

// Plot implements plot.Plotter.
func (marks markLines) Plot(canvas draw.Canvas, axes *plot.Plot) {
	toX, _ := axes.Transforms(&canvas)
	style := draw.LineStyle{Color: muted, Width: 0.7, Dashes: []vg.Length{1.5, 2.5}}
	for _, m := range marks {
		if finite(m.X) {
			canvas.StrokeLine2(style, toX(m.X), canvas.Min.Y, toX(m.X), canvas.Max.Y)
		}
	}
}

// label is the label of a mark in its place.
type label struct {
	text  string
	x     vg.Length
	level int // line, counted from the data upwards
}

func labelStyle() draw.TextStyle { return textStyle(8.5, muted) }

// placeLabels puts labels above data from left to right, each on the lowest of the given lines that has room for it. A
// label without room is left out.
func placeLabels(marks []Mark, toX func(float64) vg.Length, left, right vg.Length, levels int) (placed []label) {
	style, taken := labelStyle(), slices.Repeat([]vg.Length{left - 1}, levels)
	ordered := slices.Clone(marks)
	slices.SortStableFunc(ordered, func(a, b Mark) int { return cmp.Compare(a.X, b.X) })
	for _, m := range ordered {
		if !finite(m.X) || m.Label == "" {
			continue
		}
		text := fitText(style, m.Label, right-left)
		width := style.Width(text)
		x := min(max(toX(m.X)-width/2, left), right-width)
		for level := range taken {
			if x > taken[level] {
				placed = append(placed, label{text, x, level})
				taken[level] = x + width + 4
				break
			}
		}
	}
	return placed
}

// drawMarkLabels writes the labels of marks above the data, on as many lines as given.
func drawMarkLabels(data draw.Canvas, axes *plot.Plot, marks []Mark, levels int) {
	toX, _ := axes.Transforms(&data)
	for _, l := range placeLabels(marks, toX, data.Min.X, data.Max.X, levels) {
		data.FillText(labelStyle(), vg.Point{X: l.x, Y: data.Max.Y + 3 + vg.Length(l.level)*markHeight}, l.text)
	}
}
