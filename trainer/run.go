package trainer

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
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

	notes    []string // about how a resumed run continues
	warnings []string // what of that needs attention
	lock     *flock.Flock
	lockMade bool        // its file, by this process
	made     []string    // the folder and those above it that this process made, the deepest first
	before   []string    // what the folder held before
	fresh    bool        // it held no run
	last     *Checkpoint // that a resumed run continues from, until NewLoop has taken it
}

// Path returns the path of a file of the run folder.
func (r *Run) Path(elements ...string) string {
	return filepath.Join(append([]string{r.Dir}, elements...)...)
}

// CreateRun makes a run folder for an experiment, or opens the one that is there if
// the configuration says resume. dir "" stands for the next free
// runs/<model>-<dataset>-<n>. The folder is locked until Close. A run that is
// refused leaves the folder as it was. Errors wrap ErrRun, ErrRunExists,
// ErrCheckpoint or ErrConfiguration.
func CreateRun(dir string, e *Experiment, configuration map[string]settings.Setting) (*Run, error) {
	r := &Run{Dir: dir, Info: describe(e, configuration)}
	if err := r.makeFolder(e); err != nil {
		r.removeFolders()
		return nil, err
	}
	if err := r.acquire(); err != nil {
		return nil, err
	}
	r.look()
	if err := r.begin(e); err != nil {
		r.discard()
		r.lock.Unlock()
		return nil, err
	}
	return r, nil
}

// makeFolder makes the run folder itself and notes which folders it had to make.
func (r *Run) makeFolder(e *Experiment) (err error) {
	if r.Dir == "" {
		r.made = missing("runs")
		if r.Dir, err = nextRunFolder(e.Name, e.Config.Dataset); err != nil {
			return err
		}
		r.made = append([]string{r.Dir}, r.made...)
		return nil
	}
	r.made = missing(r.Dir)
	if err := os.MkdirAll(r.Dir, 0o755); err != nil {
		return fmt.Errorf("%w: %w; hint: choose a --run that can be written to", ErrRun, err)
	}
	return nil
}

// missing lists a folder and those above it that do not exist, the deepest first.
func missing(dir string) (list []string) {
	for ; ; dir = filepath.Dir(dir) {
		if _, err := os.Lstat(dir); !errors.Is(err, fs.ErrNotExist) || dir == filepath.Dir(dir) {
			return list
		}
		list = append(list, dir)
	}
}

// begin starts a run, or resumes the one that is there. All that is there is
// checked before anything is written.
func (r *Run) begin(e *Experiment) error {
	old, err := ReadRunInfo(r.Dir)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		err = r.start(e.Config.Resume)
	case err != nil:
		return err
	case !e.Config.Resume:
		return fmt.Errorf("%w: %s; hint: --resume continues it, or choose another --run", ErrRunExists, r.Dir)
	default:
		err = r.resume(e, old)
	}
	if err != nil || r.last != nil {
		return err // a resumed run is confirmed once its checkpoint is restored
	}
	return r.confirm()
}

// confirm writes run.json of a run for which nothing is left to check.
func (r *Run) confirm() error {
	r.sweep()
	for _, folder := range []string{picturesFolder, filepath.Dir(lastCheckpoint)} {
		if err := os.MkdirAll(r.Path(folder), 0o755); err != nil {
			return fmt.Errorf("%w: %w; hint: choose a --run that can be written to", ErrRun, err)
		}
	}
	return r.WriteSealed(runFile, r.Info)
}

// start begins a new run, unless the folder holds what a run has left.
func (r *Run) start(resume bool) error {
	kind := ErrRunExists
	if resume {
		kind = ErrRun
	}
	r.fresh = true
	return r.without(kind, runFile, lastCheckpoint, bestCheckpoint, metricsFile)
}

// restart begins a run again that has no checkpoint yet.
func (r *Run) restart() error {
	r.fresh = true
	return r.without(ErrRun, lastCheckpoint, bestCheckpoint, metricsFile)
}

// without reports a file that a run folder has though it lacks another one.
func (r *Run) without(kind error, missing string, files ...string) error {
	for _, name := range files {
		if info, err := os.Stat(r.Path(name)); err == nil && info.Size() > 0 {
			return fmt.Errorf("%w: %s has %s but no %s; hint: restore it from a copy, or choose another --run", kind, r.Dir, name, missing)
		}
	}
	return nil
}

// intact reports a file that was removed or cut while the run was trained, without
// which no checkpoint can be resumed.
func (r *Run) intact(metrics Extent) error {
	for name, least := range map[string]int64{runFile: 1, metricsFile: metrics.Bytes} {
		info, err := os.Stat(r.Path(name))
		if least == 0 {
			continue
		}
		if err != nil {
			return fmt.Errorf("%w: %w; hint: the file was removed while the run was trained", ErrRun, err)
		}
		if info.Size() < least {
			return fmt.Errorf("%w: %s was cut to %d bytes while the run was trained", ErrRun, r.Path(name), info.Size())
		}
	}
	return nil
}

// resume checks that the folder holds an earlier part of the same run, and reads
// the checkpoint that the run continues from.
func (r *Run) resume(e *Experiment, old RunInfo) error {
	if changed := old.DataChanged(e.Data); changed != "" {
		return fmt.Errorf("%w: %s: %s; hint: restore the data, or train a new run", ErrRun, r.Dir, changed)
	}
	if err := r.sameValidation(e.Config, old); err != nil {
		return err
	}
	if old.Kernel != r.Info.Kernel {
		r.warn("the run began with the kernel path %s and continues with %s; the last bits of its numbers will differ from those of an uninterrupted run", old.Kernel, r.Info.Kernel)
	}
	if old.LabelList != r.Info.LabelList {
		return fmt.Errorf("%w: %s: the label list is not the one that the run began with; hint: restore the file, or train a new run", ErrRun, r.Dir)
	}
	r.Info.ID, r.Info.Created, r.Info.Changes = old.ID, old.Created, old.Changes
	last, err := LoadCheckpoint(r.Path(lastCheckpoint))
	if errors.Is(err, fs.ErrNotExist) {
		return r.restart() // the process ended before the first checkpoint
	}
	if err != nil {
		return err
	}
	if err := last.checkRun(old); err != nil {
		return err
	}
	if err := last.checkExperiment(e); err != nil {
		return err
	}
	if last.Position.BestEpoch > 0 {
		best, err := LoadCheckpoint(r.Path(bestCheckpoint))
		if err != nil {
			return err
		}
		if err := best.checkRun(old); err != nil {
			return err
		}
	}
	if _, err := last.Metrics.read(r.Dir); err != nil {
		return err
	}
	if err := r.noteChanges(e, old, last.Position); err != nil {
		return err
	}
	r.Info.Encoder = old.Encoder // whose weights the run began with
	r.last = last
	return nil
}

// sameValidation reports a validation set of another size than that of the run. The
// data can decide the size, so it is known only here.
func (r *Run) sameValidation(c Config, old RunInfo) error {
	before, err := ConfigOf(old)
	if err == nil && before.Validation != c.Validation {
		err = fmt.Errorf("%w: validation is %d, but the run in %s was started with %d; hint: leave it out, or start another run",
			ErrConfiguration, c.Validation, r.Dir, before.Validation)
	}
	return err
}

func (r *Run) note(format string, values ...any) {
	r.notes = append(r.notes, fmt.Sprintf(format, values...))
}

func (r *Run) warn(format string, values ...any) {
	r.warnings = append(r.warnings, fmt.Sprintf(format, values...))
}

// sweep removes what a killed process was writing. Where it cannot, training
// continues all the same.
func (r *Run) sweep() {
	for _, folder := range []string{".", filepath.Dir(lastCheckpoint), picturesFolder} {
		entries, err := os.ReadDir(r.Path(folder))
		if err != nil {
			continue
		}
		for _, entry := range entries {
			if entry.Type().IsRegular() && files.IsTemporary(entry.Name()) {
				os.Remove(r.Path(folder, entry.Name()))
			}
		}
	}
}

// acquire takes the folder's lock.
func (r *Run) acquire() error {
	_, err := os.Lstat(r.Path(lockFile))
	r.lockMade = errors.Is(err, fs.ErrNotExist)
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
	if err != nil {
		return
	}
	for _, entry := range entries {
		if entry.Name() != lockFile || !r.lockMade {
			r.before = append(r.before, entry.Name())
		}
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
	r.removeFolders()
}

// removeFolders removes the folders that this process made, if they are empty.
func (r *Run) removeFolders() {
	for _, dir := range r.made {
		os.Remove(dir)
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

// WriteSealed writes a struct as WriteJSON does, with a checksum that ReadSealed
// verifies.
func (r *Run) WriteSealed(name string, value any) error {
	return r.Write(name, func(w io.Writer) error { return seal(w, value) })
}

// ReadSealed reads what WriteSealed has written. Errors wrap ErrRun; where there is
// no file they also wrap fs.ErrNotExist.
func (r *Run) ReadSealed(name string, into any) error {
	data, err := readBounded(r.Path(name), largestSealed)
	if err == nil {
		err = decodeSealed(data, into)
	}
	if err != nil {
		return fmt.Errorf("%w: %s: %w", ErrRun, r.Path(name), files.Reason(err))
	}
	return nil
}

// Write lets write fill a file of the run folder, atomically. Errors wrap ErrRun.
func (r *Run) Write(name string, write func(io.Writer) error) error {
	if err := files.Write(r.Path(name), write); err != nil {
		return fmt.Errorf("%w: %w; hint: is the disk full or the folder read-only?", ErrRun, err)
	}
	return nil
}
