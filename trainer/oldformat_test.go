package trainer

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestFormat3 opens a run that a version with format 3 of run.json has trained. It must be
// refused with the reason, and its files must stay as they are.
func TestFormat3(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "run")
	if err := os.CopyFS(dir, os.DirFS("testdata/format3")); err != nil {
		t.Fatal(err)
	}
	before := folder(t, dir)
	refused := func(err error) {
		t.Helper()
		fails(t, err, ErrRun, runFile, "another version of gaetrain (format 3, ", "this version reads format 4", "hint: ")
	}
	_, err := ReadRunInfo(dir)
	refused(err)
	_, err = KernelOf(dir)
	refused(err)
	_, err = OpenModel(find, dir, LastCheckpoint)
	refused(err)
	for _, resume := range []bool{false, true} {
		c := small()
		c.Resume = resume
		_, err = create(dir, experiment(t, c))
		refused(err)
	}
	if diff := cmp.Diff(before, folder(t, dir)); diff != "" {
		t.Errorf("the folder has changed: %s", diff)
	}
	phase(t, dir, Done) // it has metrics.json and no state.json
}

// TestCheckpointOfFormat3 puts the checkpoints of that run into a run of this version.
func TestCheckpointOfFormat3(t *testing.T) {
	t.Parallel()
	for _, name := range []string{lastCheckpoint, bestCheckpoint} {
		_, dir := trained(t, small())
		write(t, read(t, "testdata", "format3", name), dir, name)
		before := folder(t, dir)
		c := small()
		c.Resume = true
		_, err := create(dir, experiment(t, c))
		fails(t, err, ErrCheckpoint, name, "belongs to another run than run.json", "hint: ")
		_, err = OpenModel(find, dir, map[string]string{lastCheckpoint: LastCheckpoint, bestCheckpoint: BestCheckpoint}[name])
		fails(t, err, ErrCheckpoint, name, "belongs to another run than run.json", "hint: ")
		if diff := cmp.Diff(before, folder(t, dir)); diff != "" {
			t.Errorf("the folder has changed: %s", diff)
		}
	}
}
