package main

import (
	"bufio"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// pipeTries close or remove the streams and folders that the program uses.
func pipeTries(options) []try {
	return []try{
		{"head", (*attempt).brokenPipe},
		{"stdout-closed", func(a *attempt) error { return a.without(`exec "$@" >&-`) }},
		{"stderr-closed", func(a *attempt) error { return a.without(`exec "$@" 2>&-`) }},
		{"stdin-closed", func(a *attempt) error { return a.without(`exec "$@" <&-`) }},
		{"all-closed", func(a *attempt) error { return a.without(`exec "$@" <&- >&- 2>&-`) }},
		{"stdout-full", func(a *attempt) error { return a.without(`exec "$@" >/dev/full`) }},
		{"stderr-full", func(a *attempt) error { return a.without(`exec "$@" 2>/dev/full`) }},
		{"verb-stdout-full", func(a *attempt) error {
			a.copyOf("dense")
			return a.shell(`exec "$@" >/dev/full`, "eval", "--run", "dense").refused(1)
		}},
		{"two", (*attempt).two},
		{"deleted", (*attempt).deleted},
		{"read-only", (*attempt).readOnly},
		{"file-for-folder", func(a *attempt) error {
			write(filepath.Join(a.dir, "file"), []byte("mine"))
			before := contents(a.dir)
			o := a.gaetrain(a.trainArguments("dense", "file")...)
			return first(o.refused(2, 5), unchanged(a.dir, before))
		}},
	}
}

// brokenPipe reads one line of the output of training and closes the pipe.
func (a *attempt) brokenPipe() error {
	reader, writer, err := os.Pipe()
	if err != nil {
		return err
	}
	c := a.command(a.trainArguments("vae", "run", "--quiet=false")...)
	c.Stdout, c.Stderr = writer, writer
	p := a.start(c)
	writer.Close()
	line, err := bufio.NewReader(reader).ReadString('\n')
	reader.Close()
	if err != nil {
		return err
	}
	o := a.wait(p, patience)
	if !strings.Contains(line, "training") {
		return errors.New("the first line does not mention training")
	}
	if o.code == brokenOutput {
		o.code = 0
	}
	return a.unread("vae", o)
}

// brokenOutput is the exit code, according to the help, if all work is done but the
// reader of the results has ended.
const brokenOutput = 141

// unread checks that a run is finished although its output could not be written, or
// that it was stopped with a checkpoint.
func (a *attempt) unread(model string, o outcome) error {
	if err := o.ends(0, 1, 75); err != nil {
		return err
	}
	if o.code == 75 {
		return a.finish(model)
	}
	return sameRun(filepath.Join(a.dir, "run"), a.base(model))
}

// without trains with a stream that is closed or full.
func (a *attempt) without(script string) error {
	o := a.shell(script, a.trainArguments("vae", "run", "--quiet=false")...)
	return a.unread("vae", o)
}

// two starts a second process in a run folder that is in use.
func (a *attempt) two() error {
	p := a.start(a.command(a.trainArguments("dense", "run")...))
	for begun := time.Now(); !p.over() && !exists(filepath.Join(a.dir, "run", lastFile)); time.Sleep(time.Millisecond) {
		if time.Since(begun) > patience {
			return errors.New("the program hangs before the first checkpoint")
		}
	}
	second := a.gaetrain(a.trainArguments("dense", "run", "--resume")...)
	answer, late := a.last, p.over()
	if err := a.wait(p, patience).ends(0); err != nil {
		return err
	}
	a.last = answer
	if late {
		return leftOut("the first process had ended before the second began")
	}
	return first(second.refused(5), sameRun(filepath.Join(a.dir, "run"), a.base("dense")))
}

// deleted removes the run folder while it is in use.
func (a *attempt) deleted() error {
	p := a.start(a.command(a.trainArguments("dense", "run", "--epochs", "50")...))
	for begun := time.Now(); !p.over() && !exists(filepath.Join(a.dir, "run", lastFile)); time.Sleep(time.Millisecond) {
		if time.Since(begun) > patience {
			return errors.New("the program hangs before the first checkpoint")
		}
	}
	for exists(filepath.Join(a.dir, "run")) && !p.over() {
		os.RemoveAll(filepath.Join(a.dir, "run")) // again, because the process may have written a file meanwhile
	}
	return a.wait(p, patience).withoutWarnings().refused(5)
}

// readOnly trains in a read-only file system.
func (a *attempt) readOnly() error {
	if !canMount() {
		return leftOut("this user cannot mount in a user namespace")
	}
	copyFolder(a.base("dense"), filepath.Join(a.dir, "disk", "dense"))
	const script = `exec unshare -rm sh -c 'mount --bind disk disk && mount -o remount,bind,ro disk && exec "$@"' sh "$@"`
	for _, arguments := range [][]string{a.trainArguments("dense", "disk/new"), a.trainArguments("dense", "disk/dense", "--resume", "--epochs", "6")} {
		before := contents(filepath.Join(a.dir, "disk"))
		o := a.shell(script, arguments...)
		if err := first(o.refused(5), unchanged(filepath.Join(a.dir, "disk"), before)); err != nil {
			return err
		}
	}
	o := a.shell(script, "eval", "--run", "disk/dense")
	return o.ends(0)
}
