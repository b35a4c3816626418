package cmd

import (
	"bytes"
	"encoding/binary"
	"encoding/csv"
	"fmt"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestMain makes the test binary run as the program if it is called by the program's
// name. A link with this name is first in PATH.
func TestMain(m *testing.M) {
	if filepath.Base(os.Args[0]) == "gaetrain" {
		os.Exit(Run(os.Args, os.Stdout, os.Stderr))
	}
	os.Exit(withProgram(m.Run))
}

// threads is the variable with the number of threads of a program. Tests start programs
// of one thread: results do not depend on it, tests run side by side, and idle threads
// busy-wait.
const threads = "GOMAXPROCS"

// garbage is the variable with how much garbage a program collects at once. Programs of
// tests run for a fraction of a second, and collecting it would take a sixth of their time.
const garbage = "GOGC"

func withProgram(run func() int) int {
	dir, err := os.MkdirTemp("", "gaetrain")
	if err == nil {
		defer os.RemoveAll(dir)
		var self string
		if self, err = os.Executable(); err == nil {
			err = os.Symlink(self, filepath.Join(dir, "gaetrain"))
		}
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	os.Setenv(threads, "1")
	os.Setenv(garbage, "800")
	os.Setenv("PATH", dir+string(filepath.ListSeparator)+os.Getenv("PATH"))
	return run()
}

// small is a configuration that trains in less than a second.
const small = `train-images = 256
test-images = 64
validation = 0
hidden = [16]
code = 4
batch-size = 24
epochs = 2
pictures = 0
quiet = true
`

// program starts the program in a folder, with small as its configuration.
func program(t *testing.T, dir string, args ...string) (*exec.Cmd, *bytes.Buffer) {
	t.Helper()
	file := filepath.Join(dir, "small.toml")
	if err := os.WriteFile(file, []byte(small), 0o644); err != nil {
		t.Fatal(err)
	}
	stderr := new(bytes.Buffer)
	c := exec.Command("gaetrain", args...)
	c.Dir, c.Stderr, c.Env = dir, stderr, append(os.Environ(), "GAETRAIN_CONFIG=small.toml")
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Process.Kill() })
	return c, stderr
}

// complete runs the program, which must succeed.
func complete(t *testing.T, dir string, args ...string) {
	t.Helper()
	c, stderr := program(t, dir, args...)
	if err := c.Wait(); err != nil {
		t.Fatalf("%s: %v: %s", strings.Join(args, " "), err, stderr)
	}
}

// times are the parts of metrics that differ from run to run.
var times = regexp.MustCompile(`"(seconds|images_per_second|timestamp|checksum)": ?("[^"]*"|[0-9.e+-]+)`)

// compareRuns returns the differences of two run folders, except for times. Runs without a
// validation set have no best checkpoint.
func compareRuns(a, b string) (string, error) {
	names := []string{"checkpoint/last.safetensors", "metrics.jsonl", "metrics.json", "metrics.csv"}
	for _, dir := range []string{a, b} {
		if best := "checkpoint/best.safetensors"; exists(filepath.Join(dir, best)) && !slices.Contains(names, best) {
			names = append(names, best)
		}
	}
	for _, name := range names {
		first, err := os.ReadFile(filepath.Join(a, name))
		if err != nil {
			return "", err
		}
		second, err := os.ReadFile(filepath.Join(b, name))
		if err != nil {
			return "", err
		}
		switch filepath.Ext(name) {
		case ".safetensors":
			first, second = withoutRun(first), withoutRun(second)
		case ".csv":
			first, second = withoutTimes(first), withoutTimes(second)
		default:
			first, second = times.ReplaceAll(first, nil), times.ReplaceAll(second, nil)
		}
		if diff := cmp.Diff(string(first), string(second)); diff != "" && strings.HasPrefix(name, "metrics") {
			return name + ": " + diff, nil
		}
		if !bytes.Equal(first, second) {
			return name + " differs", nil
		}
	}
	return "", nil
}

// withoutTimes returns metrics.csv without the columns that differ from run to run.
func withoutTimes(table []byte) (rest []byte) {
	rows, err := csv.NewReader(bytes.NewReader(table)).ReadAll()
	if err != nil {
		return table
	}
	for _, row := range rows {
		for i, name := range rows[0] {
			if name = path.Base(name); name != "timestamp" && name != "seconds" && name != "images_per_second" {
				rest = append(append(rest, row[i]...), ',')
			}
		}
		rest = append(rest, '\n')
	}
	return rest
}

// ofRun are the parts of a checkpoint's header that differ between equal runs: the
// run's id, the extent of metrics.jsonl, which holds times, and the checksum.
var ofRun = regexp.MustCompile(`\\"run\\":\\"\w*\\"|\\"(bytes|crc32c)\\":\d+|"gaetrain-crc32c":"\w*"`)

// withoutRun returns a checkpoint without the parts that differ between equal runs.
func withoutRun(checkpoint []byte) []byte {
	end := 8 + binary.LittleEndian.Uint64(checkpoint)
	header := bytes.TrimRight(ofRun.ReplaceAll(checkpoint[8:end], nil), " ")
	return append(header, checkpoint[end:]...)
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}
