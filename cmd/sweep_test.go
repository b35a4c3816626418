//go:build linux

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

	"gaetrain/trainer"
)

// seedsFile is a sweep of two jobs that train for a second or more.
const seedsFile = "seeds = 2\n[settings]\nepochs = 80\nvalidation = 26\n"

// sweeping is a folder with a sweep of two jobs.
type sweeping struct {
	*testing.T
	dir string
}

func newSweeping(t *testing.T) sweeping {
	s := sweeping{t, t.TempDir()}
	for name, text := range map[string]string{"seeds.toml": seedsFile, "small.toml": strings.NewReplacer("epochs = 2\n", "", "validation = 0\n", "", "quiet = true\n", "").Replace(small)} {
		if err := os.WriteFile(filepath.Join(s.dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return s
}

// start starts the verb with its own configuration.
func (s sweeping) start(args ...string) (*exec.Cmd, *bytes.Buffer) {
	s.Helper()
	stderr := new(bytes.Buffer)
	c := exec.Command("gaetrain", append([]string{"sweep", "seeds.toml", "--config", "small.toml"}, args...)...)
	c.Dir, c.Stderr = s.dir, stderr
	if err := c.Start(); err != nil {
		s.Fatal(err)
	}
	s.Cleanup(func() { _ = c.Process.Kill() })
	return c, stderr
}

func (s sweeping) run(out, job string) string { return filepath.Join(s.dir, out, "seed="+job) }

func (s sweeping) phase(dir string) trainer.Phase {
	s.Helper()
	state, err := trainer.StateOf(dir)
	if err != nil {
		s.Fatal(err)
	}
	return state.Phase
}

// TestStoppedSweep stops a sweep whose jobs are training. The same command then ends with
// the same bytes as an uninterrupted sweep.
func TestStoppedSweep(t *testing.T) {
	s := newSweeping(t)
	alone, text := s.start("--jobs", "2", "--out", "alone")
	if err := alone.Wait(); err != nil {
		t.Fatal(err, text)
	}
	c, stderr := s.start("--jobs", "2", "--out", "stopped")
	for _, job := range []string{"1", "2"} {
		await(t, filepath.Join(s.run("stopped", job), "checkpoint", "last.safetensors"))
	}
	terminate(t, c, stderr, 75)
	for _, job := range []string{"1", "2"} {
		if phase := s.phase(s.run("stopped", job)); phase != trainer.Stopped {
			t.Errorf("job %s is %s, want stopped: %s", job, phase, stderr)
		}
	}
	if !strings.Contains(stderr.String(), "stopped: by signal SIGTERM; 0 of 2 jobs are done; hint: the same command continues") {
		t.Error(stderr)
	}
	again, text := s.start("--jobs", "2", "--out", "stopped")
	if err := again.Wait(); err != nil {
		t.Fatal(err, text)
	}
	for _, job := range []string{"1", "2"} {
		if diff, err := compareRuns(s.run("alone", job), s.run("stopped", job)); diff != "" || err != nil {
			t.Error(diff, err)
		}
	}
}

// TestKilledSweep kills a sweep. Its jobs must not outlive it, and save checkpoints.
func TestKilledSweep(t *testing.T) {
	s := newSweeping(t)
	c, _ := s.start("--jobs", "2", "--out", "killed")
	for _, job := range []string{"1", "2"} {
		await(t, filepath.Join(s.run("killed", job), "checkpoint", "last.safetensors"))
	}
	if err := c.Process.Signal(syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	_ = c.Wait()
	for _, job := range []string{"1", "2"} {
		for began := time.Now(); s.phase(s.run("killed", job)) != trainer.Stopped; time.Sleep(20 * time.Millisecond) {
			if time.Since(began) > 5*time.Second {
				t.Fatalf("job %s is %s, want stopped", job, s.phase(s.run("killed", job)))
			}
		}
	}
}

// TestSameJobTwice starts one job in two processes. The second one must not train it.
func TestSameJobTwice(t *testing.T) {
	s := newSweeping(t)
	endless := strings.Replace(seedsFile, "epochs = 80", "epochs = 100000", 1)
	if err := os.WriteFile(filepath.Join(s.dir, "seeds.toml"), []byte(endless), 0o644); err != nil {
		t.Fatal(err)
	}
	_, _ = s.start("--index", "1", "--out", "shared")
	await(t, filepath.Join(s.run("shared", "2"), "checkpoint", "last.safetensors"))
	second, stderr := s.start("--index", "1", "--out", "shared")
	if code := exitOf(t, second.Wait()); code != 5 || !strings.Contains(stderr.String(), "is in use by another process") {
		t.Errorf("exit code %d, want 5: %s", code, stderr)
	}
}
