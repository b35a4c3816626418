package plain

import (
	"io"
	"unicode/utf8"
)

// Writer makes what is written to it plain. Line feeds and tabs pass, because
// whole documents are written to it; names within them go through Line before.
// It is not safe for concurrent use.
type Writer struct {
	to   io.Writer
	tail []byte // the beginning of a rune whose other bytes are still to come
}

// NewWriter returns a Writer that writes to to.
func NewWriter(to io.Writer) *Writer { return &Writer{to: to} }

// Write implements io.Writer. Its errors are those of the writer below.
func (w *Writer) Write(p []byte) (int, error) {
	text := append(w.tail, p...)
	cut := whole(text)
	w.tail = append([]byte(nil), text[cut:]...)
	if _, err := w.to.Write(appendPlain(make([]byte, 0, cut), text[:cut], structural)); err != nil {
		return 0, err
	}
	return len(p), nil
}

// Flush writes the bytes of a last rune that never became whole.
func (w *Writer) Flush() error {
	tail := w.tail
	w.tail = nil
	if len(tail) == 0 {
		return nil
	}
	_, err := w.to.Write(appendPlain(nil, tail, nil))
	return err
}

func structural(r rune) bool { return r == '\n' || r == '\t' }

// whole is the length of text without the beginning of a rune at its end.
func whole(text []byte) int {
	for back := 1; back < utf8.UTFMax && back <= len(text); back++ {
		if at := len(text) - back; utf8.RuneStart(text[at]) {
			if !utf8.FullRune(text[at:]) {
				return at
			}
			break
		}
	}
	return len(text)
}
