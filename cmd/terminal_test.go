package cmd

import (
	"fmt"
	"math"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"gaetrain/trainer"
	"gaetrain/trainer/pictures"
	"gaetrain/viz"
)

// emulator is a terminal that interprets the control characters that the program writes.
type emulator struct {
	columns  int
	lines    [][]rune
	row, col int
	coloured int      // number of control sequences of styles
	states   []string // the line of the cursor before each return to its start
	problem  string
}

// mayWrap matches lines that a terminal may wrap, because they are never rewritten.
var mayWrap = regexp.MustCompile(`^(no validation set|training |writing to |warning: )`)

var sequence = regexp.MustCompile(`^\x1b\[([0-9;]*)([A-Za-z])`)

func (e *emulator) write(text string) {
	for text != "" {
		if m := sequence.FindStringSubmatch(text); m != nil {
			e.control(m[1], m[2])
			text = text[len(m[0]):]
			continue
		}
		r, n := utf8.DecodeRuneInString(text)
		text = text[n:]
		switch r {
		case '\n':
			e.row, e.col = e.row+1, 0
		case '\r':
			e.states = append(e.states, e.line(e.row))
			e.col = 0
		default:
			e.put(r)
		}
	}
}

func (e *emulator) control(number, what string) {
	n := 1
	_, _ = fmt.Sscan(number, &n)
	switch what {
	case "m":
		e.coloured++
	case "K":
		if e.row < len(e.lines) && e.col < len(e.lines[e.row]) {
			e.lines[e.row] = e.lines[e.row][:e.col]
		}
	case "J":
		e.lines = e.lines[:min(e.row, len(e.lines))]
	case "A":
		e.row -= n
	default:
		e.problem = "control sequence " + number + what
	}
	if e.row < 0 {
		e.problem, e.row = "the cursor leaves the screen", 0
	}
}

func (e *emulator) put(r rune) {
	if e.col >= e.columns && !mayWrap.MatchString(e.line(e.row)) {
		e.problem = fmt.Sprintf("%q is longer than %d columns", e.line(e.row), e.columns)
	}
	for len(e.lines) <= e.row {
		e.lines = append(e.lines, nil)
	}
	for len(e.lines[e.row]) <= e.col {
		e.lines[e.row] = append(e.lines[e.row], ' ')
	}
	e.lines[e.row][e.col] = r
	e.col++
}

func (e *emulator) line(row int) string {
	if row >= len(e.lines) {
		return ""
	}
	return strings.TrimRight(string(e.lines[row]), " ")
}

// screen is the text of all lines.
func (e *emulator) screen() string {
	var all strings.Builder
	for row := range e.lines {
		all.WriteString(e.line(row) + "\n")
	}
	return all.String()
}

// TestCapabilities reads what a terminal can show from the environment.
func TestCapabilities(t *testing.T) {
	for _, test := range []struct {
		environment string
		colours     colours
		unicode     bool
	}{
		{"", noColours, false},
		{"TERM=xterm LANG=C", fewColours, false},
		{"TERM=xterm-256color LANG=en_US.UTF-8", manyColours, true},
		{"TERM=xterm-256color COLORTERM=truecolor LANG=C.utf8", trueColours, true},
		{"TERM=xterm-direct LC_ALL=C LANG=de_DE.UTF-8", trueColours, false},
		{"TERM=screen LC_CTYPE=C.UTF-8 LANG=C", fewColours, true},
		{"TERM=xterm-256color NO_COLOR=1 LANG=C.UTF-8", noColours, true},
	} {
		variables := make(map[string]string)
		for _, entry := range strings.Fields(test.environment) {
			name, value, _ := strings.Cut(entry, "=")
			variables[name] = value
		}
		variable := func(name string) string { return variables[name] }
		if c, u := coloursOf(variable), isUnicode(variable); c != test.colours || u != test.unicode {
			t.Errorf("%s: colours %d and unicode %t, want %d and %t", test.environment, c, u, test.colours, test.unicode)
		}
	}
}

func TestSparkline(t *testing.T) {
	for _, test := range []struct {
		values  []float64
		columns int
		want    string
	}{
		{nil, 10, ""},
		{[]float64{3}, 10, "▅"},
		{[]float64{2, 2}, 10, "▅▅"},
		{[]float64{0, 1, 2, 3, 4, 5, 6, 7}, 10, "▁▂▃▄▅▆▇█"},
		{[]float64{0, 0, 7, 7}, 2, "▁█"},
		{[]float64{1, 10, 100}, 10, "▁▅█"}, // logarithmic
		{[]float64{0, 10, 100}, 10, "▁▂█"},
		{[]float64{1, math.NaN(), math.Inf(1), 2}, 10, "▁  █"},
		{[]float64{1, 2}, 0, ""},
		{[]float64{1, 2}, -1, ""},
	} {
		if got := sparkline(test.values, test.columns, unicodeBars); got != test.want {
			t.Errorf("%v in %d columns: %q, want %q", test.values, test.columns, got, test.want)
		}
	}
	if got := sparkline([]float64{0, 7}, 2, asciiBars); got != "_#" {
		t.Errorf("ASCII: %q", got)
	}
}

// TestChosen checks that parts of a large rank are left out first, and that the others keep
// their order.
func TestChosen(t *testing.T) {
	parts := []part{{span{text: "epoch 3/10"}, 1}, {span{text: "step 12/47"}, 3}, {span{text: "loss 241.3"}, 2}, {span{}, 4}}
	for columns, want := range map[int]string{80: "epoch 3/10  step 12/47  loss 241.3", 35: "epoch 3/10  step 12/47  loss 241.3", 34: "epoch 3/10  loss 241.3", 22: "epoch 3/10", 6: "epoch", 1: "", 0: ""} {
		var out strings.Builder
		terminal{}.writeFitted(&out, columns, chosen(parts, columns))
		if got := out.String(); got != want {
			t.Errorf("%d columns: %q, want %q", columns, got, want)
		}
	}
}

// TestFit checks sizes of previews of images of the given sizes.
func TestFit(t *testing.T) {
	for in, want := range map[[4]int][2]int{
		{28, 28, 79, 40}: {28, 28}, {28, 28, 79, 20}: {20, 20}, {28, 28, 10, 40}: {10, 10}, {64, 32, 40, 40}: {40, 20}, {4, 4, 79, 40}: {28, 28},
		{8, 8, 79, 18}: {16, 16}, {1, 300, 79, 40}: {1, 40}, {300, 1, 79, 40}: {79, 1}, {28, 28, 0, 40}: {0, 0}, {28, 28, 79, -2}: {0, 0},
	} {
		if w, h := fit(in[0], in[1], in[2], in[3]); w != want[0] || h != want[1] {
			t.Errorf("%d×%d in %d×%d: %d×%d, want %v", in[0], in[1], in[2], in[3], w, h, want)
		}
	}
}

// gradient are two images of the given size, from black at the top to white at the bottom.
func gradient(channels, height, width int) viz.Images {
	m := viz.Images{Channels: channels, Height: height, Width: width}
	for range 2 * channels {
		for y := range height {
			for range width {
				m.Pixels = append(m.Pixels, float32(y)/float32(height-1))
			}
		}
	}
	return m
}

// TestPreviewed draws images and curves on several terminals. No line may be too long, and
// there must be room for the lines that stand around the preview.
func TestPreviewed(t *testing.T) {
	images := func(channels, height, width int) pictures.Preview {
		m := gradient(channels, height, width)
		return pictures.Preview{Rows: []pictures.PreviewRow{{Label: "original", Images: m}, {Label: "reconstruction", Images: m}}}
	}
	curves := pictures.Preview{Rows: []pictures.PreviewRow{{Label: "original", Curves: [][]float32{{0, 1, 2}, {3, 3, 3}}}, {Label: "reconstruction", Curves: [][]float32{{0, 2, 4}, {1, 2, 3}}}}}
	for name, items := range map[string]pictures.Preview{"grey": images(1, 28, 28), "colour": images(3, 64, 64), "frames": images(1, 24, 12), "five channels": images(5, 6, 4), "rows": curves, "sample": {Rows: images(1, 8, 8).Rows[:1]}} {
		for _, colours := range []colours{noColours, fewColours, manyColours, trueColours} {
			for _, size := range [][2]int{{80, 24}, {40, 12}, {200, 50}, {20, 60}, {10, 6}, {3, 3}} {
				display := terminal{colours, colours != fewColours, func() (int, int) { return size[0], size[1] }}
				lines := display.previewed(items, "after epoch 3")
				e, out := emulator{columns: size[0]}, new(strings.Builder)
				for _, line := range lines {
					display.write(out, line...)
					out.WriteString("\n")
				}
				if e.write(out.String()); e.problem != "" || len(lines) > max(1, size[1]-3) || (e.coloured > 0) != (colours > 0) {
					t.Errorf("%s with %d colours on %v: %s, %d lines, %d styles", name, colours, size, e.problem, len(lines), e.coloured)
				}
				if size[0] >= 40 && (len(lines) < 3 || !strings.Contains(e.line(0), "after epoch 3") && size[0] > 60) {
					t.Errorf("%s with %d colours on %v: %q", name, colours, size, e.screen())
				}
			}
		}
	}
	display := terminal{unicode: true}
	want := "test rows above their reconstructions, after epoch 3\noriginal        ▁▃▅\nreconstruction  ▁▅█\noriginal        ███\nreconstruction  ▁▅█\n"
	e := emulator{columns: 80}
	for _, line := range display.previewed(curves, "after epoch 3") {
		for _, s := range line {
			e.write(s.text)
		}
		e.write("\n")
	}
	if e.screen() != want {
		t.Errorf("%q, want %q", e.screen(), want)
	}
}

// TestCell draws two pixels in each way that a terminal can show them.
func TestCell(t *testing.T) {
	black, white, red := pixel{}, pixel{1, 1, 1}, pixel{1, 0, 0}
	for _, test := range []struct {
		display     terminal
		top, bottom pixel
		want        span
	}{
		{terminal{trueColours, true, nil}, black, red, span{"▀", "38;2;0;0;0;48;2;255;0;0"}},
		{terminal{manyColours, true, nil}, white, red, span{"▀", "38;5;231;48;5;196"}},
		{terminal{manyColours, true, nil}, black, pixel{0.5, 0.5, 0.5}, span{"▀", "38;5;16;48;5;244"}},
		{terminal{manyColours, false, nil}, black, white, span{" ", "48;5;244"}},
		{terminal{fewColours, true, nil}, white, white, span{text: "@"}},
		{terminal{}, black, black, span{text: " "}},
	} {
		if got := test.display.cell(test.top, test.bottom); got != test.want {
			t.Errorf("%v above %v: %q, want %q", test.top, test.bottom, got, test.want)
		}
	}
	nan := float32(math.NaN())
	if got, want := newPixel([]float32{2, -1, nan}), (pixel{1, 0, 0}); got != want {
		t.Errorf("pixel %v, want %v", got, want)
	}
}

// TestHistory collects the figures of two stages. Only those of the present stage count.
func TestHistory(t *testing.T) {
	epoch := func(loss float64) []trainer.Record {
		return []trainer.Record{{Split: "train", Figures: trainer.Figures{Loss: loss}}, {Split: "test", Figures: trainer.Figures{Loss: 9}}}
	}
	var h history
	h.add(0, epoch(3))
	h.add(0, epoch(2))
	if got := h.of(0); !slices.Equal(got, []float64{3, 2}) || h.of(1) != nil {
		t.Errorf("first stage: %v and %v", got, h.of(1))
	}
	distance := epoch(5)
	distance[1].Measures = map[string]float64{trainer.SampleDistance: 7}
	h.add(1, distance)
	if got := h.of(1); !slices.Equal(got, []float64{7}) || h.of(0) != nil {
		t.Errorf("second stage: %v and %v", got, h.of(0))
	}
}
