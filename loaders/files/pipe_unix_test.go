//go:build unix

package files

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// TestPipe reads a pipe without a writer, and one with a writer.
func TestPipe(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "pipe")
	if err := syscall.Mkfifo(path, 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := ReadRegular(path, 10); err == nil || !strings.Contains(err.Error(), "not a regular file") {
		t.Errorf("error is %v", err)
	}
	for text, want := range map[string]string{"short": "", "longer than ten bytes": "more than 10 bytes"} {
		go func() { _ = os.WriteFile(path, []byte(text), 0) }()
		data, err := Read(path, 10)
		if want == "" && (err != nil || string(data) != text) || want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
			t.Errorf("%q: %q, %v", text, data, err)
		}
	}
}
