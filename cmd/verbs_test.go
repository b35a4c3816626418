package cmd

import (
	"os"
	"os/exec"
	"regexp"
	"strconv"
	"testing"
)

// TestNeededVerbs checks that only the verb of the arguments is made, under its own name, and all
// verbs for arguments that name none.
func TestNeededVerbs(t *testing.T) {
	for _, name := range verbNames() {
		verbs := needed("", []string{"gaetrain", name, "--help"})
		if name == "help" {
			continue
		}
		if len(verbs) != 1 || verbs[0].Name != name {
			t.Errorf("%s makes %d verbs, the first of which is %s", name, len(verbs), verbs[0].Name)
		}
	}
	for _, args := range [][]string{{}, {"gaetrain"}, {"gaetrain", "help"}, {"gaetrain", "trane"}, {"gaetrain", "--version"}} {
		if verbs := needed("", args); len(verbs) != len(verbNames()) {
			t.Errorf("%q make %d verbs", args, len(verbs))
		}
	}
}

// initialised matches the line about a package in the trace of the initialisation.
var initialised = regexp.MustCompile(`(?m)^init (gaetrain\S*) .* (\d+) bytes, `)

// TestStart checks that no package of the program does much work before the program begins:
// files that are part of it are unpacked when they are used.
func TestStart(t *testing.T) {
	const most = 256 << 10
	c := exec.Command("gaetrain", "version")
	c.Env = append(os.Environ(), "GODEBUG=inittrace=1")
	out, err := c.CombinedOutput()
	found := initialised.FindAllStringSubmatch(string(out), -1)
	if err != nil || len(found) < 5 {
		t.Fatalf("%d packages, %v: %s", len(found), err, out)
	}
	for _, match := range found {
		if bytes, err := strconv.Atoi(match[2]); err != nil || bytes > most {
			t.Errorf("package %s allocates %s bytes before the program begins, want at most %d", match[1], match[2], most)
		}
	}
}
