package main

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"text/tabwriter"

	"gaetrain/loaders/files"
)

// printTable prints rows in aligned columns, each with its experiment.
func printTable(w io.Writer, rows []*row) {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, strings.Join(append([]string{"experiment"}, columns...), "\t"))
	for _, r := range rows {
		fmt.Fprintln(t, strings.Join(append([]string{r.experiment}, r.cells()...), "\t"))
	}
	t.Flush()
}

// section returns an experiment's section of docs/results.md, without its markers.
func section(e experiment, rows []*row, commands []string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "## %s\n\n%s\n\n", e.title, strings.TrimSpace(e.about))
	line := func(cells []string) { fmt.Fprintf(&b, "| %s |\n", strings.Join(cells, " | ")) }
	line(columns)
	fmt.Fprintf(&b, "|%s\n", strings.Repeat("---|", len(columns)))
	for _, r := range rows {
		line(r.cells())
	}
	fmt.Fprintf(&b, "\n`scripts/reproduce/%s` runs these commands, and repeats them with the other seeds:\n\n```sh\n%s\n```\n", e.name, strings.Join(commands, "\n"))
	return b.String()
}

// write replaces an experiment's section in docs/results.md.
func (l *lab) write(e experiment, rows []*row) error {
	path := filepath.Join(l.root, "docs", "results.md")
	text, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	changed, err := between(string(text), e.name, section(e, rows, l.commands))
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	return writeFile(path, []byte(changed))
}

// between replaces the text between the markers of an experiment. If the text has no
// such markers, they are added at its end.
func between(text, name, section string) (string, error) {
	first, last := fmt.Sprintf("<!-- begin %s -->\n", name), fmt.Sprintf("<!-- end %s -->\n", name)
	before, rest, begun := strings.Cut(text, first)
	_, after, ended := strings.Cut(rest, last)
	switch {
	case begun && ended:
	case begun || strings.Contains(text, last):
		return "", fmt.Errorf("section %s has only one of its two markers", name)
	default:
		before = strings.TrimRight(text, "\n") + "\n\n"
	}
	return before + first + section + last + after, nil
}

// writeFile replaces a file atomically: a reader never sees a part of it.
func writeFile(path string, data []byte) error {
	return files.Write(path, func(w io.Writer) error {
		_, err := w.Write(data)
		return err
	})
}
