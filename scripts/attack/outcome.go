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
	code           int // −1: by a signal
	signal         syscall.Signal
	stdout, stderr string
	seconds        float64
	memory         int64 // largest resident size, in bytes; Linux counts that of this program before the start of the other as well
	late           bool  // it was ended because it took too long
}

// String is the exit code and the last line of what a command said.
func (o outcome) String() string {
	lines := strings.Split(strings.TrimSpace(o.stderr), "\n")
	line := lines[len(lines)-1]
	for _, l := range lines { // the first line of a trace says more than the last
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
