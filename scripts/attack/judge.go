package main

import (
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// message is the one line that tells of an error.
var message = regexp.MustCompile(`^gaetrain: [^A-Z\n][^\n]*\n$`)

// trace matches what the Go runtime prints of a crash.
var trace = regexp.MustCompile(`(?m)^(goroutine \d|fatal error:|panic:|runtime: |unexpected fault|SIG[A-Z]+: )`)

func crashed(text string) bool { return trace.MatchString(text) }

// refused wants one of these exit codes, one line about the reason, and nothing
// on standard output.
func (o outcome) refused(codes ...int) error {
	if err := o.ends(codes...); err != nil {
		return err
	}
	if o.code == 0 {
		return nil
	}
	switch {
	case !message.MatchString(o.stderr):
		return fmt.Errorf("%d lines on stderr, want one such as %q", strings.Count(o.stderr, "\n"), "gaetrain: what is wrong")
	case len(o.stderr) > longestMessage:
		return fmt.Errorf("a message of %d bytes, want at most %d", len(o.stderr), longestMessage)
	case o.stdout != "":
		return fmt.Errorf("results on stdout before the error")
	}
	return nil
}

// longestMessage bounds an error message in bytes, with two paths in it.
const longestMessage = 1500

// ends wants one of these exit codes, and no crash.
func (o outcome) ends(codes ...int) error {
	switch {
	case o.late:
		return fmt.Errorf("it hangs: more than %.0f s", o.seconds)
	case o.memory > mostMemory:
		return fmt.Errorf("it takes more than %d MB", mostMemory>>20)
	case crashed(o.stderr) || crashed(o.stdout):
		return errors.New("it crashes")
	case o.signal != 0:
		return fmt.Errorf("it is ended by the signal %q", o.signal)
	case !slices.Contains(codes, o.code):
		return fmt.Errorf("exit code %d, want %s", o.code, strings.Trim(fmt.Sprint(codes), "[]"))
	}
	return nil
}

// within wants a command to stay below a time and a size.
func (o outcome) within(seconds float64, bytes int64) error {
	switch {
	case o.seconds > seconds:
		return fmt.Errorf("it takes %.1f s, want at most %.0f", o.seconds, seconds)
	case o.memory > bytes:
		return fmt.Errorf("it takes %d MB, want at most %d", o.memory>>20, bytes>>20)
	}
	return nil
}

// half matches the names of files that are being written: .name.ext123.
var half = regexp.MustCompile(`^\..+\.[a-z]+[0-9]+$`)

// leftovers reports a file in a folder that is only half written, or an array of
// encode without its table.
func leftovers(dir string) error {
	if !exists(dir) {
		return nil
	}
	return filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if half.MatchString(entry.Name()) {
			return fmt.Errorf("%s is left behind", filepath.Base(path))
		}
		if table, ok := strings.CutSuffix(path, ".npy"); ok && filepath.Base(table) == "codes" && !exists(table+".csv") {
			return fmt.Errorf("codes.npy is there without codes.csv")
		}
		return nil
	})
}

// first returns the first error.
func first(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}
