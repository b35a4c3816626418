package trainer

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// noRunError is the error about a folder that holds no run. It wraps ErrRun and
// fs.ErrNotExist.
type noRunError struct{ dir string }

func (e noRunError) Unwrap() []error { return []error{ErrRun, fs.ErrNotExist} }

// Error names the runs in the folder or, if it has none, in the parent folder.
func (e noRunError) Error() string {
	runs := RunsIn(e.dir)
	if len(runs) == 0 {
		runs = RunsIn(filepath.Dir(filepath.Clean(e.dir)))
	}
	hint := "gaetrain train trains one"
	if len(runs) > 0 {
		hint = "the latest runs there are " + strings.Join(runs, ", ")
	}
	return fmt.Sprintf("%v: no run at %s; hint: %s", ErrRun, e.dir, hint)
}

// IsRun reports whether a folder holds a run.
func IsRun(dir string) bool {
	_, err := os.Stat(filepath.Join(dir, runFile))
	return err == nil
}

// RunsIn lists the latest runs in a folder, at most five.
func RunsIn(dir string) (runs []string) {
	const most, entries = 5, 10000
	folder, err := os.Open(dir)
	if err != nil {
		return nil
	}
	defer folder.Close()
	names, _ := folder.Readdirnames(entries)
	started := make(map[string]time.Time)
	for _, name := range names {
		run := filepath.Join(dir, name)
		if info, err := os.Stat(filepath.Join(run, runFile)); err == nil {
			runs, started[run] = append(runs, run), info.ModTime()
		}
	}
	slices.SortFunc(runs, func(a, b string) int {
		if order := started[b].Compare(started[a]); order != 0 {
			return order
		}
		return strings.Compare(a, b)
	})
	return runs[:min(most, len(runs))]
}
