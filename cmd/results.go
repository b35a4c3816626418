package cmd

import (
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"gaetrain/trainer"
)

// finished is a run that is done.
type finished struct {
	*trainer.Run
	unit func(figure string) string
}

// print prints the figures of the run and the paths of its files.
func (run finished) print(w io.Writer) error {
	final, err := run.Final()
	if err != nil {
		return err
	}
	printf(w, "run        %s (%d epochs, %.1f s, %d parameters)\n", run.Dir, final.Epochs, final.Seconds, final.Parameters)
	last := run.Info.Stages[len(run.Info.Stages)-1]
	for _, split := range slices.Sorted(maps.Keys(final.Last)) {
		f := final.Last[split]
		printf(w, "%-10s ", split)
		var figures []string
		for name, value := range f.All() {
			figures = append(figures, strings.TrimSpace(fmt.Sprintf("%s %.5g %s", strings.ReplaceAll(name, "_", " "), value, run.unit(name))))
		}
		printf(w, "%s\n", strings.Join(figures, ", "))
	}
	best := "no epoch was selected, because there is no validation set"
	if final.BestEpoch > 0 {
		best = fmt.Sprintf("epoch %d", final.BestEpoch)
		if len(run.Info.Stages) > 1 {
			best += " of stage " + last.Name
		}
		best += ", selected on the validation set"
	}
	printf(w, "best       %s\n", best)
	for _, file := range []struct{ name, path string }{
		{"pictures", run.Path("pictures")}, {"curves", run.Path("curves.svg")}, {"figures", run.Path("metrics.json")}, {"report", run.Path("report.html")},
	} {
		if _, err := os.Stat(file.path); err == nil {
			printf(w, "%-10s %s\n", file.name, file.path)
		}
	}
	return nil
}

// keep writes figures as JSON into a run folder. It returns a line that names the
// file.
func keep(dir, name string, figures any) (string, error) {
	run := trainer.Run{Dir: dir}
	return "figures in " + run.Path(name), run.WriteJSON(name, figures)
}

// checkOut reports, before any work is done, that --out names no file which can
// be written; ending is what the file's name gets or must have.
func checkOut(out, ending string) error {
	name := strings.TrimSuffix(out, ending)
	if name == "" || os.IsPathSeparator(name[len(name)-1]) {
		return fmt.Errorf("%w: --out %q names no file; hint: such as results%s", errUsage, out, ending)
	}
	if info, err := os.Stat(filepath.Dir(name)); err != nil || !info.IsDir() {
		return fmt.Errorf("%w: --out %s: no folder %s; hint: make it first", errUsage, out, filepath.Dir(name))
	}
	if info, err := os.Stat(name + ending); err == nil && info.IsDir() {
		return fmt.Errorf("%w: --out %s: %s is a folder", errUsage, out, name+ending)
	}
	return nil
}
