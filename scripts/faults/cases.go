package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// errBeyond reports that a training has fewer operations than the number of a case.
var errBeyond = errors.New("no such operation")

// one trains on a file system with one fault, and continues on a sound one.
func (l *lab) one(k kind, at int) (operation string, err error) {
	dir, err := l.folder()
	if err != nil {
		return "", err
	}
	defer os.RemoveAll(dir)
	data := filepath.Join(dir, "data")
	if err := os.Mkdir(data, 0o755); err != nil {
		return "", err
	}
	if k.reads { // there must be a run to read
		if err := l.begin(data); err != nil {
			return "", err
		}
	}
	f := &faulty{reads: k.reads}
	end, err := l.mounted(data, f, k.pictures, fault{at: at, code: k.code}, k.kill)
	if err != nil {
		return "", err
	}
	if len(f.log) < at {
		return "", errBeyond
	}
	operation = f.log[at-1]
	if k.kill && end.code != -1 {
		return operation, fmt.Errorf("the program was not killed, exit code %d: %s", end.code, end.stderr)
	}
	if what := end.complaint(); !k.kill && what != "" {
		return operation, errors.New(what)
	}
	want := l.want
	if k.pictures {
		want = l.wantPictures
	}
	return operation, l.finish(filepath.Join(data, "run"), k.pictures, want)
}

// begin trains a run in a folder until it is killed, after its first epochs.
func (l *lab) begin(folder string) error {
	const after = 40 // operations
	f := &faulty{}
	if _, err := l.mounted(folder, f, false, fault{at: after}, true); err != nil {
		return err
	}
	_, err := os.Stat(filepath.Join(folder, "run", "checkpoint", "last.safetensors"))
	return err
}

// mounted trains on a file system with one fault.
func (l *lab) mounted(folder string, f *faulty, pictures bool, at fault, kill bool) (end ended, err error) {
	killed := make(chan func(), 1)
	if f.fault = at; kill {
		f.fault.kill = func() { (<-killed)() }
	}
	mounted, err := os.MkdirTemp(l.work, "mounted-")
	if err != nil {
		return end, err
	}
	unmount, err := mount(folder, mounted, f)
	if err != nil {
		return end, err
	}
	c, wait, err := l.start(nil, training(filepath.Join(mounted, "run"), pictures)...)
	if err != nil {
		return end, errors.Join(err, unmount())
	}
	killed <- func() { _ = c.Process.Kill() }
	return wait(), unmount()
}

// finish continues a run without faults and compares its result.
func (l *lab) finish(run string, pictures bool, want result) error {
	end, err := l.run(training(run, pictures)...)
	if err != nil {
		return err
	}
	if end.code != 0 {
		return fmt.Errorf("it cannot be continued, exit code %d: %s", end.code, end.stderr)
	}
	return same(run, want)
}

// anotherHost lets two hosts train one run on file systems that do not share locks: two
// mounts of one folder. The second host must refuse while the first one trains, and
// continue once that is killed.
func (l *lab) anotherHost() error {
	dir, err := l.folder()
	if err != nil {
		return err
	}
	data, first, second := filepath.Join(dir, "data"), filepath.Join(dir, "first"), filepath.Join(dir, "second")
	for _, folder := range []string{data, first, second} {
		if err := os.Mkdir(folder, 0o755); err != nil {
			return err
		}
	}
	for _, at := range []string{first, second} {
		unmount, err := mount(data, at, &faulty{})
		if err != nil {
			return err
		}
		defer unmount()
	}
	long := func(folder string) []string {
		return append(training(filepath.Join(folder, "run"), false), "--epochs", "1000000")
	}
	c, wait, err := l.start([]string{"unshare", "--uts", "sh", "-c", `hostname first && exec "$0" "$@"`}, long(first)...)
	if err != nil {
		return err
	}
	time.Sleep(2 * time.Second)
	end, err := l.run(long(second)...)
	if err == nil && (end.code != 5 || !strings.Contains(end.stderr, "on host first")) {
		err = fmt.Errorf("exit code %d, want 5: %s", end.code, end.stderr)
	}
	l.report("a run that another host trains is refused", err)
	_ = c.Process.Kill()
	wait()
	end, err = l.run(append(long(second), "--time-limit", "1s")...)
	if err == nil && end.code != 75 {
		err = fmt.Errorf("exit code %d, want 75: %s", end.code, end.stderr)
	}
	l.report("a run that another host has left is continued", err)
	return nil
}

// copies copies a run while it trains. A copy must be continued with the right result,
// or refused with the reason.
func (l *lab) copies() error {
	dir, err := l.folder()
	if err != nil {
		return err
	}
	const most = 12
	for n := range most {
		run, copied := filepath.Join(dir, fmt.Sprint("run-", n)), filepath.Join(dir, fmt.Sprint("copy-", n))
		_, wait, err := l.start(nil, training(run, false)...)
		if err != nil {
			return err
		}
		for range 2000 {
			if _, err := os.Stat(filepath.Join(run, "run.json")); err == nil {
				break
			}
			time.Sleep(time.Millisecond)
		}
		time.Sleep(time.Duration(n) * 5 * time.Millisecond)
		_ = exec.Command("cp", "-a", run, copied).Run() // files may vanish while it copies
		wait()
		end, err := l.run(training(copied, false)...)
		switch {
		case err != nil:
			return err
		case end.code == 0:
			err = same(copied, l.want)
		case end.code != 5:
			err = fmt.Errorf("exit code %d: %s", end.code, end.stderr)
		}
		l.report(fmt.Sprintf("copy %d of a run that trains (exit code %d)", n, end.code), err)
	}
	return nil
}

// report counts and prints a case.
func (l *lab) report(name string, err error) {
	if err != nil {
		l.failed++
		fmt.Printf("FAILED: %s: %v\n", name, err)
		return
	}
	l.passed++
	fmt.Printf("%s: passed\n", name)
}
