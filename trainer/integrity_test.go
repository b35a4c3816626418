package trainer

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// folder reads all files of a folder but the lock.
func folder(t *testing.T, dir string) map[string]string {
	t.Helper()
	files := make(map[string]string)
	err := filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err == nil && !entry.IsDir() && entry.Name() != lockFile && entry.Name() != stateFile {
			files[path] = string(read(t, path))
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

// TestResumeRefuses damages a run in every way that the program can notice. The
// run is refused, and nothing in its folder changes.
func TestResumeRefuses(t *testing.T) {
	other, otherDir := trained(t, small())
	_ = other
	move := func(t *testing.T, from, to string) {
		if err := os.Rename(from, to); err != nil {
			t.Fatal(err)
		}
	}
	remove := func(name string) func(*testing.T, string) {
		return func(t *testing.T, dir string) {
			if err := os.Remove(filepath.Join(dir, name)); err != nil {
				t.Fatal(err)
			}
		}
	}
	for name, test := range map[string]struct {
		damage func(t *testing.T, dir string)
		change func(*setup)
		want   error
		parts  []string
	}{
		"checkpoint of another run": {
			damage: func(t *testing.T, dir string) {
				write(t, read(t, otherDir, lastCheckpoint), dir, lastCheckpoint)
			}, want: ErrCheckpoint, parts: []string{"another run", "hint: "},
		},
		"run.json of another run": {
			damage: func(t *testing.T, dir string) { write(t, read(t, otherDir, runFile), dir, runFile) },
			want:   ErrCheckpoint, parts: []string{"another run", "hint: "},
		},
		"metrics.jsonl of another run": {
			damage: func(t *testing.T, dir string) { write(t, read(t, otherDir, metricsFile), dir, metricsFile) },
			want:   ErrRun, parts: []string{metricsFile, "hint: "},
		},
		"flipped bit in a key of run.json": {
			damage: func(t *testing.T, dir string) {
				text := strings.Replace(string(read(t, dir, runFile)), "learning-rate", "learning-rata", 1)
				write(t, []byte(text), dir, runFile)
			}, want: ErrRun, parts: []string{runFile, "checksum", "hint: "},
		},
		"a record is missing": {
			damage: func(t *testing.T, dir string) {
				lines := strings.SplitAfter(string(read(t, dir, metricsFile)), "\n")
				write(t, []byte(strings.Join(slices.Delete(lines, 1, 2), "")), dir, metricsFile)
			}, want: ErrRun, parts: []string{metricsFile, "hint: "},
		},
		"no metrics.jsonl":      {damage: remove(metricsFile), want: ErrRun, parts: []string{metricsFile, "hint: "}},
		"no run.json":           {damage: remove(runFile), want: ErrRun, parts: []string{runFile, "hint: "}},
		"only best.safetensors": {damage: remove(lastCheckpoint), want: ErrRun, parts: []string{"has " + bestCheckpoint + " but no " + lastCheckpoint, "hint: "}},
		"only last.safetensors": {damage: remove(bestCheckpoint), want: ErrCheckpoint, parts: []string{bestCheckpoint}},
		"best checkpoint of another run": {
			damage: func(t *testing.T, dir string) { write(t, read(t, otherDir, bestCheckpoint), dir, bestCheckpoint) },
			want:   ErrCheckpoint, parts: []string{bestCheckpoint, "another run"},
		},
		"best in place of last": {
			damage: func(t *testing.T, dir string) {
				move(t, filepath.Join(dir, bestCheckpoint), filepath.Join(dir, lastCheckpoint))
			}, want: ErrCheckpoint, parts: []string{"solver"},
		},
		"fewer epochs than are done": {change: func(c *setup) { c.Epochs = 2 }, want: ErrConfiguration, parts: []string{"--epochs 3 or more"}},
		"larger batches": {change: func(c *setup) { c.BatchSize, c.Epochs = 60, 4 }, damage: func(t *testing.T, dir string) {
			c, err := LoadCheckpoint(filepath.Join(dir, lastCheckpoint))
			if err != nil {
				t.Fatal(err)
			}
			e := experiment(t, small())
			c.Header.Position.Step = 3
			if err := SaveCheckpoint(c.path, c.Header, e.Parameters, nil); err != nil {
				t.Fatal(err)
			}
		}, want: ErrCheckpoint, parts: []string{"after step 3, but an epoch has 1"}},
	} {
		t.Run(name, func(t *testing.T) {
			_, dir := trained(t, small())
			if test.damage != nil {
				test.damage(t, dir)
			}
			before := folder(t, dir)
			c := small()
			if c.Resume = true; test.change != nil {
				test.change(&c)
			}
			_, err := train(context.Background(), dir, experiment(t, c))
			fails(t, err, test.want, test.parts...)
			if diff := cmp.Diff(before, folder(t, dir)); diff != "" {
				t.Errorf("the folder has changed: %s", diff)
			}
		})
	}
}

// TestRefusedRunLeavesNoFolder refuses a run whose folder cannot be used.
func TestRefusedRunLeavesNoFolder(t *testing.T) {
	parent := t.TempDir()
	write(t, nil, parent, "file")
	for _, dir := range []string{filepath.Join(parent, "file", "a", "b"), filepath.Join(parent, "new", strings.Repeat("x", 300))} {
		_, err := create(dir, experiment(t, small()))
		fails(t, err, ErrRun, "hint: ")
	}
	if got := names(t, parent); !slices.Equal(got, []string{"file"}) {
		t.Errorf("the folder holds %v", got)
	}
	e := experiment(t, small())
	run, err := create(filepath.Join(parent, "a", "b", "c"), e)
	if err != nil {
		t.Fatal(err)
	}
	if err := run.Close(); err != nil {
		t.Fatal(err)
	}
	if got := names(t, parent); !slices.Equal(got, []string{"file"}) {
		t.Errorf("after a run without a checkpoint, the folder holds %v", got)
	}
}

// TestStopAtTheEnd stops a run after its last epoch, before and after metrics.json
// is written. A resumed run repeats the work of the end.
func TestStopAtTheEnd(t *testing.T) {
	alone, _ := trained(t, small())
	want, err := alone.Run.Final()
	if err != nil {
		t.Fatal(err)
	}
	for name, hook := range map[string]func(cancel func()) Hook{
		"last epoch": func(cancel func()) Hook {
			return Hook{Name: "stop", Next: func(_ context.Context, l *Loop) error {
				if l.Position.Epoch == 3 {
					cancel()
				}
				return nil
			}}
		},
		"end": func(cancel func()) Hook {
			return Hook{Name: "stop", End: func(ctx context.Context, l *Loop) error {
				cancel()
				return ctx.Err()
			}}
		},
	} {
		t.Run(name, func(t *testing.T) {
			ctx, cancel := context.WithCancel(context.Background())
			dir := t.TempDir()
			_, err = train(ctx, dir, experiment(t, small()), hook(cancel))
			fails(t, err, ErrStopped, "--resume")
			if _, err := os.Stat(filepath.Join(dir, finalFile)); name == "last epoch" && !errors.Is(err, fs.ErrNotExist) {
				t.Errorf("metrics.json exists: %v", err)
			}
			c := small()
			c.Resume = true
			resumed, err := train(context.Background(), dir, experiment(t, c))
			if err != nil {
				t.Fatal(err)
			}
			got, err := resumed.Run.Final()
			got.Seconds = want.Seconds
			if diff := cmp.Diff(want, got); err != nil || diff != "" {
				t.Error(err, diff)
			}
		})
	}
}

// TestRemovedWhileTraining removes or truncates a file of a run during training. The run
// must end with an error at its next checkpoint, because a checkpoint without this file
// could not be resumed.
func TestRemovedWhileTraining(t *testing.T) {
	for name, damage := range map[string]func(path string) error{
		runFile:     os.Remove,
		metricsFile: func(path string) error { return os.Truncate(path, 10) },
	} {
		dir := t.TempDir()
		_, err := train(context.Background(), dir, experiment(t, small()), everyEpoch(func(l *Loop) {
			if l.Position.Epoch == 1 {
				if err := damage(l.Run.Path(name)); err != nil {
					t.Fatal(err)
				}
			}
		}))
		fails(t, err, ErrRun, name, "during training", "hint: ")
	}
}
