//go:build unix

package cmd

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"gaetrain/trainer"
)

// terminate sends SIGTERM to a program, which must end within 5 s with a code.
func terminate(t *testing.T, c *exec.Cmd, stderr *bytes.Buffer, want int) {
	t.Helper()
	sent := time.Now()
	if err := c.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if code := exitOf(t, c.Wait()); code != want {
		t.Fatalf("exit code %d, want %d: %s", code, want, stderr)
	}
	if took := time.Since(sent); took > 5*time.Second {
		t.Errorf("stopped after %s", took)
	}
}

// TestSignalAtEnd stops a run after the last epoch, while it measures the Jacobian of its
// code. A resumed run must repeat the last measurements and draw the same pictures.
func TestSignalAtEnd(t *testing.T) {
	dir := t.TempDir()
	args := []string{"train", "--hidden", "512", "--code", "256", "--train-images", "600", "--test-images", "300", "--validation", "26", "--epochs", "1", "--pictures", "1", "--run"}
	complete(t, dir, append(args, "alone/run")...)
	c, stderr := program(t, dir, append(args, "stopped/run")...)
	await(t, filepath.Join(dir, "stopped", "run", "checkpoint", "last.safetensors")) // of the only epoch
	time.Sleep(20 * time.Millisecond)
	terminate(t, c, stderr, 75)
	if _, err := os.Stat(filepath.Join(dir, "stopped", "run", "metrics.json")); err == nil {
		t.Error("the run was finished before the signal")
	}
	complete(t, dir, append(args, "stopped/run", "--resume")...)
	if diff, err := compareRuns(filepath.Join(dir, "alone", "run"), filepath.Join(dir, "stopped", "run")); diff != "" || err != nil {
		t.Error(diff, err)
	}
	if diff := cmp.Diff(filesIn(t, filepath.Join(dir, "alone", "run")), filesIn(t, filepath.Join(dir, "stopped", "run"))); diff != "" {
		t.Error(diff)
	}
	for _, name := range filesIn(t, filepath.Join(dir, "alone", "run", "pictures")) {
		want, err := os.ReadFile(filepath.Join(dir, "alone", "run", "pictures", name))
		if err != nil {
			t.Fatal(err)
		}
		if got, err := os.ReadFile(filepath.Join(dir, "stopped", "run", "pictures", name)); err != nil || !bytes.Equal(got, want) {
			t.Errorf("picture %s differs, or %v", name, err)
		}
	}
}

// TestStoppedVerbs stops verbs during long work, which must end.
func TestStoppedVerbs(t *testing.T) {
	dir := t.TempDir()
	complete(t, dir, "train", "--train-images", "0", "--epochs", "1", "--run", "run")
	c, stderr := program(t, dir, "compress", "--run", "run", "--split", "train", "--out", "train.codes", "--quiet")
	await(t, filepath.Join(dir, "train.codes")) // then come the principal components, and the files of the images
	time.Sleep(50 * time.Millisecond)
	terminate(t, c, stderr, 130)
	if _, err := os.Stat(filepath.Join(dir, "run", ratesFile)); err == nil {
		t.Error("compress was finished before the signal")
	}
	complete(t, dir, "train", "--model", "vae", "--train-images", "0", "--code", "64", "--epochs", "1", "--run", "vae")
	c, stderr = program(t, dir, "eval", "--run", "vae", "--split", "train", "--posterior", "--nll", "100")
	time.Sleep(500 * time.Millisecond)
	terminate(t, c, stderr, 130)
}

// TestForcedEnd stops a run that is blocked because nobody reads its progress. It must be
// possible to resume it from its checkpoint.
func TestForcedEnd(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "small.toml"), []byte(small), 0o644); err != nil {
		t.Fatal(err)
	}
	reader, writer, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer reader.Close()
	args := []string{"train", "--epochs", "100000", "--run", "run"}
	c := exec.Command("gaetrain", append(args, "--quiet=false")...)
	c.Dir, c.Stderr, c.Env = dir, writer, append(os.Environ(), "GAETRAIN_CONFIG=small.toml")
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Process.Kill() })
	writer.Close()
	last := filepath.Join(dir, "run", "checkpoint", "last.safetensors")
	await(t, last)
	var before time.Time
	for ; ; time.Sleep(500 * time.Millisecond) { // until the pipe is full
		info, err := os.Stat(last)
		if err != nil {
			t.Fatal(err)
		}
		if info.ModTime().Equal(before) {
			break
		}
		before = info.ModTime()
	}
	terminate(t, c, new(bytes.Buffer), 75)
	c, stderr := program(t, dir, append(args, "--resume", "--time-limit", "1s")...)
	if code := exitOf(t, c.Wait()); code != 75 {
		t.Errorf("exit code of the resumed run is %d: %s", code, stderr)
	}
}

// TestForcedEndCode checks that the exit code depends on the contents of the run folder.
func TestForcedEndCode(t *testing.T) {
	defer activeRun.Store(nil)
	dir, discarded := t.TempDir(), false
	if code, _ := forcedEnd(syscall.SIGTERM); code != 130 {
		t.Errorf("without a run the exit code is %d", code)
	}
	activeRun.Store(&trainedRun{dir: dir, discard: func() { discarded = true }})
	if code, text := forcedEnd(syscall.SIGTERM); code != 130 || !discarded || !strings.HasSuffix(text, "there is no checkpoint yet") {
		t.Errorf("without a checkpoint the exit code is %d, discarded %t: %s", code, discarded, text)
	}
	run := trainer.Run{Dir: dir}
	path := run.Path("checkpoint", "last.safetensors")
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte("weights"), 0o644); err != nil {
		t.Fatal(err)
	}
	discarded = false
	if code, text := forcedEnd(syscall.SIGTERM); code != 75 || discarded || !strings.HasSuffix(text, "--resume --run "+dir+" continues") {
		t.Errorf("with a checkpoint the exit code is %d, discarded %t: %s", code, discarded, text)
	}
}
