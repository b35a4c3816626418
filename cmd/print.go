package cmd

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"sync"
	"syscall"
	"text/tabwriter"

	"gaetrain/viz/plain"
)

// output is stdout or stderr as the whole program writes to it. It makes
// everything plain, because names come from files, folders, servers and
// arguments, and any text may quote one: a filter here cannot be forgotten. The
// filter lets line feeds and tabs pass, so printf and table escape those of
// names. Nothing else passes: lines that rewrite themselves on a terminal are
// written past it, see screen.
//
// A write never fails. Work goes on without a reader, and the first error is kept
// for the end: results that did not arrive are no success.
type output struct {
	to io.Writer

	mu    sync.Mutex // signals and verbs write at the same time
	plain *plain.Writer
	err   error
}

func newOutput(to io.Writer) *output { return &output{to: to, plain: plain.NewWriter(to)} }

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.err == nil {
		_, o.err = o.plain.Write(p)
	}
	return len(p), nil
}

// finish writes what is left and returns the first error of all writes. It wraps
// errReader if the reader of a pipe has ended.
func (o *output) finish() error {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.err == nil {
		o.err = o.plain.Flush()
	}
	switch {
	case o.err == nil:
		return nil
	case errors.Is(o.err, syscall.EPIPE):
		return fmt.Errorf("%w: %w", errReader, o.err)
	}
	return fmt.Errorf("results: %w", o.err)
}

// errReader is wrapped by the error about results that nobody read to their end,
// as in "gaetrain models | head -1". It is not reported in words.
var errReader = errors.New("results: the reader has ended")

// screen is what is behind an output. Only control sequences of the program
// itself may be written to it.
func screen(w io.Writer) io.Writer {
	if o, ok := w.(*output); ok {
		return o.to
	}
	return w
}

// operand is a value of a format. What it becomes is one plain line.
type operand struct{ value any }

func (o operand) Format(f fmt.State, verb rune) {
	_, _ = io.WriteString(f, plain.Line(fmt.Sprintf(fmt.FormatString(f, verb), o.value)))
}

// printf prints values in a format. Only the format breaks lines and sets tabs:
// within values, both are escaped. Verbs print with nothing else, see
// TestPrinting.
func printf(w io.Writer, format string, values ...any) {
	operands := make([]any, len(values))
	for i, value := range values {
		operands[i] = operand{value}
	}
	_, _ = fmt.Fprintf(w, format, operands...) // an output keeps its error
}

// printJSON writes a value as indented JSON.
func printJSON(w io.Writer, value any) error {
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	return e.Encode(value)
}

// longestCell is the number of runes that a table shows of a name.
const longestCell = 300

// table aligns rows of columns. Long cells are clipped.
func table(w io.Writer, rows ...[]string) error {
	for _, row := range rows {
		for i, cell := range row {
			row[i] = plain.Clip(plain.Line(cell), longestCell)
		}
	}
	return align(w, rows...)
}

// align aligns rows of columns as they are.
func align(w io.Writer, rows ...[]string) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, row := range rows {
		for i, cell := range row {
			if i > 0 {
				printf(t, "\t")
			}
			printf(t, "%s", cell)
		}
		printf(t, "\n")
	}
	return t.Flush()
}

// many is a number with a noun, such as "1 code" or "2 codes".
func many(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprint(n, " ", noun, "s")
}
