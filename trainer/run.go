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
	"time"

	"github.com/gofrs/flock"

	"gaetrain/loaders/files"
	"gaetrain/trainer/settings"
)

// Files and folders of a run folder.
const (
	runFile        = "run.json"
	metricsFile    = "metrics.jsonl"
	tableFile      = "metrics.csv"
	finalFile      = "metrics.json"
	lockFile       = ".lock"
	stateFile      = "state.json"
	lastCheckpoint = "checkpoint/last.safetensors"
	bestCheckpoint = "checkpoint/best.safetensors"
	picturesFolder = "pictures"
)

// Run is an open run folder, which this process has locked.
type Run struct {
	Dir  string
	Info RunInfo

	notes    []string // about how a resumed run continues
	warnings []string // about how a resumed run continues, if that needs attention
	lock     *flock.Flock
	lockMade bool        // this process made the lock file
	made     []string    // the folder and its parents that this process made, the deepest first
	before   []string    // the entries that the folder had before
	fresh    bool        // the folder held no run before
	beaten   time.Time   // when the time of the lock file was renewed
	last     *Checkpoint // from which a resumed run continues; nil once NewLoop has read it
	replaced []byte      // run.json of a resumed run as it was before
}

// Path returns the path of a file of the run folder.
func (r *Run) Path(elements ...string) string {
	return filepath.Join(append([]string{r.Dir}, elements...)...)
}

// CreateRun makes a run folder for an experiment, or opens the existing folder if the
// configuration says resume. If dir is "", it is the next free
// runs/<model>-<dataset>-<n>. The folder is locked until Close. After an error, the
// folder is as it was before. Errors wrap ErrRun, ErrRunExists, ErrCheckpoint or
// ErrConfiguration.
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

// makeFolder makes the run folder and records which folders it made.
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

// missing lists the folder and its parents that do not exist, the deepest first.
func missing(dir string) (list []string) {
	for ; ; dir = filepath.Dir(dir) {
		if _, err := os.Lstat(dir); !errors.Is(err, fs.ErrNotExist) || dir == filepath.Dir(dir) {
			return list
		}
		list = append(list, dir)
	}
}

// begin starts a run, or resumes the run in the folder. It checks all files of the run
// before it writes anything.
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

// confirm writes run.json once all checks have passed.
func (r *Run) confirm() error {
	r.sweep()
	for _, folder := range []string{picturesFolder, filepath.Dir(lastCheckpoint)} {
		if err := os.MkdirAll(r.Path(folder), 0o755); err != nil {
			return fmt.Errorf("%w: %w; hint: choose a --run that can be written to", ErrRun, err)
		}
	}
	if err := r.enterPhase(Waiting, ""); err != nil {
		return err
	}
	if !r.fresh {
		var err error
		if r.replaced, err = files.ReadRegular(r.Path(runFile), largestSealed); err != nil {
			return fmt.Errorf("%w: %w", ErrRun, err)
		}
	}
	return r.WriteSealed(runFile, r.Info)
}

// revert writes run.json of a resumed run as it was before. Otherwise --more-epochs would add
// to a total that it has raised already, when the same command is given again.
func (r *Run) revert() error {
	return r.Write(runFile, func(w io.Writer) error {
		_, err := w.Write(r.replaced)
		return err
	})
}

// start begins a new run, unless the folder has files of another run.
func (r *Run) start(resume bool) error {
	kind := ErrRunExists
	if resume {
		kind = ErrRun
	}
	r.fresh = true
	return r.without(kind, runFile, lastCheckpoint, bestCheckpoint, metricsFile, tableFile)
}

// restart begins a run again that was stopped before its first checkpoint.
func (r *Run) restart() error {
	r.fresh = true
	return r.without(ErrRun, lastCheckpoint, bestCheckpoint, metricsFile, tableFile)
}

// without returns an error about a file in a run folder if another file, which must
// exist as well, is missing.
func (r *Run) without(kind error, missing string, files ...string) error {
	for _, name := range files {
		if info, err := os.Stat(r.Path(name)); err == nil && info.Size() > 0 {
			return fmt.Errorf("%w: %s has %s but no %s; hint: restore the missing file from a copy, or choose another --run", kind, r.Dir, name, missing)
		}
	}
	return nil
}

// intact returns an error about a file that was removed or truncated during training. No
// checkpoint could be resumed without this file.
func (r *Run) intact(metrics Extent) error {
	for name, least := range map[string]int64{runFile: 1, metricsFile: metrics.Bytes} {
		info, err := os.Stat(r.Path(name))
		if least == 0 {
			continue
		}
		if err != nil {
			return fmt.Errorf("%w: %w; hint: the file was removed during training, so restore it from a copy, or start a new run", ErrRun, err)
		}
		if info.Size() < least {
			return fmt.Errorf("%w: %s was truncated to %d bytes during training; hint: restore the file from a copy, or start a new run", ErrRun, r.Path(name), info.Size())
		}
	}
	return nil
}

// resume checks that the folder holds an earlier part of the same run, and reads
// the checkpoint that the run continues from.
func (r *Run) resume(e *Experiment, old RunInfo) error {
	if changed := old.DataChanged(e.Data); changed != "" {
		return fmt.Errorf("%w: %s: %s; hint: restore the data, or start a new run", ErrRun, r.Dir, changed)
	}
	if err := r.sameValidation(e.Config, old); err != nil {
		return err
	}
	if old.Kernel != r.Info.Kernel {
		r.warn("the run began with the kernel path %s and continues with %s; the last bits of its numbers will differ from those of an uninterrupted run", old.Kernel, r.Info.Kernel)
	}
	if old.LabelList != r.Info.LabelList {
		return fmt.Errorf("%w: %s: the label list is not the one that the run began with; hint: restore the file, or start a new run", ErrRun, r.Dir)
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
	r.Info.Encoder = old.Encoder // the run began with its weights
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

// sweep removes the temporary files of a killed process. A file that cannot be removed
// does not stop training.
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
	if err := files.RequireRegular(r.Path(lockFile)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("%w: lock %s: %w; hint: remove it", ErrRun, r.Dir, err)
	}
	r.lock = flock.New(r.Path(lockFile))
	ok, err := tryLock(r.lock)
	if err != nil {
		return fmt.Errorf("%w: lock %s: %w", ErrRun, r.Dir, err)
	}
	if !ok {
		return fmt.Errorf("%w: %s is in use by another process; hint: wait until that process has ended, or choose another --run", ErrRun, r.Dir)
	}
	if err := r.elsewhere(); err != nil {
		r.lock.Unlock()
		return err
	}
	return nil
}

// Close releases the lock. If the run began in this process and has no checkpoint,
// Close removes its files.
func (r *Run) Close() error {
	if _, err := os.Stat(r.Path(lastCheckpoint)); r.fresh && errors.Is(err, fs.ErrNotExist) {
		r.discard()
	}
	return r.lock.Unlock()
}

// look records the entries that the folder has before the run.
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

// discard removes what the run has added to its folder. It reports no errors, because
// the error that ended the run is more important.
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
	name, _, _ := strings.Cut(dataset, ":") // without the path of idx:DIR and similar data sets
	for n := 1; ; n++ {
		dir := filepath.Join("runs", fmt.Sprintf("%s-%s-%d", model, name, n))
		if err := os.Mkdir(dir, 0o755); err == nil {
			return dir, nil
		} else if !errors.Is(err, fs.ErrExist) {
			return "", fmt.Errorf("%w: %w", ErrRun, err)
		}
	}
}

// WriteJSON writes a value as indented JSON to a file of the run folder, as Write does.
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

// ReadSealed reads a file that WriteSealed has written. Errors wrap ErrRun. If the file
// does not exist, they also wrap fs.ErrNotExist.
func (r *Run) ReadSealed(name string, into any) error {
	data, err := files.ReadRegular(r.Path(name), largestSealed)
	if err == nil {
		err = decodeSealed(data, into)
	}
	if err != nil {
		return fmt.Errorf("%w: %s: %w", ErrRun, r.Path(name), files.Reason(err))
	}
	return nil
}

// Write replaces a file of the run folder atomically with what the function write
// writes. Errors wrap ErrRun.
func (r *Run) Write(name string, write func(io.Writer) error) error {
	if err := files.Write(r.Path(name), write); err != nil {
		return fmt.Errorf("%w: %w; hint: is the disk full or the folder read-only?", ErrRun, err)
	}
	return nil
}
