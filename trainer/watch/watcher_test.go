package watch

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// rowsOf decodes the rows of an update by name.
func rowsOf(t *testing.T, u *Update) map[string]Row {
	t.Helper()
	rows := make(map[string]Row)
	if u == nil {
		return rows
	}
	for _, raw := range u.Rows {
		var row Row
		if err := json.Unmarshal(raw, &row); err != nil {
			t.Fatal(err)
		}
		rows[row.Name] = row
	}
	return rows
}

func TestWatcher(t *testing.T) {
	dir := t.TempDir()
	a, b := filepath.Join(dir, "a"), filepath.Join(dir, "sweep", "b")
	addRun(t, a)
	addRun(t, b)
	addRun(t, filepath.Join(dir, ".hidden"))
	addRun(t, filepath.Join(a, "inner")) // a folder of a run
	if err := os.Symlink(dir, filepath.Join(dir, "sweep", "loop")); err != nil {
		t.Fatal(err)
	}
	w := New(dir)
	if u, _, _ := w.since(0); u != nil {
		t.Errorf("before the first look: %+v", u)
	}
	w.look(context.Background())
	u, version, _ := w.since(0)
	rows := rowsOf(t, u)
	if len(rows) != 2 || len(u.IDs) != 2 || !u.All {
		t.Fatalf("rows %v, ids %v", rows, u.IDs)
	}
	row := rows["a"]
	if row.State != "done" || row.Epoch != 2 || row.Epochs != 2 || row.Split != "validation" || row.Loss == nil || row.Best == nil || row.MSE == nil || row.Seconds <= 0 || !row.Report || row.Left != nil || row.Problem != "" {
		t.Errorf("the row of a finished run is %+v", row)
	}
	var details Details
	if json.Unmarshal(u.Details[row.ID], &details) != nil || details.Stages[0].Units["dead_units"] != "units" || details.Model != "dense" || details.Dataset == "" || details.Settings["epochs"] != "2" {
		t.Errorf("details %+v", details)
	}

	w.look(context.Background())
	if u, _, _ = w.since(version); u != nil {
		t.Errorf("nothing has changed, but the update is %+v", u)
	}
	appendTo(t, b, written("train", 3, "validation", 1)+"damaged\n"+written("train", 3, "test", 2)[:20])
	w.look(context.Background())
	u, version, _ = w.since(version)
	rows = rowsOf(t, u)
	if row := rows["sweep/b"]; len(rows) != 1 || u.All || row.Epoch != 3 || *row.Loss != 1 || *row.Best != 1 || row.BestEpoch != 3 || !strings.Contains(row.Problem, "damaged") {
		t.Errorf("after new records: %+v, all %t", rows, u.All)
	}

	if err := os.RemoveAll(a); err != nil {
		t.Fatal(err)
	}
	w.look(context.Background())
	if u, _, _ = w.since(version); u == nil || !u.All || !slices.Equal(u.IDs, []string{idOf("sweep/b")}) || len(u.Rows) != 0 {
		t.Errorf("after a run was removed: %+v", u)
	}
}

// TestWatcherFolders checks folders that are not as expected.
func TestWatcherFolders(t *testing.T) {
	dir := t.TempDir()
	missing := New(filepath.Join(dir, "missing"))
	missing.look(context.Background())
	if u, _, _ := missing.since(0); u.Notice == nil || !strings.Contains(*u.Notice, "does not exist") {
		t.Errorf("a missing folder: %+v", u)
	}
	run := filepath.Join(dir, "run\u202e")
	addRun(t, run)
	put(t, filepath.Join(run, "run.json"), "{}")
	itself := New(run)
	itself.look(context.Background())
	u, _, _ := itself.since(0)
	for name, row := range rowsOf(t, u) {
		if name != `run\u202e` || row.Problem == "" {
			t.Errorf("a damaged run: %+v", row)
		}
	}
	if len(u.Rows) != 1 {
		t.Errorf("a folder that is a run: %+v", u)
	}
}
