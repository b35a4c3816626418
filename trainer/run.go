package trainer

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/gofrs/flock"

	"gaetrain/loaders/files"
	"gaetrain/trainer/settings"
)

// Files and folders of a run folder.
const (
	runFile        = "run.json"
	metricsFile    = "metrics.jsonl"
	finalFile      = "metrics.json"
	lockFile       = ".lock"
	lastCheckpoint = "checkpoint/last.safetensors"
	bestCheckpoint = "checkpoint/best.safetensors"
	picturesFolder = "pictures"
)

// Run is an open run folder, held by this process alone.
type Run struct {
	Dir  string
	Info RunInfo

	warning string // why a resumed run cannot be bit-identical; "" where it can
	lock    *flock.Flock
	made    bool     // the folder itself, by this process
	before  []string // what it held before
	fresh   bool     // it held no run
}

// Path returns the path of a file of the run folder.
func (r *Run) Path(elements ...string) string {
	return filepath.Join(append([]string{r.Dir}, elements...)...)
}

// CreateRun makes a run folder for an experiment, or goes on with the one that
// is there where the configuration says resume. dir "" stands for the next free
// runs/<model>-<dataset>-<n>. The folder is locked until Close. Errors wrap
// ErrRun or ErrRunExists.
func CreateRun(dir string, e *Experiment, configuration map[string]settings.Setting) (*Run, error) {
	r := &Run{Dir: dir, Info: describe(e, configuration), made: dir == ""}
	if r.made {
		var err error
		if r.Dir, err = nextRunFolder(e.Name, e.Config.Dataset); err != nil {
			return nil, err
		}
	}
	r.look()
	if err := os.MkdirAll(r.Path(picturesFolder), 0o755); err != nil {
		return nil, fmt.Errorf("%w: %w; hint: choose a --run that can be written to", ErrRun, err)
	}
	if err := os.MkdirAll(r.Path(filepath.Dir(lastCheckpoint)), 0o755); err != nil {
		return nil, fmt.Errorf("%w: %w; hint: choose a --run that can be written to", ErrRun, err)
	}
	if err := r.acquire(); err != nil {
		return nil, err
	}
	r.sweep()
	if err := r.begin(e.Config.Resume); err != nil {
		r.Close()
		return nil, err
	}
	return r, nil
}

// begin writes run.json, or where there is one checks that this is the same run.
func (r *Run) begin(resume bool) error {
	old, err := ReadRunInfo(r.Dir)
	missing := errors.Is(err, fs.ErrNotExist)
	_, noCheckpoint := os.Stat(r.Path(lastCheckpoint))
	switch {
	case missing && (resume || noCheckpoint != nil):
		r.fresh = true
		return r.WriteJSON(runFile, r.Info)
	case err != nil && !missing:
		return err
	case !resume:
		return fmt.Errorf("%w: %s; hint: --resume to go on with it, or another --run", ErrRunExists, r.Dir)
	}
	if old.Kernel != r.Info.Kernel {
		r.warning = fmt.Sprintf("the run began with the kernel path %s and goes on with %s; the last bits of its numbers will differ from those of an uninterrupted run", old.Kernel, r.Info.Kernel)
	}
	for file, digest := range old.Data.Digest {
		if r.Info.Data.Digest[file] != digest {
			return fmt.Errorf("%w: %s was trained on another %s; hint: --data-dir with the same data", ErrRun, r.Dir, file)
		}
	}
	r.Info.Created = old.Created
	return r.WriteJSON(runFile, r.Info)
}

// temporary matches the names of files that are being written.
var temporary = regexp.MustCompile(`^\..+\.(safetensors|jsonl?|png|gif|svg|dot|html)[0-9]+$`)

// sweep removes what a killed process was writing. Where it cannot, training
// goes on all the same.
func (r *Run) sweep() {
	for _, folder := range []string{".", filepath.Dir(lastCheckpoint), picturesFolder} {
		entries, err := os.ReadDir(r.Path(folder))
		if err != nil {
			continue
		}
		for _, entry := range entries {
			if entry.Type().IsRegular() && temporary.MatchString(entry.Name()) {
				os.Remove(r.Path(folder, entry.Name()))
			}
		}
	}
}

// acquire takes the folder's lock.
func (r *Run) acquire() error {
	r.lock = flock.New(r.Path(lockFile))
	ok, err := r.lock.TryLock()
	if err != nil {
		return fmt.Errorf("%w: lock %s: %w", ErrRun, r.Dir, err)
	}
	if !ok {
		return fmt.Errorf("%w: %s is in use by another process; hint: wait for it, or choose another --run", ErrRun, r.Dir)
	}
	return nil
}

// Close lets the folder go. A run that began in this process and never came to
// a checkpoint leaves nothing behind.
func (r *Run) Close() error {
	if _, err := os.Stat(r.Path(lastCheckpoint)); r.fresh && errors.Is(err, fs.ErrNotExist) {
		r.discard()
	}
	return r.lock.Unlock()
}

// look notes what is in the folder before the run.
func (r *Run) look() {
	entries, err := os.ReadDir(r.Dir)
	r.made = r.made || errors.Is(err, fs.ErrNotExist)
	for _, entry := range entries {
		r.before = append(r.before, entry.Name())
	}
}

// discard removes what the run has added to its folder. What cannot be removed
// stays: the error that ends the run says what is wrong there.
func (r *Run) discard() {
	entries, err := os.ReadDir(r.Dir)
	if err != nil {
		return
	}
	for _, entry := range entries {
		if !slices.Contains(r.before, entry.Name()) {
			os.RemoveAll(r.Path(entry.Name()))
		}
	}
	if r.made {
		os.Remove(r.Dir)
	}
}

// nextRunFolder makes the first free runs/<model>-<dataset>-<n>.
func nextRunFolder(model, dataset string) (string, error) {
	if err := os.MkdirAll("runs", 0o755); err != nil {
		return "", fmt.Errorf("%w: %w; hint: choose a --run that can be written to", ErrRun, err)
	}
	name, _, _ := strings.Cut(dataset, ":") // idx:DIR and the like: without the path
	for n := 1; ; n++ {
		dir := filepath.Join("runs", fmt.Sprintf("%s-%s-%d", model, name, n))
		if err := os.Mkdir(dir, 0o755); err == nil {
			return dir, nil
		} else if !errors.Is(err, fs.ErrExist) {
			return "", fmt.Errorf("%w: %w", ErrRun, err)
		}
	}
}

// WriteJSON writes a value as indented JSON into a file of the run folder, as Write does.
func (r *Run) WriteJSON(name string, value any) error {
	return r.Write(name, func(w io.Writer) error {
		e := json.NewEncoder(w)
		e.SetIndent("", "  ")
		return e.Encode(value)
	})
}

// Write lets write fill a file of the run folder, atomically. Errors wrap ErrRun.
func (r *Run) Write(name string, write func(io.Writer) error) error {
	if err := files.Write(r.Path(name), write); err != nil {
		return fmt.Errorf("%w: %w; hint: is the disk full or the folder read-only?", ErrRun, err)
	}
	return nil
}
