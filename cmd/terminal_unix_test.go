//go:build unix

package cmd

import (
	"bytes"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/creack/pty"
)

// onTerminal runs the program with stderr on a terminal of the given width, and returns
// what the terminal shows and what stdout has.
func onTerminal(t *testing.T, columns int, environment string, args ...string) (e emulator, raw, stdout string) {
	t.Helper()
	master, slave, err := pty.Open()
	if err != nil {
		t.Skip(err) // a system without terminals
	}
	defer master.Close()
	if err := pty.Setsize(master, &pty.Winsize{Rows: 30, Cols: uint16(columns)}); err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "small.toml"), []byte(small), 0o644); err != nil {
		t.Fatal(err)
	}
	var results, shown bytes.Buffer
	c := exec.Command("gaetrain", append(args, "--config", "small.toml", "--quiet=false")...)
	c.Dir, c.Stdout, c.Stderr, c.Env = dir, &results, slave, append([]string{"PATH=" + os.Getenv("PATH"), threads + "=1"}, strings.Fields(environment)...)
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	slave.Close()
	_, _ = io.Copy(&shown, master) // ends with an error when the program has ended
	if err := c.Wait(); err != nil {
		t.Fatalf("%v: %s", err, &shown)
	}
	e = emulator{columns: columns}
	e.write(shown.String())
	return e, shown.String(), results.String()
}

// TestOnTerminal trains on terminals of several widths. Each epoch has a row, and the
// preview of the last epoch replaces the earlier ones.
func TestOnTerminal(t *testing.T) {
	t.Parallel()
	for _, columns := range []int{40, 80, 200} {
		e, _, stdout := onTerminal(t, columns, "TERM=xterm-256color LANG=C.UTF-8", "train", "--preview", "--pictures", "1", "--epochs", "3", "--run", "run")
		screen := e.screen()
		if e.problem != "" {
			t.Errorf("%d columns: %s", columns, e.problem)
		}
		if rows := regexp.MustCompile(`(?m)^epoch [123]/3  train \d`).FindAllString(screen, -1); len(rows) != 3 {
			t.Errorf("%d columns: %d rows in\n%s", columns, len(rows), screen)
		}
		if n := strings.Count(screen, "test images above"); n != 1 || columns > 60 && !strings.Contains(screen, ", after epoch 3\n▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀ ▀") || strings.Count(screen, "\n▀") != 26 {
			t.Errorf("%d columns: %d previews in\n%s", columns, n, screen)
		}
		if !strings.Contains(screen, "no validation set: the run trains on all 256") || strings.Contains(screen, "level=") {
			t.Errorf("%d columns: the notes are not plain in\n%s", columns, screen)
		}
		if e.coloured == 0 || strings.ContainsAny(stdout, "\x1b\r") || !strings.HasPrefix(stdout, "run        run (3 epochs in ") {
			t.Errorf("%d styles; stdout %q", e.coloured, stdout)
		}
	}
}

// TestPlainTerminal trains with fewer abilities of the terminal.
func TestPlainTerminal(t *testing.T) {
	t.Parallel()
	e, _, _ := onTerminal(t, 80, "TERM=xterm-256color NO_COLOR=1 LANG=C", "train", "--preview", "--pictures", "1", "--run", "run")
	if screen := e.screen(); e.problem != "" || e.coloured > 0 || strings.Count(screen, "test images above") != 1 || strings.Contains(screen, "▀") || !strings.Contains(screen, "@%") {
		t.Errorf("%s, %d styles in\n%s", e.problem, e.coloured, screen)
	}
	_, raw, _ := onTerminal(t, 80, "TERM=dumb LANG=C.UTF-8", "train", "--preview", "--pictures", "1", "--run", "run")
	if strings.Contains(raw, "\x1b") || !strings.Contains(raw, "--preview has no effect") || !strings.Contains(raw, `msg="epoch 2/2"`) {
		t.Errorf("on a dumb terminal: %q", raw)
	}
}
