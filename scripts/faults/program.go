package main

import (
	"bytes"
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"time"
)

// longest is how long one run of the program may take.
const longest = time.Minute

// ended is how a process ended.
type ended struct {
	code   int // -1: by a signal
	stderr string
}

// program runs gaetrain.
type program struct{ binary string }

// training are the arguments of a small training. It is always resumed, so the same
// command begins and continues it.
func training(run string, pictures bool) []string {
	args := []string{
		"train", "--run", run, "--resume", "--train-images", "96", "--test-images", "16", "--hidden", "8", "--code", "2", "--epochs", "3",
		"--batch-size", "16", "--validation", "16", "--quiet",
	}
	if !pictures {
		args = append(args, "--pictures", "0")
	}
	return args
}

// start starts the program. wait waits for its end.
func (p program) start(wrap []string, args ...string) (c *exec.Cmd, wait func() ended, err error) {
	ctx, cancel := context.WithTimeout(context.Background(), longest)
	line := append(append(append([]string(nil), wrap...), p.binary), args...)
	c = exec.CommandContext(ctx, line[0], line[1:]...)
	var stderr bytes.Buffer
	c.Stderr = &stderr
	c.Env = append(os.Environ(), "GAETRAIN_LOG_FORMAT=text")
	if err := c.Start(); err != nil {
		cancel()
		return nil, nil, err
	}
	return c, func() ended {
		defer cancel()
		_ = c.Wait() // the exit code says it
		return ended{c.ProcessState.ExitCode(), stderr.String()}
	}, nil
}

// run runs the program to its end.
func (p program) run(args ...string) (ended, error) {
	_, wait, err := p.start(nil, args...)
	if err != nil {
		return ended{}, err
	}
	return wait(), nil
}

// complaint says what is wrong about how a program ended that met a failing operation: it
// must succeed, or end with a documented code and one line.
func (e ended) complaint() string {
	switch {
	case e.code == 0:
		return ""
	case e.code != 1 && e.code != 3 && e.code != 5:
		return fmt.Sprintf("exit code %d: %s", e.code, e.stderr)
	case strings.Contains(e.stderr, "goroutine ") || strings.Contains(e.stderr, "panic"):
		return "a stack trace: " + e.stderr
	}
	lines := strings.Split(strings.TrimSpace(e.stderr), "\n")
	if last := lines[len(lines)-1]; !strings.HasPrefix(last, "gaetrain: ") {
		return "no line with the reason: " + e.stderr
	}
	return ""
}

var (
	times     = regexp.MustCompile(`"(seconds|images_per_second|timestamp)":("[^"]*"|[^,}]*)`)
	temporary = regexp.MustCompile(`^\.gaetrain-`)
)

// result is what runs with the same settings have in common.
type result struct{ weights, figures []byte }

// resultOf reads a finished run.
func resultOf(run string) (r result, err error) {
	var state struct{ Phase string }
	text, err := os.ReadFile(filepath.Join(run, "state.json"))
	if err == nil {
		err = json.Unmarshal(text, &state)
	}
	if err == nil && state.Phase != "done" {
		err = fmt.Errorf("state.json says %q", state.Phase)
	}
	if err != nil {
		return r, err
	}
	data, err := os.ReadFile(filepath.Join(run, "checkpoint", "last.safetensors"))
	if err != nil {
		return r, err
	}
	header := 8 + binary.LittleEndian.Uint64(data) // it has the random id of the run
	figures, err := os.ReadFile(filepath.Join(run, "metrics.jsonl"))
	if err != nil {
		return r, err
	}
	r = result{data[header:], times.ReplaceAll(figures, nil)}
	return r, filepath.WalkDir(run, func(path string, entry fs.DirEntry, err error) error {
		if err == nil && temporary.MatchString(entry.Name()) {
			err = fmt.Errorf("%s was left behind", path)
		}
		return err
	})
}

// same returns an error unless a run has the expected result.
func same(run string, want result) error {
	got, err := resultOf(run)
	switch {
	case err != nil:
		return err
	case !bytes.Equal(got.weights, want.weights):
		return errors.New("the weights differ from those of an undisturbed run")
	case !bytes.Equal(got.figures, want.figures):
		return fmt.Errorf("the figures differ from those of an undisturbed run:\n%s\nwant\n%s", got.figures, want.figures)
	}
	return nil
}
