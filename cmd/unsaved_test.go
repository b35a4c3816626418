//go:build unix

package cmd

import (
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// TestIgnoredHangup checks that a run that was started by nohup continues when the terminal
// closes.
func TestIgnoredHangup(t *testing.T) {
	dir := t.TempDir()
	complete(t, dir, "config") // writes the configuration
	c := exec.Command("sh", "-c", "trap '' HUP; exec gaetrain train --config small.toml --epochs 30 --run run")
	c.Dir = dir
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Process.Kill() })
	await(t, filepath.Join(dir, "run", "metrics.jsonl"))
	if err := c.Process.Signal(syscall.SIGHUP); err != nil {
		t.Fatal(err)
	}
	if code := exitOf(t, c.Wait()); code != 0 {
		t.Errorf("exit code %d", code)
	}
}

// TestStopAtAnyMoment stops runs at random moments. The exit code says whether
// --resume has something to continue: 75 if there is a checkpoint, and 130 if
// nothing was saved and nothing is left behind.
func TestStopAtAnyMoment(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	complete(t, dir, "train", "--run", "pretrained")
	if err := os.WriteFile(filepath.Join(dir, "quiet.toml"), []byte("quiet = true\npictures = 0\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	before := filesIn(t, dir)
	for _, verb := range [][]string{{"train"}, {"finetune", "--from", "pretrained", "--labels", "60", "--config", "quiet.toml"}} {
		codes := make(map[int]int)
		for range 12 {
			c, stderr := program(t, dir, append(verb, "--epochs", "100000", "--run", "run")...)
			time.Sleep(time.Duration(15+rand.IntN(150)) * time.Millisecond)
			signal := []os.Signal{syscall.SIGTERM, os.Interrupt, syscall.SIGHUP, syscall.SIGUSR1}[rand.IntN(4)]
			if err := c.Process.Signal(signal); err != nil {
				t.Fatal(err)
			}
			ended := make(chan struct{})
			go func() {
				for signal == syscall.SIGUSR1 { // a starting Go program drops this signal until it asks for it
					select {
					case <-ended:
						return
					case <-time.After(50 * time.Millisecond):
						_ = c.Process.Signal(signal)
					}
				}
			}()
			code := exitOf(t, c.Wait())
			close(ended)
			codes[code]++
			_, missing := os.Stat(filepath.Join(dir, "run", "checkpoint", "last.safetensors"))
			switch {
			case code == -1: // before the program handles signals
			case code == 75 && missing == nil && strings.Contains(stderr.String(), "--resume --run run continues"):
				c, stderr := program(t, dir, append(verb, "--epochs", "100000", "--run", "run", "--resume", "--time-limit", "1ns")...)
				if code := exitOf(t, c.Wait()); code != 75 {
					t.Errorf("resumed %s: exit code %d: %s", verb[0], code, stderr)
				}
			case code == 130 && missing != nil && strings.Contains(stderr.String(), "nothing was saved yet; hint: run the same command again"):
				if diff := cmp.Diff(before, filesIn(t, dir)); diff != "" {
					t.Error(diff)
				}
			default:
				t.Errorf("%s: exit code %d, checkpoint %v: %s", verb[0], code, missing, stderr)
			}
			if err := os.RemoveAll(filepath.Join(dir, "run")); err != nil {
				t.Fatal(err)
			}
		}
		t.Log(verb[0], codes)
	}
}

// TestWithoutReader closes the reader of results or of progress. The work must be
// completed. Only unread results have an exit code of their own.
func TestWithoutReader(t *testing.T) {
	dir := t.TempDir()
	complete(t, dir, "train", "--run", "alone")
	train := []string{"train", "--config", "small.toml", "--quiet=false", "--run"}
	for _, test := range []struct {
		name           string
		args           []string
		stdout, stderr bool // are closed
		code           int
	}{
		{"both", append(train, "both"), true, true, 141},
		{"results", append(train, "results"), true, false, 141},
		{"progress", append(train, "progress"), false, true, 0},
		{"", []string{"models"}, true, false, 141},
		{"", []string{"train", "--help"}, true, false, 141},
		{"", []string{"train", "--epochs", "0"}, true, true, 2},
	} {
		read, write, err := os.Pipe()
		if err != nil {
			t.Fatal(err)
		}
		read.Close()
		var stderr strings.Builder
		c := exec.Command("gaetrain", test.args...)
		c.Dir, c.Stderr = dir, &stderr
		if test.stdout {
			c.Stdout = write
		}
		if test.stderr {
			c.Stderr = write
		}
		code := exitOf(t, c.Run())
		write.Close()
		if code != test.code || strings.Contains(stderr.String(), "gaetrain: ") {
			t.Errorf("%s without a reader of %s: exit code %d, want %d: %s", test.args[0], test.name, code, test.code, &stderr)
		}
		if test.name != "" {
			if diff, err := compareRuns(filepath.Join(dir, "alone"), filepath.Join(dir, test.name)); diff != "" || err != nil {
				t.Error(diff, err)
			}
		}
	}
}

// TestStoppedStudy stops a study at random moments. It must end with code 75 if a job has a
// checkpoint, because the same command continues with the remaining work.
func TestStoppedStudy(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	complete(t, dir, "train", "--run", "pretrained")
	if err := os.WriteFile(filepath.Join(dir, "quiet.toml"), []byte("quiet = true\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	codes := make(map[int]int)
	for range 8 {
		c, stderr := program(t, dir, "study", "labels", "--runs", "pretrained", "--labels", "20,40,60", "--seeds", "5", "--epochs", "2", "--config", "quiet.toml")
		time.Sleep(time.Duration(20+rand.IntN(800)) * time.Millisecond)
		if err := c.Process.Signal(syscall.SIGTERM); err != nil {
			t.Fatal(err)
		}
		code := exitOf(t, c.Wait())
		codes[code]++
		saved, err := filepath.Glob(filepath.Join(dir, "study", "*", "checkpoint", "last.safetensors"))
		if err != nil {
			t.Fatal(err)
		}
		if good := code == 75 && len(saved) > 0 || code == 130 && len(saved) == 0 || code == -1; !good {
			t.Errorf("exit code %d with %d checkpoints: %s", code, len(saved), stderr)
		}
		if err := os.RemoveAll(filepath.Join(dir, "study")); err != nil {
			t.Fatal(err)
		}
	}
	t.Log(codes)
}
