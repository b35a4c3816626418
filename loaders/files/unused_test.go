package files_test

import (
	"os"
	"path/filepath"
	"testing"

	"gaetrain/loaders/files"
)

// TestUnused finds the first number under which there is no file of any ending.
func TestUnused(t *testing.T) {
	stem := filepath.Join(t.TempDir(), "codes")
	for _, step := range []struct{ there, want string }{
		{"", stem}, {stem + ".csv", stem + "-2"}, {stem + "-3.npy", stem + "-2"}, {stem + "-2.npy", stem + "-4"}, {stem + "-4.txt", stem + "-4"},
	} {
		if step.there != "" {
			if err := os.WriteFile(step.there, nil, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		if got := files.Unused(stem, ".npy", ".csv"); got != step.want {
			t.Errorf("with %s: %s, want %s", step.there, got, step.want)
		}
	}
	if got := files.Taken(stem, ".npy", ".csv"); got != stem+".csv" {
		t.Errorf("taken: %q", got)
	}
}
