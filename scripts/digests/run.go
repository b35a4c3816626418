package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"
)

// limit is the longest time that one case may take.
const limit = 5 * time.Minute

// result has the record of a case, or its error.
type result struct {
	record record
	err    error
}

// runner runs cases one after the other, in a temporary folder.
type runner struct {
	binary, kernel string
	cases          []aCase
	folder         string
	results        map[string]result
}

func newRunner(binary, kernel string, cases []aCase) (*runner, error) {
	// The cases run in another folder.
	binary, err := filepath.Abs(binary)
	if err != nil {
		return nil, err
	}
	folder, err := os.MkdirTemp("", "digests-")
	if err != nil {
		return nil, err
	}
	return &runner{binary, kernel, cases, folder, make(map[string]result)}, nil
}

func (r *runner) close() { os.RemoveAll(r.folder) }

// all runs the cases whose names match. If a case fails, the others still run.
func (r *runner) all(ctx context.Context, only *regexp.Regexp) (map[string]result, error) {
	chosen := make(map[string]result)
	for _, c := range r.cases {
		if !only.MatchString(c.name) {
			continue
		}
		got := r.once(ctx, c)
		if err := ctx.Err(); err != nil { // the case may have been interrupted
			return nil, err
		}
		chosen[c.name] = got
	}
	if len(chosen) == 0 {
		return nil, fmt.Errorf("no case has a name that matches %q", only)
	}
	return chosen, nil
}

// once runs a case, unless it has already been run. The cases that it needs run first.
func (r *runner) once(ctx context.Context, c aCase) result {
	if got, done := r.results[c.name]; done {
		return got
	}
	var got result
	for _, name := range c.needs {
		needed := slices.IndexFunc(r.cases, func(other aCase) bool { return other.name == name })
		if err := r.once(ctx, r.cases[needed]).err; err != nil {
			got.err = fmt.Errorf("the case needs %s: %w", name, err)
		}
	}
	if got.err == nil {
		_, got.err = r.command(ctx, c.arguments(r.runFolder)...)
	}
	if got.err == nil {
		got.record, got.err = readRun(r.runFolder(c.name))
	}
	r.results[c.name] = got
	return got
}

func (r *runner) runFolder(name string) string { return filepath.Join(r.folder, name) }

// version returns the first line of gaetrain version. The others are about the machine.
func (r *runner) version(ctx context.Context) (string, error) {
	text, err := r.command(ctx, "version")
	line, _, _ := strings.Cut(text, "\n")
	return line, err
}

// command runs the program and returns its standard output. Of gaetrain's variables, the
// environment has only the kernel path, so the settings of the user have no effect.
func (r *runner) command(ctx context.Context, arguments ...string) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	command := exec.CommandContext(ctx, r.binary, arguments...)
	command.Dir = r.folder
	command.Env = slices.DeleteFunc(os.Environ(), func(entry string) bool { return strings.HasPrefix(entry, "GAETRAIN_") })
	if r.kernel != "" {
		command.Env = append(command.Env, "GAETRAIN_KERNEL="+r.kernel)
	}
	stdout, err := command.Output()
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		lines := strings.Split(strings.TrimSpace(string(exit.Stderr)), "\n")
		err = fmt.Errorf("%w: %s", err, lines[len(lines)-1])
	}
	return string(stdout), err
}

// readRun reads the run folder of a finished case.
func readRun(folder string) (record, error) {
	tensors, err := readTensors(filepath.Join(folder, "checkpoint", "last.safetensors"))
	if err != nil {
		return record{}, err
	}
	path := filepath.Join(folder, "metrics.json")
	data, err := os.ReadFile(path)
	if err != nil {
		return record{}, err
	}
	var metrics struct {
		Last map[string]struct{ Loss *float64 }
	}
	if err := json.Unmarshal(data, &metrics); err != nil {
		return record{}, fmt.Errorf("%s: %w", path, err)
	}
	test, train := metrics.Last["test"].Loss, metrics.Last["train"].Loss
	if test == nil || train == nil {
		return record{}, fmt.Errorf("%s: the last loss of the test set or training set is missing", path)
	}
	return record{digest(tensors), namelessDigest(tensors), *test, *train}, nil
}

func sortedNames[V any](of map[string]V) []string { return slices.Sorted(maps.Keys(of)) }
