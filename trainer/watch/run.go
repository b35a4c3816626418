package watch

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"iter"
	"maps"
	"math"
	"os"
	"path/filepath"
	"slices"
	"time"

	"gaetrain/loaders"
	"gaetrain/trainer"
	"gaetrain/trainer/pictures"
	"gaetrain/viz/plain"
)

// Row is what the list of runs shows of one.
type Row struct {
	ID      string `json:"id"`
	Name    string `json:"name"` // path below the folder that is watched, with hidden characters escaped
	State   string `json:"state"`
	Message string `json:"message,omitempty"` // the error that ended the run
	Problem string `json:"problem,omitempty"` // about files of the run
	Stage   string `json:"stage,omitempty"`

	Epoch     int      `json:"epoch"`  // finished, of all stages
	Epochs    int      `json:"epochs"` // of all stages
	Split     string   `json:"split,omitempty"`
	Loss      *float64 `json:"loss"` // of that split after the last epoch; nil before
	MSE       *float64 `json:"mse"`
	Best      *float64 `json:"best"` // lowest criterion of that split in the stage
	BestEpoch int      `json:"best_epoch,omitempty"`
	Seconds   float64  `json:"seconds"` // of training and evaluation
	Rate      float64  `json:"rate"`    // images per second in the last epoch of training
	Left      *float64 `json:"left"`    // estimated seconds until the end of an active run

	Updated  int64 `json:"updated"`            // Unix time in milliseconds of the last change of its files
	Records  int64 `json:"records"`            // bytes of metrics.jsonl that were read
	Pictures int64 `json:"pictures,omitempty"` // changes with the pictures
	Report   bool  `json:"report,omitempty"`   // there is a report
}

// Details is what does not change while a run trains.
type Details struct {
	Model    string            `json:"model"`
	Dataset  string            `json:"dataset"`
	Stages   []Stage           `json:"stages"`
	Settings map[string]string `json:"settings"` // without trainer.Harmless
}

// Stage is a stage of a run with the units of its figures.
type Stage struct {
	Name   string            `json:"name"`
	Epochs int               `json:"epochs"`
	Units  map[string]string `json:"units"`
}

// run is a run folder that is watched. Only the Watcher's goroutine uses it.
type run struct {
	dir     string
	row     Row
	details Details
	seen    map[string]stamp // of files, when they were read
	state   trainer.State
	broken  string // about run.json
	sums    progress
	behind  bool  // there may be lines of metrics.jsonl that were not read
	failed  error // of reading metrics.jsonl

	detailed []byte // details as JSON; nil: they have changed
}

// stamp shows whether a file has changed.
type stamp struct {
	time time.Time
	size int64
}

// idOf identifies a run by its path below the folder that is watched, so that a page can be opened again later.
func idOf(name string) string {
	sum := sha256.Sum256([]byte(name))
	return hex.EncodeToString(sum[:6])
}

func newRun(dir, name string) *run {
	return &run{dir: dir, seen: make(map[string]stamp), row: Row{ID: idOf(name), Name: text(name)}}
}

// changed reports whether a file is another one than at the last call. A file that is gone has the zero stamp.
func (r *run) changed(name string) (now stamp, changed bool) {
	if info, err := os.Lstat(filepath.Join(r.dir, name)); err == nil {
		now = stamp{info.ModTime(), info.Size()}
	}
	before, known := r.seen[name]
	r.seen[name] = now
	return now, !known || before != now
}

// look reads everything but the metrics.
func (r *run) look() {
	if _, changed := r.changed("run.json"); changed {
		r.readInfo()
	}
	state, changed := r.changed("state.json")
	if changed || r.state.Active() || r.state.Phase == "" {
		s, err := trainer.StateOf(r.dir)
		if err == nil {
			r.state = s
		} else if r.broken == "" {
			r.broken = text(err.Error())
		}
	}
	metrics, grown := r.changed("metrics.jsonl")
	report, _ := r.changed("report.html")
	pictures, _ := r.changed("pictures")
	r.behind = r.behind || grown
	r.row.State, r.row.Message = string(r.state.Phase), text(r.state.Message)
	r.row.Report = !report.time.IsZero()
	r.row.Pictures = milliseconds(pictures.time)
	updated := r.seen["run.json"].time
	for _, t := range []time.Time{state.time, metrics.time} {
		if t.After(updated) {
			updated = t
		}
	}
	r.row.Updated = milliseconds(updated)
	r.fill()
}

func milliseconds(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMilli()
}

// Limits of what is kept of a run, which can come from others.
const (
	mostOfRun   = 300 // stages, settings, and units of a stage
	longestText = 300
)

// text is a text from a file of a run on one line of limited length.
func text(s string) string { return plain.Clip(plain.Line(s), longestText) }

// limited yields the first entries of a map, in order.
func limited[V any](m map[string]V) iter.Seq2[string, V] {
	return func(yield func(string, V) bool) {
		names := slices.Sorted(maps.Keys(m))
		for _, name := range names[:min(len(names), mostOfRun)] {
			if !yield(name, m[name]) {
				return
			}
		}
	}
}

// readInfo reads run.json.
func (r *run) readInfo() {
	r.broken = ""
	info, err := trainer.ReadRunInfo(r.dir)
	if err != nil {
		r.broken = text(err.Error())
		return
	}
	d := Details{Model: text(info.Model), Dataset: text(info.Data.Name), Settings: make(map[string]string)}
	for name, s := range limited(info.Configuration) {
		if !slices.Contains(trainer.Harmless, name) {
			d.Settings[text(name)] = text(s.String())
		}
	}
	r.row.Epochs = 0
	for _, s := range info.Stages[:min(len(info.Stages), mostOfRun)] {
		stage := Stage{text(s.Name), s.Epochs, make(map[string]string)}
		for name, unit := range pictures.MeasureUnits() {
			stage.Units[name] = loaders.Shape(info.Image).Words(unit)
		}
		for name, unit := range limited(s.Units) {
			stage.Units[text(name)] = text(unit)
		}
		d.Stages = append(d.Stages, stage)
		r.row.Epochs += s.Epochs
	}
	r.details, r.detailed = d, nil
}

// chunkBytes is how much of metrics.jsonl is read at a time.
const chunkBytes = 4 << 20

// follow reads the new lines of metrics.jsonl, one chunk.
func (r *run) follow() {
	r.behind = false
	folder, err := os.OpenRoot(r.dir)
	if err == nil {
		var c Chunk
		if c, err = readLines(folder, "metrics.jsonl", r.sums.at, chunkBytes); err == nil {
			r.sums.add(c)
			r.behind = c.More
		}
		folder.Close()
	}
	r.failed = err
	r.fill()
}

// fill gives the row the figures of the records that were read.
func (r *run) fill() {
	p := &r.sums
	row := &r.row
	row.Epoch, row.Stage, row.Split, row.Records = p.before+p.epoch, text(p.stage), p.split(), p.at.Offset
	row.Loss, row.MSE, row.Best, row.BestEpoch, row.Left = nil, nil, nil, 0, nil
	if latest, ok := p.latest[row.Split]; ok {
		row.Loss, row.MSE = finite(latest.loss), nil
		if latest.mse != 0 {
			row.MSE = finite(latest.mse)
		}
		best := p.best[row.Split]
		row.Best, row.BestEpoch = finite(best.criterion()), best.epoch
	}
	row.Seconds, row.Rate = p.seconds, p.rate
	if r.state.Active() && row.Epoch > 0 {
		left := p.left(row.Epochs)
		row.Left = &left
	}
	switch {
	case r.broken != "":
		row.Problem = r.broken
	case r.failed != nil && !isAbsent(r.failed):
		row.Problem = text(fmt.Sprintf("metrics.jsonl: %v", r.failed))
	default:
		row.Problem = p.problem()
	}
}

func finite(v float64) *float64 {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return nil
	}
	return &v
}
