package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"hash/fnv"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"gaetrain/trainer"
)

// lab runs the commands of experiments and keeps their results in the work folder.
type lab struct {
	options
	ctx      context.Context
	folder   string // temporary folder with the built program
	current  experiment
	rows     []*row   // of the current experiment
	commands []string // commands of the first seed, printed in the section
}

func newLab(ctx context.Context, o options) (*lab, error) {
	if err := os.MkdirAll(o.work, 0o755); err != nil {
		return nil, err
	}
	folder, err := os.MkdirTemp("", "reproduce")
	if err != nil {
		return nil, err
	}
	l := &lab{options: o, ctx: ctx, folder: folder}
	build := exec.CommandContext(ctx, "go", "build", "-o", l.program(), "./cmd/gaetrain")
	build.Dir, build.Env = o.root, append(os.Environ(), "CGO_ENABLED=0")
	if output, err := build.CombinedOutput(); err != nil {
		l.close()
		return nil, fmt.Errorf("build gaetrain: %w: %s", err, output)
	}
	return l, nil
}

func (l *lab) close() { os.RemoveAll(l.folder) }

func (l *lab) program() string { return filepath.Join(l.folder, "gaetrain") }

// make runs an experiment and returns its rows.
func (l *lab) make(e experiment) ([]*row, error) {
	l.current, l.rows, l.commands = e, nil, nil
	if err := e.run(l); err != nil {
		return nil, err // rows with only some of the seeds are not comparable
	}
	return l.rows, nil
}

// row adds a row to the rows of the current experiment.
func (l *lab) row(r row) *row {
	r.experiment = l.current.name
	l.rows = append(l.rows, &r)
	return &r
}

// count returns the number of seeds.
func (l *lab) count() int {
	switch {
	case l.seeds > 0:
		return l.seeds
	case l.quick:
		return 1
	}
	return l.current.seeds
}

// eachSeed calls a function with every seed: 1, 2, ….
// It stops at the first error.
func (l *lab) eachSeed(do func(seed int) error) error {
	for seed := 1; seed <= l.count(); seed++ {
		if err := do(seed); err != nil {
			return err
		}
	}
	return nil
}

// pick returns full in a full run and quick in a run with --quick.
func pick[T any](l *lab, full, quick T) T {
	if l.quick {
		return quick
	}
	return full
}

// trained is a finished run.
type trained struct {
	dir     string
	seconds float64 // wall time of all commands that trained it
	trainer.Final
}

// train trains a model on all training images, as in published protocols, so no epoch
// is selected. The flags of 'gaetrain train' are separated by spaces and do not include
// the seed. A run that is finished in the work folder is only read. An unfinished run
// is resumed.
func (l *lab) train(seed int, flags string) (trained, error) {
	command := fmt.Sprintf("train %s --validation 0 --seed %d", flags, seed)
	l.note(seed, "gaetrain "+command)
	return l.finish(l.place(command), strings.Fields(command)...)
}

// finetune trains a classifier on the encoder of a run. The flags are those of
// 'gaetrain finetune'. Finished and unfinished runs are treated as in train.
func (l *lab) finetune(from trained, seed int, flags string) (trained, error) {
	command := fmt.Sprintf("finetune %s --seed %d", flags, seed)
	l.note(seed, "gaetrain "+command+" --from RUN")
	return l.finish(from.dir+"."+slug(command), append(strings.Fields(command), "--from", from.dir)...)
}

// finish trains or resumes the run in a folder until its end, and reads its figures.
func (l *lab) finish(dir string, command ...string) (r trained, err error) {
	r.dir = dir
	if _, missing := os.Stat(filepath.Join(r.dir, "metrics.json")); missing != nil {
		_, err = l.gaetrain(r.dir, append(command, "--pictures", "0", "--quiet", "--resume", "--run", r.dir)...)
	}
	if err == nil {
		err = readJSON(filepath.Join(r.dir, "metrics.json"), &r.Final)
	}
	r.seconds = secondsOf(r.dir)
	return r, err
}

// measure runs a verb that prints JSON, such as "eval --split train", on a run and
// decodes its output. An output that is already in the work folder is only read.
// It returns how long the verb took.
func (l *lab) measure(r trained, command string, into any) (seconds float64, err error) {
	l.note(1, "gaetrain "+command+" --run RUN")
	return l.once(r.dir+"."+slug(command), into, func(path string) ([]byte, error) {
		return l.gaetrain(path, append(strings.Fields(command), "--json", "--quiet", "--run", r.dir)...)
	})
}

// peer runs a script of scripts/reproduce/peers, such as "iwae.py --samples 5", which
// trains the same model with another library. It decodes the JSON that the script prints,
// and returns how long the script took.
func (l *lab) peer(seed int, command string, into any) (seconds float64, err error) {
	command = fmt.Sprintf("scripts/reproduce/peers/%s --seed %d", command, seed)
	l.note(seed, command)
	return l.script(command, into)
}

// script runs a script as peer does, without a note.
func (l *lab) script(command string, into any) (seconds float64, err error) {
	return l.once(l.place(command), into, func(path string) ([]byte, error) {
		words := strings.Fields(command)
		if l.dataDir != "" {
			words = append(words, "--data-dir", l.dataDir)
		}
		words[0] = filepath.Join(l.root, words[0])
		return l.command(path, l.peers, words...)
	})
}

// hasPeers reports whether there is a Python interpreter. If not, it says that the current
// experiment is left out.
func (l *lab) hasPeers() bool {
	if l.peers == "" {
		fmt.Fprintf(os.Stderr, "%s is left out, because it needs Python; hint: --peers python3\n", l.current.name)
	}
	return l.peers != ""
}

// once calls do, which returns JSON, unless its output is already in the work folder.
// It decodes the output and returns how long do took.
func (l *lab) once(path string, into any, do func(path string) ([]byte, error)) (seconds float64, err error) {
	if _, missing := os.Stat(path + ".json"); missing != nil {
		output, err := do(path)
		if err != nil {
			return 0, err
		}
		if err := writeFile(path+".json", output); err != nil {
			return 0, err
		}
	}
	return secondsOf(path), readJSON(path+".json", into)
}

// studied is one classifier of a label study.
type studied struct {
	Run, Encoder      string
	Labels            int
	Accuracy, Seconds float64
}

// study trains classifiers on the encoder of a run. The flags are those of 'gaetrain
// study labels', without the run, the seeds and the folder. Classifiers that are
// finished in the work folder are only read.
func (l *lab) study(r trained, seeds int, flags string) ([]studied, error) {
	command := fmt.Sprintf("study labels %s --seeds %d", flags, seeds)
	l.note(1, "gaetrain "+command+" --runs RUN")
	place := r.dir + "." + slug(command)
	if _, err := l.gaetrain(place, append(strings.Fields(command), "--quiet", "--runs", r.dir, "--out", place)...); err != nil {
		return nil, err
	}
	var result struct{ Outcomes []studied }
	return result.Outcomes, readJSON(filepath.Join(place, "study.json"), &result)
}

// note keeps a command for the section. Only the commands of the first seed are kept,
// because the others differ only in the seed.
func (l *lab) note(seed int, command string) {
	if seed == 1 && !slices.Contains(l.commands, command) {
		l.commands = append(l.commands, command)
	}
}

// place returns the path in the work folder of what a command writes.
func (l *lab) place(command string) string { return filepath.Join(l.work, slug(command)) }

// slug turns a command into a file name: its first 80 characters, and a hash that
// distinguishes it from all others.
func slug(command string) string {
	h := fnv.New32a()
	h.Write([]byte(command))
	words := strings.NewReplacer(" --", "_", " ", "-", "/", "-", ",", "+").Replace(command)
	return fmt.Sprintf("%.80s-%08x", words, h.Sum32())
}

// gaetrain runs the program and returns what it prints.
func (l *lab) gaetrain(place string, arguments ...string) ([]byte, error) {
	if l.dataDir != "" {
		arguments = append(arguments, "--data-dir", l.dataDir)
	}
	return l.command(place, l.program(), arguments...)
}

// command runs a program and returns what it prints. Its time is added to the seconds
// in the file place.seconds.
func (l *lab) command(place, program string, arguments ...string) ([]byte, error) {
	name := filepath.Base(program)
	fmt.Fprintf(os.Stderr, "%s %s\n", name, strings.Join(arguments, " "))
	ctx, cancel := context.WithTimeout(l.ctx, l.limit)
	defer cancel()
	c := exec.CommandContext(ctx, program, arguments...)
	c.Cancel = func() error { return c.Process.Signal(syscall.SIGTERM) } // gaetrain then saves a checkpoint
	c.WaitDelay = time.Minute
	c.Env = slices.DeleteFunc(os.Environ(), func(entry string) bool {
		return strings.HasPrefix(entry, "GAETRAIN_") && !strings.HasPrefix(entry, "GAETRAIN_KERNEL=")
	})
	start := time.Now()
	output, err := c.Output()
	seconds := secondsOf(place) + time.Since(start).Seconds()
	if err := writeFile(place+".seconds", fmt.Appendln(nil, seconds)); err != nil {
		return nil, err
	}
	if ctx.Err() != nil {
		return nil, fmt.Errorf("%s %s: stopped after %s; hint: run it again to resume", name, arguments[0], l.limit)
	}
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		return nil, fmt.Errorf("%s %s: %w: %s", name, arguments[0], err, strings.TrimSpace(string(exit.Stderr)))
	}
	return output, err
}

// secondsOf reads the seconds that commands have taken so far: 0 if none was run.
func secondsOf(place string) (seconds float64) {
	if data, err := os.ReadFile(place + ".seconds"); err == nil {
		seconds, _ = strconv.ParseFloat(strings.TrimSpace(string(data)), 64)
	}
	return seconds
}

func readJSON(path string, into any) error {
	data, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(data, into); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	return nil
}
