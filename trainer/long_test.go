package trainer

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"testing"
)

// TestLongRun trains many epochs. What an epoch reads, allocates and keeps open must not
// grow with the number of epochs before it.
func TestLongRun(t *testing.T) {
	const epochs, early, span = 150, 40, 30
	c := small()
	c.Epochs = epochs
	e, err := NewExperiment(c.Config, "drawn", &drawn{c.net}, dataset())
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	var begin, end []usage
	if _, err := train(t.Context(), dir, e, everyEpoch(func(l *Loop) {
		switch at := l.Position.Epoch + 1; {
		case at == early || at == early+span:
			begin = append(begin, measured(t))
		case at == epochs-span || at == epochs:
			end = append(end, measured(t))
		}
	})); err != nil {
		t.Fatal(err)
	}
	first, last := begin[1].since(begin[0]), end[1].since(end[0])
	if last.allocated > first.allocated*5/4 {
		t.Errorf("%d epochs allocate %d bytes after epoch %d, and %d bytes before the last one", span, first.allocated, early, last.allocated)
	}
	if grown := end[1].live - begin[1].live; grown > 512<<10 {
		t.Errorf("the heap has grown by %d bytes", grown)
	}
	if end[1].open > begin[0].open {
		t.Errorf("%d files are open, %d after epoch %d", end[1].open, begin[0].open, early)
	}
	if records, err := ReadRecords(dir); err != nil || len(records) != 3*epochs {
		t.Errorf("%d records, %v", len(records), err)
	}
}

// usage is what the process has used so far.
type usage struct{ allocated, live, open int64 }

func (u usage) since(before usage) usage {
	return usage{u.allocated - before.allocated, u.live - before.live, u.open - before.open}
}

func measured(t *testing.T) usage {
	t.Helper()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	list, err := os.ReadDir("/proc/self/fd")
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		t.Fatal(err)
	}
	return usage{int64(m.TotalAlloc), int64(m.HeapAlloc), int64(len(list))}
}

// TestMetricsAreAppended checks that an epoch keeps the files of metrics and appends to
// them.
func TestMetricsAreAppended(t *testing.T) {
	c := small()
	c.Epochs = 6
	dir := t.TempDir()
	names := []string{metricsFile, tableFile}
	kept, before := make(map[string]fs.FileInfo), make(map[string]string)
	look := func(context.Context, *Loop) error {
		for _, name := range names {
			info, err := os.Stat(filepath.Join(dir, name))
			if err != nil {
				return err
			}
			if old, known := kept[name]; known && !os.SameFile(old, info) {
				t.Errorf("%s was replaced", name)
			}
			text := string(read(t, dir, name))
			if len(text) <= len(before[name]) || text[:len(before[name])] != before[name] {
				t.Errorf("%s was not extended", name)
			}
			kept[name], before[name] = info, text
		}
		return nil
	}
	if _, err := train(t.Context(), dir, experiment(t, c), Hook{Name: "look", Epoch: look}); err != nil {
		t.Fatal(err)
	}
}
