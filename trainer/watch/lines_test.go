package watch

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// metrics makes a folder with metrics.jsonl, and returns the folder and a function that replaces the file.
func metrics(t *testing.T) (*os.Root, func(text string)) {
	t.Helper()
	dir := t.TempDir()
	folder, err := os.OpenRoot(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { folder.Close() })
	return folder, func(text string) {
		t.Helper()
		if err := os.WriteFile(filepath.Join(dir, "metrics.jsonl"), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

func TestReadLines(t *testing.T) {
	folder, write := metrics(t)
	var at Position
	read := func(want string, reset bool) {
		t.Helper()
		c, err := readLines(folder, "metrics.jsonl", at, 1<<20)
		if err != nil || string(c.Lines) != want || c.Reset != reset || c.More {
			t.Fatalf("read %q, reset %t, more %t, %v; want %q, reset %t", c.Lines, c.Reset, c.More, err, want, reset)
		}
		if at, err = ParsePosition(c.Next.String()); err != nil || at != c.Next {
			t.Fatalf("%s is read as %v, %v", c.Next, at, err)
		}
	}
	read("", false) // no file yet
	write("one\ntw")
	read("one\n", false)
	read("", false)
	write("one\ntwo\nthree\n")
	read("two\nthree\n", false)
	write("one\n") // a resumed run has cut the file
	read("one\n", true)
	write("one\ntwo\n")
	read("two\n", false)
	write("one\nTWO\nfour\n") // cut and written again between two looks
	read("one\nTWO\nfour\n", true)
	if err := folder.Remove("metrics.jsonl"); err != nil {
		t.Fatal(err)
	}
	read("", true)
}

func TestReadLinesChunks(t *testing.T) {
	folder, write := metrics(t)
	text := strings.Repeat("a line of text\n", 1000)
	write(text)
	var got bytes.Buffer
	chunks := 0
	for at, more := (Position{}), true; more; chunks++ {
		c, err := readLines(folder, "metrics.jsonl", at, 1000)
		if err != nil || c.Reset {
			t.Fatal(c.Reset, err)
		}
		got.Write(c.Lines)
		at, more = c.Next, c.More
	}
	if got.String() != text || chunks < 10 {
		t.Errorf("%d bytes in %d chunks, want %d bytes", got.Len(), chunks, len(text))
	}
	write(strings.Repeat("x", longestLine+5) + "\nrest\n")
	c, err := readLines(folder, "metrics.jsonl", Position{}, longestLine)
	var p progress
	p.add(c)
	if err != nil || !c.More || p.damaged != 1 {
		t.Errorf("a line that is too long: more %t, %d damaged, %v", c.More, p.damaged, err)
	}
}

func TestOpenRegular(t *testing.T) {
	folder, _ := metrics(t)
	outside := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(outside, []byte("secret\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(outside, filepath.Join(folder.Name(), "metrics.jsonl")); err != nil {
		t.Fatal(err)
	}
	if c, err := readLines(folder, "metrics.jsonl", Position{}, 100); err == nil {
		t.Errorf("a link out of the folder is read: %q", c.Lines)
	}
	for _, text := range []string{"x", "-1-00000000", "5", "5-xyz", "99999999999999999999-0"} {
		if p, err := ParsePosition(text); err == nil {
			t.Errorf("%q is the position %v", text, p)
		}
	}
}
