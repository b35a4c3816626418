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

// output is stdout or stderr for the whole program. It escapes control characters,
// because any text may quote a name from a file, a folder, a server or an argument.
// Since everything passes this filter, no caller can forget it. Line feeds and tabs
// pass the filter, so printf and table escape those within names. Lines that are
// rewritten on a terminal bypass it, see screen.
//
// A write never fails. Work continues without a reader. The first error is kept for
// finish, because a run whose results did not arrive has not succeeded.
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

// errReader is wrapped by the error about results that were not read to their end, as
// in "gaetrain models | head -1". It only sets the exit code; no message is printed.
var errReader = errors.New("results: the reader has ended")

// screen returns the writer behind an output. Only control sequences of the program
// itself may be written to it.
func screen(w io.Writer) io.Writer {
	if o, ok := w.(*output); ok {
		return o.to
	}
	return w
}

// operand is a value of a format. It is formatted as one line without control characters.
type operand struct{ value any }

func (o operand) Format(f fmt.State, verb rune) {
	_, _ = io.WriteString(f, plain.Line(fmt.Sprintf(fmt.FormatString(f, verb), o.value)))
}

// printf prints values in a format. Line feeds and tabs within values are escaped; only
// those of the format are printed. Verbs print only with printf and table, see
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

// longestCell is the largest number of runes in a cell of a table.
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

// align aligns rows of columns without clipping cells.
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
