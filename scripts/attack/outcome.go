package main

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"syscall"
)

// outcome is how a command ended.
type outcome struct {
	code           int // −1 if a signal ended it
	signal         syscall.Signal
	stdout, stderr string
	seconds        float64
	memory         int64 // maximum resident size in bytes; Linux includes the size of this program before it starts the other
	late           bool  // it was ended because it took too long
}

// String returns the exit code and the last line that a command printed.
func (o outcome) String() string {
	lines := strings.Split(strings.TrimSpace(o.stderr), "\n")
	line := lines[len(lines)-1]
	for _, l := range lines { // the first line of a stack trace is more useful than the last
		if crashed(l) {
			line = l
			break
		}
	}
	if len(line) > 300 {
		line = line[:300] + "…"
	}
	how := fmt.Sprintf("exit %d", o.code)
	if o.signal != 0 {
		how = "ended by " + o.signal.String()
	}
	if o.late {
		how = "did not end"
	}
	return fmt.Sprintf("%s after %.1f s with %d MB: %q", how, o.seconds, o.memory>>20, line)
}

// message matches the one line of an error.
var message = regexp.MustCompile(`^gaetrain: [^A-Z\n][^\n]*\n$`)

// trace matches the output of the Go runtime after a crash.
var trace = regexp.MustCompile(`(?m)^(goroutine \d|fatal error:|panic:|runtime: |unexpected fault|SIG[A-Z]+: )`)

func crashed(text string) bool { return trace.MatchString(text) }

// refused checks for one of these exit codes, one line with the reason, and no output
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
		return fmt.Errorf("stderr has %d lines, want one line such as %q", strings.Count(o.stderr, "\n"), "gaetrain: what is wrong")
	case len(o.stderr) > longestMessage:
		return fmt.Errorf("the message has %d bytes, want at most %d", len(o.stderr), longestMessage)
	case o.stdout != "":
		return fmt.Errorf("results are printed on stdout before the error")
	}
	return nil
}

// warning matches a line of the log, which may come before the error.
var warning = regexp.MustCompile(`(?m)^time=\S+ level=WARN [^\n]*\n`)

// withoutWarnings returns the outcome without the warnings on standard error.
func (o outcome) withoutWarnings() outcome {
	o.stderr = warning.ReplaceAllString(o.stderr, "")
	return o
}

// longestMessage is the maximum length of an error message with two paths, in bytes.
const longestMessage = 1500

// ends checks for one of these exit codes, and no crash.
func (o outcome) ends(codes ...int) error {
	switch {
	case o.late:
		return fmt.Errorf("the program hangs: it runs for more than %.0f s", o.seconds)
	case o.memory > mostMemory:
		return fmt.Errorf("the program uses more than %d MB", mostMemory>>20)
	case crashed(o.stderr) || crashed(o.stdout):
		return errors.New("the program crashes")
	case o.signal != 0:
		return fmt.Errorf("the signal %q has ended the program", o.signal)
	case !slices.Contains(codes, o.code):
		return fmt.Errorf("exit code %d, want %s", o.code, strings.Trim(fmt.Sprint(codes), "[]"))
	}
	return nil
}

// within checks that a command does not exceed a time and a memory size.
func (o outcome) within(seconds float64, bytes int64) error {
	switch {
	case o.seconds > seconds:
		return fmt.Errorf("the program takes %.1f s, want at most %.0f", o.seconds, seconds)
	case o.memory > bytes:
		return fmt.Errorf("the program uses %d MB, want at most %d", o.memory>>20, bytes>>20)
	}
	return nil
}
