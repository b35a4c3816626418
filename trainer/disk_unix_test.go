//go:build unix

package trainer

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
)

// limitVariable names a checkpoint that the test binary overwrites while the size of
// files is limited to fewer bytes, as on a full disk.
const limitVariable = "TRAINER_TEST_LIMITED_SAVE"

func saveLimited(path string) error {
	limit := syscall.Rlimit{Cur: 2000, Max: 2000}
	if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &limit); err != nil {
		return err
	}
	c := small()
	e, err := NewExperiment(c.Config, "small", &c.net, dataset())
	if err != nil {
		return err
	}
	err = SaveCheckpoint(path, Header{}, e.Parameters, nil)
	if !errors.Is(err, ErrCheckpoint) || !strings.Contains(err.Error(), "hint: ") {
		return fmt.Errorf("saving beyond the limit: error %v", err)
	}
	if _, err := (Extent{}).append(filepath.Dir(path), make([]Record, 100)); !errors.Is(err, ErrRun) {
		return fmt.Errorf("recording beyond the limit: error %v", err)
	}
	return nil
}

func TestMain(m *testing.M) {
	if path := os.Getenv(limitVariable); path != "" {
		if err := saveLimited(path); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

func TestFullDisk(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "last.safetensors")
	old, _ := minute(t)
	write(t, old, path)
	command := exec.Command(os.Args[0])
	command.Env = append(os.Environ(), limitVariable+"="+path, "TMPDIR="+dir)
	if out, err := command.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	if !slices.Equal(read(t, path), old) {
		t.Error("the old checkpoint has changed")
	}
	if got := names(t, dir); !slices.Equal(got, []string{"last.safetensors", metricsFile}) {
		t.Errorf("the folder holds %v", got)
	}
}
