package trainer

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"
	"time"

	"github.com/gofrs/flock"

	"gaetrain/graph/kernel"
	"gaetrain/loaders"
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

// RunInfo is what run.json says about a run: what it takes to repeat it.
type RunInfo struct {
	Version       string             `json:"version"`
	Kernel        string             `json:"kernel"` // path of the kernels; another one rounds differently
	Created       time.Time          `json:"created"`
	Configuration map[string]Setting `json:"configuration"`
	Data          DataInfo           `json:"data"`
	Stages        []Stage            `json:"stages"`
	Parameters    int                `json:"parameters"` // trainable numbers
	Machine       MachineInfo        `json:"machine"`
}

// DataInfo says which data a run was trained on.
type DataInfo struct {
	Name        string            `json:"name"`
	Shape       string            `json:"shape"`
	Train       int               `json:"train"`
	Test        int               `json:"test"`
	Classes     []string          `json:"classes,omitempty"` // by label
	Digest      map[string]string `json:"digest,omitempty"`
	Attribution string            `json:"attribution,omitempty"`
}

// MachineInfo says what a run was started on.
type MachineInfo struct {
	System    string `json:"system"`
	Processor string `json:"processor"`
	Threads   int    `json:"threads"`
	Go        string `json:"go"`
}

// Version is the version of the program: that of its module or, for a build
// from a checkout, "devel" with the revision where it is known.
func Version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok || info.Main.Version == "" {
		return "devel"
	}
	return strings.Trim(info.Main.Version, "()")
}

// Run is an open run folder, held by this process alone.
type Run struct {
	Dir  string
	Info RunInfo
	// Warning says why a resumed run cannot be bit-identical; "" where it can.
	Warning string
	lock    *flock.Flock

	made   bool     // the folder itself, by this process
	before []string // what it held before
	fresh  bool     // it held no run
}

// Path returns the path of a file of the run folder.
func (r *Run) Path(elements ...string) string {
	return filepath.Join(append([]string{r.Dir}, elements...)...)
}

// CreateRun makes a run folder for an experiment, or goes on with the one that
// is there where the configuration says resume. dir "" stands for the next free
// runs/<model>-<dataset>-<n>. The folder is locked until Close. Errors wrap
// ErrRun or ErrRunExists.
func CreateRun(dir string, e *Experiment, settings map[string]Setting) (*Run, error) {
	r := &Run{Dir: dir, Info: describe(e, settings), made: dir == ""}
	if r.made {
		var err error
		if r.Dir, err = nextRunFolder(e.Config); err != nil {
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
	if kernel.Use(old.Kernel) != nil {
		r.Warning = fmt.Sprintf("this processor has no %s kernels, with which the run began; with %s the last bits will differ", old.Kernel, r.Info.Kernel)
	} else {
		r.Info.Kernel = old.Kernel
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
func nextRunFolder(c Config) (string, error) {
	if err := os.MkdirAll("runs", 0o755); err != nil {
		return "", fmt.Errorf("%w: %w; hint: choose a --run that can be written to", ErrRun, err)
	}
	name, _, _ := strings.Cut(c.Dataset, ":") // idx:DIR and the like: without the path
	for n := 1; ; n++ {
		dir := filepath.Join("runs", fmt.Sprintf("%s-%s-%d", c.Model, name, n))
		if err := os.Mkdir(dir, 0o755); err == nil {
			return dir, nil
		} else if !errors.Is(err, fs.ErrExist) {
			return "", fmt.Errorf("%w: %w", ErrRun, err)
		}
	}
}

// ReadRunInfo reads run.json of a run folder. Errors wrap ErrRun; where there
// is none they also wrap fs.ErrNotExist.
func ReadRunInfo(dir string) (RunInfo, error) {
	var info RunInfo
	data, err := os.ReadFile(filepath.Join(dir, runFile))
	if err != nil {
		return info, fmt.Errorf("%w: %w; hint: --run names the folder of a run", ErrRun, err)
	}
	if err := json.Unmarshal(data, &info); err != nil {
		return info, fmt.Errorf("%w: %s: %w", ErrRun, filepath.Join(dir, runFile), err)
	}
	return info, nil
}

// describe says what an experiment is.
func describe(e *Experiment, settings map[string]Setting) RunInfo {
	return RunInfo{
		Version: Version(), Kernel: kernel.Path(), Created: time.Now().UTC().Truncate(time.Second),
		Configuration: settings, Data: describeData(e.Data), Stages: e.Stages, Parameters: e.Parameters.Count(),
		Machine: MachineInfo{runtime.GOOS + "/" + runtime.GOARCH, processor(), runtime.GOMAXPROCS(0), runtime.Version()},
	}
}

func describeData(d *loaders.Dataset) DataInfo {
	return DataInfo{d.Name, d.Train.Shape.String(), d.Train.Len(), d.Test.Len(), d.Classes, d.Digest, d.Attribution}
}

// ReadRecords reads metrics.jsonl; a last line that was cut off is left out.
func ReadRecords(dir string) ([]Record, error) {
	data, err := os.ReadFile(filepath.Join(dir, metricsFile))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrRun, err)
	}
	whole := data[:bytes.LastIndexByte(data, '\n')+1]
	var records []Record
	for lines := bufio.NewScanner(bytes.NewReader(whole)); lines.Scan(); {
		var r Record
		if err := json.Unmarshal(lines.Bytes(), &r); err != nil {
			return nil, fmt.Errorf("%w: %s line %d: %w", ErrRun, filepath.Join(dir, metricsFile), len(records)+1, err)
		}
		records = append(records, r)
	}
	return records, nil
}

// WriteRecords replaces metrics.jsonl.
func (r *Run) writeRecords(records []Record) error {
	return r.Write(metricsFile, func(w io.Writer) error {
		lines := json.NewEncoder(w)
		for _, record := range records {
			if err := lines.Encode(record); err != nil {
				return err
			}
		}
		return nil
	})
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
	if err := writeAtomically(r.Path(name), write); err != nil {
		return fmt.Errorf("%w: %w; hint: is the disk full or the folder read-only?", ErrRun, err)
	}
	return nil
}
