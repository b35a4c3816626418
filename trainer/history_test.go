package trainer

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestHistory reads what a run folder records.
func TestHistory(t *testing.T) {
	l, dir := trained(t, small())
	h, err := ReadHistory(dir)
	if err != nil {
		t.Fatal(err)
	}
	records, err := ReadRecords(dir)
	if err != nil {
		t.Fatal(err)
	}
	if h.Stage != l.Stage.Name || h.Position.Epoch != l.Position.Epoch || len(h.Records) != len(records) || h.Planned() != l.Stage.Epochs {
		t.Errorf("stage %s, epoch %d of %d, %d records", h.Stage, h.Position.Epoch, h.Planned(), len(h.Records))
	}
	if r, ok := h.Latest("test"); !ok || r.Epoch != l.Position.Epoch || r.Split != "test" {
		t.Errorf("the latest record of the test set is %v, %t", r, ok)
	}
	if _, ok := h.Latest("another"); ok {
		t.Error("a split that the run does not have has a record")
	}
	if few, list := l.FewSteps(), h.Warnings(l.Config); (few != "") != (len(list) > 0) || few != "" && list[0] != few {
		t.Errorf("the warnings are %q, want %q", list, few)
	}
	if stages := h.Stages(); stages[0].Unit("reconstruction") != l.Stage.Unit("reconstruction") {
		t.Errorf("the unit is %q", stages[0].Unit("reconstruction"))
	}
}

// TestHistoryErrors reads folders without a run, without a checkpoint, and with that of
// another run.
func TestHistoryErrors(t *testing.T) {
	_, err := ReadHistory(t.TempDir())
	fails(t, err, fs.ErrNotExist)
	_, dir := trained(t, small())
	_, other := trained(t, small())
	path := filepath.Join(dir, lastCheckpoint)
	if err := os.Rename(filepath.Join(other, lastCheckpoint), path); err != nil {
		t.Fatal(err)
	}
	_, err = ReadHistory(dir)
	fails(t, err, ErrCheckpoint, "is not a checkpoint of this run")
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	if _, err = ReadHistory(dir); err == nil || !strings.Contains(err.Error(), "last.safetensors") {
		t.Errorf("without a checkpoint: %v", err)
	}
}
