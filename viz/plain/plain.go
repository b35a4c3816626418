// Package plain makes text harmless to show: names of classes, files and data
// sets come from others, and may hold control sequences of a terminal, line
// breaks, marks that reverse the direction of writing, and runes without width.
// Such runes are written as JSON writes them, \n or \u202e, and bytes that are no
// UTF-8 as \xff. JSON therefore stays JSON of the same meaning. All other text is
// unchanged.
package plain

import (
	"fmt"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"
)

// Line returns text on one line, with everything in it visible.
func Line(text string) string {
	if strings.IndexFunc(text, suspect) < 0 {
		return text
	}
	return string(appendPlain(nil, []byte(text), nil))
}

// Clip shortens text of more than limit runes. It keeps both ends, because one
// of them often says what the text is and the other one what is wrong with it.
func Clip(text string, limit int) string {
	if len(text) <= limit || utf8.RuneCountInString(text) <= limit {
		return text
	}
	runes := []rune(text)
	tail := limit / 3
	return string(runes[:limit-tail-1]) + "…" + string(runes[len(runes)-tail:])
}

// Thousands writes a count with a comma between groups of three digits.
func Thousands(n int) string {
	text := strconv.Itoa(n)
	for at := len(text) - 3; at > 0; at -= 3 {
		text = text[:at] + "," + text[at:]
	}
	return text
}

// suspect reports whether a rune is hidden, or may stand for a byte that is no
// UTF-8.
func suspect(r rune) bool { return r == utf8.RuneError || Hidden(r) }

// Hidden reports whether a rune has another effect than to be shown. These
// are controls, formats (the marks of direction are among them), separators of
// lines, surrogates, runes for private use, and letters without an image.
func Hidden(r rune) bool {
	return !unicode.IsGraphic(r) || unicode.Is(unicode.Other_Default_Ignorable_Code_Point, r)
}

// appendPlain appends text to to. Hidden runes are escaped, except those that
// keep holds.
func appendPlain(to, text []byte, keep func(rune) bool) []byte {
	for len(text) > 0 {
		r, size := utf8.DecodeRune(text)
		switch {
		case r == utf8.RuneError && size == 1:
			to = fmt.Appendf(to, `\x%02x`, text[0])
		case !Hidden(r) || keep != nil && keep(r):
			to = append(to, text[:size]...)
		default:
			to = appendEscaped(to, r)
		}
		text = text[size:]
	}
	return to
}

func appendEscaped(to []byte, r rune) []byte {
	if i := strings.IndexRune("\b\f\n\r\t", r); i >= 0 {
		return append(to, '\\', "bfnrt"[i])
	}
	for _, unit := range utf16.AppendRune(nil, r) {
		to = fmt.Appendf(to, `\u%04x`, unit)
	}
	return to
}
