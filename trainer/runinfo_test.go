package trainer

import (
	"os"
	"path/filepath"
	"testing"
)

// TestReadRunInfoNames checks that the error of a file that is too large names the file.
func TestReadRunInfoNames(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), runFile)
	if err := os.WriteFile(path, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(path, largestSealed+1); err != nil {
		t.Fatal(err)
	}
	_, err := ReadRunInfo(filepath.Dir(path))
	fails(t, err, ErrRun, path, "more than")
}
