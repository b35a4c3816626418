package trainer

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"gaetrain/graph/kernel"
)

func TestLock(t *testing.T) {
	dir, e := t.TempDir(), experiment(t, small())
	e.Config.Resume = true
	run, err := create(dir, e)
	if err != nil {
		t.Fatal(err)
	}
	_, err = create(dir, e)
	fails(t, err, ErrRun, dir, "in use", "hint: ")
	if err := run.Close(); err != nil {
		t.Fatal(err)
	}
	again, err := create(dir, e)
	if err != nil {
		t.Fatalf("after the lock is released: %v", err)
	}
	again.Close()
}

func TestRunExists(t *testing.T) {
	l, dir := trained(t, small())
	before := read(t, dir, runFile)
	_, err := create(dir, l.Experiment)
	fails(t, err, ErrRunExists, dir, "hint: --resume")
	if !slices.Equal(read(t, dir, runFile), before) {
		t.Error("run.json has changed")
	}
	if _, err := train(context.Background(), dir, l.Experiment); !errors.Is(err, ErrRunExists) {
		t.Errorf("the refused run did not release the lock: %v", err)
	}
}

// TestLostRunFile checks that a run without --resume does not use an existing checkpoint.
func TestLostRunFile(t *testing.T) {
	l, dir := trained(t, small())
	if err := os.Remove(filepath.Join(dir, runFile)); err != nil {
		t.Fatal(err)
	}
	_, err := create(dir, l.Experiment)
	fails(t, err, ErrRunExists, dir)
}

func TestResumeWithOtherData(t *testing.T) {
	l, dir := trained(t, small())
	l.Config.Resume = true
	l.Data.Digest = map[string]string{"train": "md5:1", "test": "md5:other"}
	_, err := create(dir, l.Experiment)
	fails(t, err, ErrRun, dir, "the test images of squares are not those", "hint: ")
	l.Data.Digest["test"] = "md5:2"
	run, err := create(dir, l.Experiment)
	if err != nil {
		t.Fatal(err)
	}
	run.Close()
}

func TestRunInfo(t *testing.T) {
	l, dir := trained(t, small())
	info, err := ReadRunInfo(dir)
	if err != nil {
		t.Fatal(err)
	}
	inMemory, err := json.Marshal(l.Run.Info)
	if err != nil {
		t.Fatal(err)
	}
	onDisk, err := json.Marshal(info)
	if diff := cmp.Diff(string(inMemory), string(onDisk)); err != nil || diff != "" {
		t.Error(err, diff)
	}
	want := DataInfo{Name: "squares", Shape: "1×6×6", Train: 72, Test: 21, Digest: map[string]string{"train": "md5:1", "test": "md5:2"}}
	if diff := cmp.Diff(want, info.Data); diff != "" {
		t.Error(diff)
	}
	if info.Kernel != kernel.Path() || info.Parameters != 36*12+12+12*3+3+3*12+12+12*36+36 || info.Machine.Threads < 1 || info.Version == "" {
		t.Errorf("run.json says %+v", info)
	}
	write(t, []byte(`{"version":`), dir, runFile)
	_, err = ReadRunInfo(dir)
	fails(t, err, ErrRun, dir)
	_, err = ReadRunInfo(t.TempDir())
	fails(t, err, ErrRun, "hint: ")
	fails(t, err, fs.ErrNotExist)
}

// TestOtherKernel resumes a run that began with kernels that this processor does not
// have.
func TestOtherKernel(t *testing.T) {
	l, dir := trained(t, small())
	reseal(t, dir, `"kernel": "`+kernel.Path()+`"`, `"kernel": "avx9"`)
	if path, err := KernelOf(dir); path != "avx9" || err != nil {
		t.Errorf("the run began with %s, %v", path, err)
	}
	l.Config.Resume = true
	run, err := create(dir, l.Experiment)
	if err != nil {
		t.Fatal(err)
	}
	defer run.Close()
	loop, err := NewLoop(context.Background(), l.Experiment, run)
	if err != nil {
		t.Fatal(err)
	}
	if len(loop.Warnings) != 1 || !strings.Contains(loop.Warnings[0], "avx9") || run.Info.Kernel != kernel.Path() {
		t.Errorf("kernel %s, warnings %q", run.Info.Kernel, loop.Warnings)
	}
}

func TestUnwritableRun(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	write(t, nil, file)
	_, err := create(file, experiment(t, small()))
	fails(t, err, ErrRun, "hint: ")
}

func TestSweep(t *testing.T) {
	l, dir := trained(t, small())
	l.Config.Resume = true
	stale := []string{".gaetrain-" + rand.Text(), "checkpoint/.gaetrain-" + rand.Text(), "pictures/.gaetrain-" + rand.Text()}
	own := []string{".env", ".notes.json", ".mine.png123", ".gaetrain-notes", "checkpoint/mine.safetensors1", "pictures/.holiday.png12345678"}
	for _, name := range append(slices.Clone(stale), own...) {
		write(t, nil, dir, name)
	}
	run, err := create(dir, l.Experiment)
	if err != nil {
		t.Fatal(err)
	}
	defer run.Close()
	if _, err := NewLoop(context.Background(), l.Experiment, run); err != nil {
		t.Fatal(err)
	}
	for _, name := range stale {
		if _, err := os.Stat(run.Path(name)); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%s is still there", name)
		}
	}
	for _, name := range own {
		if _, err := os.Stat(run.Path(name)); err != nil {
			t.Errorf("%s is gone", name)
		}
	}
}

func TestNextRunFolder(t *testing.T) {
	t.Chdir(t.TempDir())
	if err := os.MkdirAll("runs/small-idx-2", 0o755); err != nil {
		t.Fatal(err)
	}
	const runs = 16
	var dirs [runs]string
	var wait sync.WaitGroup
	for i := range runs {
		wait.Go(func() {
			var err error
			if dirs[i], err = nextRunFolder("small", "idx:/some/where"); err != nil {
				t.Error(err)
			}
		})
	}
	wait.Wait()
	got := make(map[string]bool)
	for _, dir := range dirs {
		got[dir] = true
	}
	for n := 1; n <= runs+1; n++ {
		name := filepath.Join("runs", "small-idx-"+strconv.Itoa(n))
		if got[name] != (n != 2) {
			t.Errorf("%s given: %t", name, got[name])
		}
	}
}

// TestForgetRecords stops a run after the records of an epoch are written, and before
// its checkpoint is saved.
func TestForgetRecords(t *testing.T) {
	crash := errors.New("crash")
	dir, e := t.TempDir(), experiment(t, small())
	_, err := train(context.Background(), dir, e, Hook{Name: "crash", Epoch: func(_ context.Context, l *Loop) error {
		if l.Position.Epoch == 1 {
			return crash
		}
		return nil
	}})
	fails(t, err, crash)
	records, err := ReadRecords(dir)
	if err != nil || len(records) != 3 || bytes.Count(read(t, dir, metricsFile), []byte("\n")) != 6 {
		t.Fatalf("%d records, %v", len(records), err)
	}
	write(t, append(read(t, dir, metricsFile), `{"stage":"train","ep`...), dir, metricsFile)
	e = experiment(t, small())
	e.Config.Resume = true
	resumed, err := train(context.Background(), dir, e)
	if err != nil {
		t.Fatal(err)
	}
	if !resumed.Resumed {
		t.Error("the run was not resumed")
	}
	if records, err = ReadRecords(dir); err != nil || len(records) != 9 {
		t.Fatalf("%d records, %v", len(records), err)
	}
	for i, r := range records {
		if r.Epoch != i/3+1 || r.Step != 4*r.Epoch || r.Split != []string{"train", "validation", "test"}[i%3] {
			t.Errorf("record %d is %+v", i, r)
		}
	}
	final, err := resumed.Run.Final()
	if norm, ok := final.Last["test"].Measures[JacobianNorm]; !ok || norm <= 0 {
		t.Errorf("metrics.json says the Jacobian's norm is %g", norm)
	}
	delete(final.Last["test"].Measures, JacobianNorm) // the records do not have it
	if err != nil || final.Epochs != 3 || !cmp.Equal(final.Last["test"], records[8].Figures) {
		t.Errorf("metrics.json says %+v, %v", final, err)
	}
	_, err = (&Run{Dir: t.TempDir()}).Final()
	fails(t, err, ErrRun, "not finished")
}

// TestUnusableCheckpoint checks that a run with a damaged checkpoint is not resumed, and
// that nothing is written.
func TestUnusableCheckpoint(t *testing.T) {
	_, dir := trained(t, small())
	path := filepath.Join(dir, lastCheckpoint)
	broken := read(t, path)[:500]
	write(t, broken, path)
	metrics := read(t, dir, metricsFile)
	e := experiment(t, small())
	e.Config.Resume = true
	_, err := train(context.Background(), dir, e)
	fails(t, err, ErrCheckpoint, path)
	if !slices.Equal(read(t, path), broken) || !slices.Equal(read(t, dir, metricsFile), metrics) {
		t.Error("the run folder has changed")
	}
}

func TestOpenModel(t *testing.T) {
	l, dir := trained(t, small())
	for _, checkpoint := range []string{LastCheckpoint, BestCheckpoint} {
		m, err := OpenModel(find, dir, checkpoint)
		if err != nil {
			t.Fatal(err)
		}
		want := map[string]int{LastCheckpoint: 3, BestCheckpoint: l.Position.BestEpoch}[checkpoint]
		if m.Epoch != want || m.CodeSize() != 3 {
			t.Errorf("%s is of epoch %d, want %d", checkpoint, m.Epoch, want)
		}
		codes, err := m.Encode(context.Background(), l.Data.Test)
		if err != nil || len(codes) != 3*21 {
			t.Errorf("%d codes, %v", len(codes), err)
		}
	}
	_, err := OpenModel(find, dir, "first")
	fails(t, err, ErrConfiguration, "hint: ")
	_, err = OpenModel(find, t.TempDir(), LastCheckpoint)
	fails(t, err, ErrRun)
	whole := string(read(t, dir, runFile))
	for _, test := range []struct {
		old, new string
		wrapped  error
		parts    []string
	}{
		{" 12\n", " 13\n", ErrCheckpoint, []string{"another architecture", "encoder/1"}},
		{`"model": "small"`, `"model": "large"`, ErrRun, []string{"large", runFile}},
		{`"seed": {`, `"sead": {`, ErrRun, []string{"setting seed is missing", runFile}},
		{`"seed": {`, `"seed": {"value": 2, "origin": "flag"}, "x": {`, ErrRun, []string{"unknown setting x", runFile}},
		{`"created":`, `"creates":`, ErrRun, []string{"creates", runFile}},
		{`"id": "`, `"id": "X`, ErrCheckpoint, []string{"another run", "hint: "}},
		{`"name": "train"`, `"name": "other"`, ErrCheckpoint, []string{"in the stage train, which run.json calls other"}},
		{`"epochs": 3`, `"epochs": 2`, ErrCheckpoint, []string{"after epoch 3, but its stage has 2 epochs"}},
		{`"format": 4`, `"format": 1`, ErrRun, []string{"format 1", "hint: "}},
		{`"format": 4,`, ``, ErrRun, []string{"format 0", "hint: "}},
	} {
		write(t, []byte(whole), dir, runFile)
		reseal(t, dir, test.old, test.new)
		_, err = OpenModel(find, dir, LastCheckpoint)
		fails(t, err, test.wrapped, test.parts...)
	}
}

// reseal changes run.json and updates its checksum.
func reseal(t *testing.T, dir, old, new string) {
	t.Helper()
	data, err := unseal(read(t, dir, runFile))
	if err != nil {
		t.Fatal(err)
	}
	changed := bytes.Replace(data, []byte(old), []byte(new), 1)
	if bytes.Equal(changed, data) {
		t.Fatalf("no %s in %s", old, data)
	}
	rest := bytes.TrimPrefix(changed, []byte(sealStart))
	write(t, fmt.Appendf(nil, sealStart+sealLine+"%s", crc32.Checksum(rest, castagnoli), rest), dir, runFile)
}
