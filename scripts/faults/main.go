// Command faults trains small models on a file system that fails, and on one that kills
// the program at one of its operations. It checks that the training can be continued
// afterwards, and that its weights are those of an undisturbed training. It needs Linux,
// root and /dev/fuse.
//
//	scripts/faults/run BINARY
//	scripts/faults/run BINARY -quick
package main

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
)

func main() {
	var binary string
	var quick bool
	flag.StringVar(&binary, "binary", "", "`path` of a built gaetrain (required)")
	flag.BoolVar(&quick, "quick", false, "try every fifth operation")
	flag.Parse()
	if binary == "" || flag.NArg() > 0 {
		fmt.Fprintln(os.Stderr, "usage: faults -binary PATH [-quick]")
		os.Exit(2)
	}
	failed, err := check(program{binary}, quick)
	if err != nil {
		fmt.Fprintln(os.Stderr, "faults:", err)
		os.Exit(1)
	}
	if failed > 0 {
		os.Exit(1)
	}
}

// check runs all cases in a temporary folder, prints one line for each kind and the
// problems, and returns the number of failed cases.
func check(p program, quick bool) (failed int, err error) {
	work, err := os.MkdirTemp("", "faults-")
	if err != nil {
		return 0, err
	}
	defer os.RemoveAll(work)
	l := &lab{program: p, work: work, step: 1}
	if quick {
		l.step = 5
	}
	if l.want, err = l.undisturbed(false); err != nil {
		return 0, err
	}
	if l.wantPictures, err = l.undisturbed(true); err != nil {
		return 0, err
	}
	for _, k := range kinds {
		if err := l.try(k); err != nil {
			return l.failed, fmt.Errorf("%s: %w", k.name, err)
		}
	}
	if err := l.anotherHost(); err != nil {
		return l.failed, err
	}
	if err := l.copies(); err != nil {
		return l.failed, err
	}
	fmt.Printf("%d passed, %d failed\n", l.passed, l.failed)
	return l.failed, nil
}

// kind is a kind of fault, which is tried at each operation.
type kind struct {
	name     string
	reads    bool // the operations that read a run, when it is resumed
	kill     bool
	pictures bool
	code     syscall.Errno
}

var kinds = []kind{
	{name: "killed at an operation", kill: true},
	{name: "killed at an operation, with pictures", kill: true, pictures: true},
	{name: "input/output error", code: syscall.EIO},
	{name: "no space left", code: syscall.ENOSPC},
	{name: "input/output error while reading a run", reads: true, code: syscall.EIO},
}

// lab makes the cases.
type lab struct {
	program
	work               string
	step               int // between the operations that are tried
	want, wantPictures result
	cases              int
	passed, failed     int
}

// folder makes a new folder.
func (l *lab) folder() (string, error) {
	l.cases++
	dir := filepath.Join(l.work, fmt.Sprintf("case-%d", l.cases))
	return dir, os.MkdirAll(dir, 0o755)
}

// undisturbed trains without faults.
func (l *lab) undisturbed(pictures bool) (result, error) {
	dir, err := l.folder()
	if err != nil {
		return result{}, err
	}
	run := filepath.Join(dir, "run")
	end, err := l.run(training(run, pictures)...)
	if err != nil {
		return result{}, err
	}
	if end.code != 0 {
		return result{}, fmt.Errorf("the undisturbed training ended with code %d: %s", end.code, end.stderr)
	}
	return resultOf(run)
}

// try makes the cases of a kind, one for each operation, until none is left.
func (l *lab) try(k kind) error {
	passed, failed, step := l.passed, l.failed, l.step
	if k.pictures {
		step *= 4 // most operations write pictures
	}
	for at := 1; ; at += step {
		operation, err := l.one(k, at)
		if errors.Is(err, errBeyond) {
			break
		}
		if err != nil {
			l.failed++
			fmt.Printf("FAILED: %s %d (%s): %v\n", k.name, at, operation, err)
			continue
		}
		l.passed++
	}
	fmt.Printf("%s: %d passed, %d failed\n", k.name, l.passed-passed, l.failed-failed)
	return nil
}
