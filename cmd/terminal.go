package cmd

import (
	"cmp"
	"io"
	"os"
	"slices"
	"strings"
	"unicode/utf8"

	"golang.org/x/term"
)

// terminal says what a terminal can show. The zero value shows plain ASCII text.
type terminal struct {
	colours colours
	unicode bool // characters beyond ASCII, such as ▀
	size    func() (columns, rows int)
}

// colours is the number of colours of a terminal.
type colours int

const (
	noColours   colours = iota
	fewColours          // those of text, such as green
	manyColours         // 256
	trueColours         // any
)

// terminalOf returns what the terminal behind a writer can show. It returns false for a
// file or a pipe, and for a terminal that cannot rewrite a line.
func terminalOf(out io.Writer, variable func(string) string) (terminal, bool) {
	file, ok := out.(*os.File)
	if !ok || !term.IsTerminal(int(file.Fd())) || variable("TERM") == "dumb" {
		return terminal{}, false
	}
	t := terminal{colours: coloursOf(variable), unicode: isUnicode(variable)}
	t.size = func() (columns, rows int) {
		columns, rows, err := term.GetSize(int(file.Fd()))
		if err != nil {
			return 0, 0
		}
		return columns, rows
	}
	return t, true
}

// coloursOf reads the number of colours from the environment. NO_COLOR with any value
// means none, see no-color.org.
func coloursOf(variable func(string) string) colours {
	name := variable("TERM")
	switch {
	case variable("NO_COLOR") != "" || name == "":
		return noColours
	case variable("COLORTERM") == "truecolor" || variable("COLORTERM") == "24bit" || strings.HasSuffix(name, "-direct"):
		return trueColours
	case strings.Contains(name, "256color"):
		return manyColours
	}
	return fewColours
}

// isUnicode reports whether the locale is one of UTF-8.
func isUnicode(variable func(string) string) bool {
	locale := strings.ToLower(cmp.Or(variable("LC_ALL"), variable("LC_CTYPE"), variable("LANG")))
	return strings.Contains(locale, "utf-8") || strings.Contains(locale, "utf8")
}

// bars are the characters of sparklines.
func (t terminal) bars() []rune {
	if t.unicode {
		return unicodeBars
	}
	return asciiBars
}

// dimensions are the numbers of columns and rows, 80×24 if they are not known.
func (t terminal) dimensions() (columns, rows int) {
	if t.size != nil {
		columns, rows = t.size()
	}
	return max(0, cmp.Or(columns, 80)), max(0, cmp.Or(rows, 24))
}

// Styles of text, as parameters of the control sequence for them.
const (
	dimStyle    = "2"
	greenStyle  = "1;32"
	yellowStyle = "33"
	cyanStyle   = "36"
)

// span is a piece of text of one style.
type span struct {
	text, style string // style "": plain
}

// write prints spans. Their texts are escaped, see printf.
func (t terminal) write(w io.Writer, spans ...span) {
	for _, s := range spans {
		if s.style == "" || t.colours == noColours {
			printf(w, "%s", s.text)
			continue
		}
		printf(w, "\x1b["+s.style+"m%s\x1b[0m", s.text)
	}
}

// part is a piece of a line. Parts of a larger rank are left out first.
type part struct {
	span
	rank int
}

// chosen returns the parts that fit one line of a terminal, in their order.
func chosen(parts []part, columns int) (spans []span) {
	parts = slices.DeleteFunc(parts, func(p part) bool { return p.text == "" })
	byRank := slices.Clone(parts)
	slices.SortStableFunc(byRank, func(a, b part) int { return a.rank - b.rank })
	width, last := 0, 0
	for i, p := range byRank {
		if width += 2 + utf8.RuneCountInString(p.text); i > 0 && width-2 >= columns {
			break
		}
		last = p.rank
	}
	for _, p := range parts {
		if p.rank <= last {
			spans = append(spans, p.span)
		}
	}
	return spans
}

// writeFitted prints as many of the first spans as fit one line of a terminal, with two
// spaces between them. The last column stays free, because some terminals break the line
// there.
func (t terminal) writeFitted(w io.Writer, columns int, spans []span) {
	width := 0
	for i, s := range spans {
		if i > 0 {
			width += 2
		}
		n := utf8.RuneCountInString(s.text)
		switch {
		case i > 0 && width+n >= columns:
			return
		case width+n >= columns:
			s.text = cut(s.text, columns-1)
		case i > 0:
			printf(w, "  ")
		}
		t.write(w, s)
		width += n
	}
}

// cut returns the first runes of a text, at most the given number.
func cut(text string, most int) string {
	runes := []rune(text)
	return string(runes[:max(0, min(most, len(runes)))])
}
