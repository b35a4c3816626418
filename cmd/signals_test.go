//go:build unix

package cmd

import (
	"errors"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// TestSignals stops a run by each signal and resumes it. The result must be that of an
// uninterrupted run.
func TestSignals(t *testing.T) {
	dir := t.TempDir()
	args := []string{"train", "--epochs", "30", "--run"}
	complete(t, dir, append(args, "alone")...)
	for _, signal := range []syscall.Signal{syscall.SIGTERM, syscall.SIGINT, syscall.SIGUSR1, syscall.SIGHUP} {
		name := signalName(signal)
		t.Run(name, func(t *testing.T) {
			c, stderr := program(t, dir, append(args, name)...)
			await(t, filepath.Join(dir, name, "metrics.jsonl"))
			sent := time.Now()
			if err := c.Process.Signal(signal); err != nil {
				t.Fatal(err)
			}
			if code := exitOf(t, c.Wait()); code != 75 {
				t.Fatalf("exit code %d: %s", code, stderr)
			}
			if took := time.Since(sent); took > 5*time.Second {
				t.Errorf("stopped after %s", took)
			}
			want := "gaetrain: stopped: by signal " + name + "; a checkpoint is saved; hint: --resume --run " + name + " continues\n"
			if diff := cmp.Diff(want, stderr.String()); diff != "" {
				t.Error(diff)
			}
			complete(t, dir, append(args, name, "--resume")...)
			if diff, err := compareRuns(filepath.Join(dir, "alone"), filepath.Join(dir, name)); diff != "" || err != nil {
				t.Error(diff, err)
			}
		})
	}
}

// TestStopping checks that a signal is reported at once.
func TestStopping(t *testing.T) {
	dir := t.TempDir()
	c, stderr := program(t, dir, "train", "--epochs", "100000", "--quiet=false", "--run", "run")
	await(t, filepath.Join(dir, "run", "metrics.jsonl"))
	if err := c.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	if code := exitOf(t, c.Wait()); code != 75 {
		t.Fatalf("exit code %d: %s", code, stderr)
	}
	if want := `msg="stopping after this step; a second interrupt stops at once without a new checkpoint"`; strings.Count(stderr.String(), want) != 1 {
		t.Errorf("%q lacks %q", stderr, want)
	}
}

// TestSecondInterrupt interrupts twice within one long step.
func TestSecondInterrupt(t *testing.T) {
	dir := t.TempDir()
	c, stderr := program(t, dir, "train", "--hidden", "1024,1024", "--train-images", "0", "--batch-size", "6000", "--run", "run")
	await(t, filepath.Join(dir, "run", "checkpoint", "last.safetensors"))
	var interrupts sync.WaitGroup
	ended := make(chan struct{})
	interrupts.Go(func() { // two pending signals of one kind become one, so it sends several
		for {
			select {
			case <-ended:
				return
			case <-time.After(20 * time.Millisecond):
				c.Process.Signal(os.Interrupt) // fails if the process has ended
			}
		}
	})
	code := exitOf(t, c.Wait())
	close(ended)
	interrupts.Wait()
	if code != 130 || !strings.Contains(stderr.String(), "gaetrain: interrupted twice") {
		t.Errorf("exit code %d: %s", code, stderr)
	}
	complete(t, dir, "eval", "--run", "run", "--limit", "10")
}

// TestInterruptedBench stops a verb that has nothing to save.
func TestInterruptedBench(t *testing.T) {
	c, stderr := program(t, t.TempDir(), "bench", "--seconds", "60")
	time.Sleep(300 * time.Millisecond)
	if err := c.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if code := exitOf(t, c.Wait()); code != 130 || stderr.String() != "gaetrain: stopped: by signal SIGTERM\n" {
		t.Errorf("exit code %d: %q", code, stderr)
	}
}

// TestKill kills a run ten times at random moments, often while a checkpoint is written.
// The result must be that of an uninterrupted run, without partial files.
func TestKill(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	args := []string{"train", "--epochs", "40", "--run"}
	complete(t, dir, append(args, "alone")...)
	args = append(args, "killed", "--resume", "--checkpoint-every", "1ms")
	for range 10 {
		c, stderr := program(t, dir, args...)
		time.Sleep(time.Duration(30+rand.IntN(200)) * time.Millisecond)
		if err := c.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		if code := exitOf(t, c.Wait()); code > 0 {
			t.Fatalf("exit code %d: %s", code, stderr)
		}
	}
	complete(t, dir, args...)
	if diff, err := compareRuns(filepath.Join(dir, "alone"), filepath.Join(dir, "killed")); diff != "" || err != nil {
		t.Error(diff, err)
	}
	if diff := cmp.Diff(filesIn(t, filepath.Join(dir, "alone")), filesIn(t, filepath.Join(dir, "killed"))); diff != "" {
		t.Error(diff)
	}
}

// await waits until a file exists and is not empty.
func await(t *testing.T, path string) {
	t.Helper()
	for end := time.Now().Add(20 * time.Second); time.Now().Before(end); time.Sleep(5 * time.Millisecond) {
		if info, err := os.Stat(path); err == nil && info.Size() > 0 {
			return
		}
	}
	t.Fatalf("no %s", path)
}

// exitOf is the exit code of a program, or -1 if a signal ended it.
func exitOf(t *testing.T, err error) int {
	t.Helper()
	if err == nil {
		return 0
	}
	var exit *exec.ExitError
	if !errors.As(err, &exit) {
		t.Fatal(err)
	}
	return exit.ExitCode()
}

// filesIn lists the files below a folder.
func filesIn(t *testing.T, dir string) (list []string) {
	t.Helper()
	err := filepath.WalkDir(dir, func(path string, entry os.DirEntry, err error) error {
		if err == nil && !entry.IsDir() {
			list = append(list, strings.TrimPrefix(path, dir))
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return list
}
