package watch

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"sync"
	"time"

	"gaetrain/viz/plain"
)

// interval is the time between two looks at all runs.
const interval = time.Second

// Watcher follows the runs below a folder.
type Watcher struct {
	dir  string
	name string // of the folder, for readers

	runs map[string]*run // by path; only Watch uses it

	mu      sync.Mutex
	rows    map[string]shown // by id
	version uint64           // of the latest change, from 1
	set     uint64           // version of the latest change of which runs there are
	notice  string           // about the folder
	ready   bool             // the folder has been searched
	changed chan struct{}    // closed at the next change
}

// shown is what pages get of a run.
type shown struct {
	dir             string
	row, details    json.RawMessage
	rowAt, detailAt uint64 // versions in which they changed
}

// New returns a Watcher of a folder. Nothing is read before Watch.
func New(dir string) *Watcher {
	name := filepath.Clean(dir)
	if absolute, err := filepath.Abs(dir); err == nil && name == "." {
		name = filepath.Base(absolute)
	}
	return &Watcher{dir: dir, name: plain.Line(name), runs: make(map[string]*run), rows: make(map[string]shown), version: 1, changed: make(chan struct{})}
}

// Watch looks at the runs once per second until the context ends. Errors of single runs are shown on the page.
func (w *Watcher) Watch(ctx context.Context) {
	ticker := time.NewTicker(interval)
	defer ticker.Stop()
	for {
		w.look(ctx)
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
	}
}

// look finds the runs, and reads what has changed of them. The runs that changed last are read first.
func (w *Watcher) look(ctx context.Context) {
	w.find()
	var behind []*run
	for _, r := range w.runs {
		r.look()
		w.show(r)
		if r.behind {
			behind = append(behind, r)
		}
	}
	w.mu.Lock()
	w.ready = true
	w.mu.Unlock()
	w.announce()
	slices.SortFunc(behind, func(a, b *run) int { return cmp.Compare(b.row.Updated, a.row.Updated) })
	queue := make(chan *run)
	var workers sync.WaitGroup
	for range min(len(behind), runtime.GOMAXPROCS(0)) {
		workers.Go(func() {
			for r := range queue {
				for r.behind = true; r.behind && ctx.Err() == nil; {
					r.follow()
				}
				w.show(r)
				w.announce()
			}
		})
	}
	for _, r := range behind {
		queue <- r
	}
	close(queue)
	workers.Wait()
}

// find adds new runs and forgets those that are gone.
func (w *Watcher) find() {
	dir, err := filepath.EvalSymlinks(w.dir)
	var names []string
	var limited bool
	if err == nil {
		names, limited, err = scan(dir)
	}
	notice := ""
	switch {
	case isAbsent(err):
		notice = fmt.Sprintf("the folder %s does not exist", w.name)
	case err != nil:
		notice = plain.Line(err.Error())
	case limited:
		notice = fmt.Sprintf("only %d runs are shown, because there are too many folders; hint: gaetrain watch DIR with a folder further down", len(names))
	}
	gone := make(map[string]bool, len(w.runs))
	for name := range w.runs {
		gone[name] = true
	}
	for _, name := range names {
		delete(gone, name)
		if w.runs[name] == nil {
			w.runs[name] = newRun(filepath.Join(dir, name), w.nameOf(name))
		}
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	for name := range gone {
		delete(w.rows, w.runs[name].row.ID)
		delete(w.runs, name)
		w.version++
		w.set = w.version
	}
	if notice != w.notice {
		w.notice = notice
		w.version++
		w.set = w.version
	}
}

// nameOf is the name of a run for readers. The folder that is watched can itself be a run.
func (w *Watcher) nameOf(name string) string {
	if name != "." {
		return name
	}
	if absolute, err := filepath.Abs(w.dir); err == nil {
		return filepath.Base(absolute)
	}
	return w.dir
}

// show gives a run to pages, if it has changed.
func (w *Watcher) show(r *run) {
	row, err := json.Marshal(r.row)
	if err != nil {
		return // a row holds only finite numbers and text
	}
	if r.detailed == nil {
		if r.detailed, err = json.Marshal(r.details); err != nil {
			return
		}
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	s, known := w.rows[r.row.ID]
	if known && string(s.row) == string(row) && string(s.details) == string(r.detailed) {
		return
	}
	w.version++
	if !known {
		w.set = w.version
	}
	if string(s.details) != string(r.detailed) {
		s.detailAt = w.version
	}
	w.rows[r.row.ID] = shown{r.dir, row, r.detailed, w.version, s.detailAt}
}

// announce wakes those that wait for a change.
func (w *Watcher) announce() {
	w.mu.Lock()
	defer w.mu.Unlock()
	close(w.changed)
	w.changed = make(chan struct{})
}

// Update is what a page gets: the rows and details that have changed since the version that it has.
type Update struct {
	Folder  string                     `json:"folder,omitempty"`
	Notice  *string                    `json:"notice,omitempty"` // about the folder
	IDs     []string                   `json:"ids,omitempty"`    // of all runs, if they have changed
	All     bool                       `json:"all,omitempty"`    // IDs holds all runs, even if there are none
	Rows    []json.RawMessage          `json:"rows"`
	Details map[string]json.RawMessage `json:"details,omitempty"` // by id
}

// since returns what has changed since a version, the version now, and a channel that is closed at the next change. nil: nothing, or
// the folder is still searched.
func (w *Watcher) since(version uint64) (*Update, uint64, <-chan struct{}) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if version == w.version || !w.ready {
		return nil, version, w.changed
	}
	u := &Update{Rows: []json.RawMessage{}, Details: make(map[string]json.RawMessage)}
	if version == 0 {
		u.Folder = w.name
	}
	if w.set > version || version == 0 {
		u.All, u.Notice = true, &w.notice
	}
	for id, s := range w.rows {
		if u.All {
			u.IDs = append(u.IDs, id)
		}
		if s.rowAt > version {
			u.Rows = append(u.Rows, s.row)
		}
		if s.detailAt > version {
			u.Details[id] = s.details
		}
	}
	return u, w.version, w.changed
}

// folder opens the folder of a run.
func (w *Watcher) folder(id string) (*os.Root, error) {
	w.mu.Lock()
	s, ok := w.rows[id]
	w.mu.Unlock()
	if !ok {
		return nil, os.ErrNotExist
	}
	return os.OpenRoot(s.dir)
}
