package trainer

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestDiscard lets a run fail before its first checkpoint. The files that the run made
// are removed, and all other files stay.
func TestDiscard(t *testing.T) {
	failure := errors.New("no")
	fail := Hook{Name: "fail", Start: func(context.Context, *Loop) error { return failure }}
	parent := t.TempDir()
	for dir, before := range map[string][]string{
		filepath.Join(parent, "new"): nil,
		filepath.Join(parent, "own"): {"notes.txt"},
	} {
		for _, name := range before {
			if err := os.Mkdir(dir, 0o755); err != nil {
				t.Fatal(err)
			}
			write(t, []byte("mine"), dir, name)
		}
		if _, err := train(context.Background(), dir, experiment(t, small()), fail); !errors.Is(err, failure) {
			t.Fatal(err)
		}
		var after []string
		entries, err := os.ReadDir(dir)
		for _, entry := range entries {
			after = append(after, entry.Name())
		}
		if diff := cmp.Diff(before, after); diff != "" || (err == nil) != (before != nil) {
			t.Errorf("%s: %v %s", dir, err, diff)
		}
		if _, err := train(context.Background(), dir, experiment(t, small())); err != nil {
			t.Errorf("%s: a second run fails: %v", dir, err)
		}
	}
}
