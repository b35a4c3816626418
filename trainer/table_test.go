package trainer

import (
	"context"
	"encoding/csv"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// readTable reads metrics.csv without the columns of times.
func readTable(t *testing.T, dir string) [][]string {
	t.Helper()
	rows, err := csv.NewReader(strings.NewReader(string(read(t, dir, tableFile)))).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	var kept []int
	for i, name := range rows[0] {
		if !slices.Contains([]string{"timestamp", "seconds", "images_per_second"}, name[strings.LastIndex(name, "/")+1:]) {
			kept = append(kept, i)
		}
	}
	for i, row := range rows {
		var short []string
		for _, k := range kept {
			short = append(short, row[k])
		}
		rows[i] = short
	}
	return rows
}

// TestTable compares metrics.csv with metrics.jsonl.
func TestTable(t *testing.T) {
	_, dir := trained(t, small())
	rows := readTable(t, dir)
	if want := []string{"step", "stage", "epoch", "learning_rate", "train/loss", "train/reconstruction", "train/mse", "validation/loss"}; !slices.Equal(rows[0][:len(want)], want) {
		t.Errorf("columns are %v, want %v first", rows[0], want)
	}
	records, err := ReadRecords(dir)
	if err != nil {
		t.Fatal(err)
	}
	if len(rows) != 4 || len(records) != 9 {
		t.Fatalf("%d rows and %d records", len(rows), len(records))
	}
	found := 0
	for _, r := range records {
		row := rows[r.Epoch]
		if row[0] != strconv.Itoa(r.Step) || row[1] != "train" || row[2] != strconv.Itoa(r.Epoch) {
			t.Errorf("row %v of %+v", row, r)
		}
		for name, value := range r.All() {
			got, err := strconv.ParseFloat(row[slices.Index(rows[0], r.Split+"/"+name)], 64)
			if err != nil || got != value {
				t.Errorf("%s/%s is %v (%v), want %v", r.Split, name, got, err, value)
			}
			found++
		}
	}
	if found < 18 {
		t.Errorf("only %d figures", found)
	}
}

// TestTableOfStages appends the epochs of two stages with other figures. After each epoch,
// the file is the same as one that is written at once.
func TestTableOfStages(t *testing.T) {
	dir := t.TempDir()
	l := &Loop{Run: &Run{Dir: dir}}
	grown, path := new(table), filepath.Join(dir, tableFile)
	add := func(stage string, epoch, step int, terms map[string]float64) {
		t.Helper()
		l.Latest = []Record{
			{Stage: stage, Epoch: epoch, Step: step, Split: "train", Figures: Figures{Loss: 1, Terms: terms}},
			{Stage: stage, Epoch: epoch, Step: step, Split: "test", Figures: Figures{Loss: 2, Terms: terms, Measures: map[string]float64{"a, b": 1e-9}}},
		}
		var err error
		if l.written, err = l.written.append(dir, l.Latest); err != nil {
			t.Fatal(err)
		}
		if err := grown.hook().Epoch(context.Background(), l); err != nil {
			t.Fatal(err)
		}
		got := string(read(t, path))
		whole := new(table)
		if err := whole.rewrite(l); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(string(read(t, path)), got); diff != "" {
			t.Errorf("%s epoch %d: %s", stage, epoch, diff)
		}
		if whole.size != int64(len(got)) || grown.size != whole.size {
			t.Errorf("sizes %d and %d, want %d", grown.size, whole.size, len(got))
		}
	}
	one, two := map[string]float64{"reconstruction": 0.5}, map[string]float64{"reconstruction": 0.25, "kl": 3}
	add("layer-1", 1, 10, one)
	add("layer-1", 2, 20, one)
	add("joint", 1, 7, two)
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	add("joint", 2, 14, two)
	write(t, []byte("step\n1\n"), path)
	add("joint", 3, 21, two)
	rows := readTable(t, dir)
	var steps []string
	for _, row := range rows[1:] {
		steps = append(steps, row[0])
	}
	if want := []string{"10", "20", "27", "34", "41"}; !slices.Equal(steps, want) {
		t.Errorf("steps are %v, want %v", steps, want)
	}
	if at := slices.Index(rows[0], "test/kl"); rows[1][at] != "" || rows[3][at] != "3" {
		t.Errorf("column test/kl is %q and %q", rows[1][at], rows[3][at])
	}
}

// TestTableOfKilledRun ends a run after the row of an epoch whose checkpoint is missing,
// within the next row. The resumed run has the table of an uninterrupted one.
func TestTableOfKilledRun(t *testing.T) {
	_, whole := trained(t, small())
	dir, killed := t.TempDir(), errors.New("killed")
	_, err := train(context.Background(), dir, experiment(t, small()), Hook{Name: "kill", Epoch: func(_ context.Context, l *Loop) error {
		if l.Position.Epoch == 1 {
			return killed
		}
		return nil
	}})
	if !errors.Is(err, killed) || len(readTable(t, dir)) != 3 {
		t.Fatalf("error is %v, and the table has %d rows", err, len(readTable(t, dir)))
	}
	write(t, append(read(t, dir, tableFile), "12,2026-"...), dir, tableFile)
	c := small()
	c.Resume = true
	rows := 0
	_, err = train(context.Background(), dir, experiment(t, c), Hook{Name: "look", Start: func(context.Context, *Loop) error {
		rows = len(readTable(t, dir))
		return nil
	}})
	if err != nil {
		t.Fatal(err)
	}
	if rows != 2 {
		t.Errorf("the resumed run began with %d rows, want 2", rows)
	}
	if diff := cmp.Diff(readTable(t, whole), readTable(t, dir)); diff != "" {
		t.Error(diff)
	}
}

// TestTableOfOthers does not replace a file of the user.
func TestTableOfOthers(t *testing.T) {
	dir := t.TempDir()
	write(t, []byte("a,b\n1,2\n"), dir, tableFile)
	_, err := create(dir, experiment(t, small()))
	fails(t, err, ErrRunExists, tableFile, "hint: ")
}
