package watch

import (
	"bytes"
	"encoding/json"
	"net/http"
	"slices"

	"gaetrain/trainer"
	"gaetrain/viz/plain"
)

// Records are records of a run in columns.
type Records struct {
	Next    string   `json:"next"`              // position after them
	Reset   bool     `json:"reset,omitempty"`   // they replace those that the page has
	More    bool     `json:"more,omitempty"`    // there are more now
	Damaged int      `json:"damaged,omitempty"` // lines that are no records
	Stages  []string `json:"stages"`
	Splits  []string `json:"splits"`
	Figures []string `json:"figures"` // the loss, the terms of the loss, mse, the measures
	// Rows hold the index of the stage, the epoch, the index of the split, and the figures; nil where a record has none.
	Rows [][]*float64 `json:"rows"`
}

// Limits of records.
const (
	mostFigures = 100
	longestName = 100
	answerBytes = 2 << 20 // of metrics.jsonl for one answer
)

// records answers with the records of a run after a position.
func (s *Server) records(w http.ResponseWriter, r *http.Request) {
	from, err := ParsePosition(r.URL.Query().Get("from"))
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	folder, err := s.Watcher.folder(r.PathValue("id"))
	if err != nil {
		fail(w, err)
		return
	}
	defer folder.Close()
	c, err := readLines(folder, "metrics.jsonl", from, answerBytes)
	answer(w, tabulate(c), err)
}

// tabulate turns the lines of a chunk into columns.
func tabulate(c Chunk) Records {
	t := Records{Next: c.Next.String(), Reset: c.Reset, More: c.More, Stages: []string{}, Splits: []string{}, Figures: []string{}, Rows: [][]*float64{}}
	for line := range bytes.Lines(c.Lines) {
		var r trainer.Record
		if json.Unmarshal(line, &r) != nil || (record{stage: r.Stage, epoch: r.Epoch, split: r.Split, seconds: r.Seconds}).check() != nil {
			t.Damaged++
			continue
		}
		t.add(r)
	}
	return t
}

// add adds a record.
func (t *Records) add(r trainer.Record) {
	number := func(i int) *float64 {
		v := float64(i)
		return &v
	}
	row := make([]*float64, 3+len(t.Figures), 3+len(t.Figures)+8)
	row[0], row[1], row[2] = number(index(&t.Stages, r.Stage)), number(r.Epoch), number(index(&t.Splits, r.Split))
	set := func(name string, value float64) {
		i := index(&t.Figures, name)
		if i < 0 {
			return
		}
		for len(row) < 4+i {
			row = append(row, nil)
		}
		row[3+i] = finite(value)
	}
	if len(r.Terms) > 1 {
		set("loss", r.Loss)
	}
	for name, value := range r.All() {
		set(name, value)
	}
	t.Rows = append(t.Rows, row)
}

// index returns the place of a name in a list, to which it is added, or −1 if the list is full.
func index(list *[]string, name string) int {
	name = plain.Clip(plain.Line(name), longestName)
	i := slices.Index(*list, name)
	if i < 0 && len(*list) < mostFigures {
		i, *list = len(*list), append(*list, name)
	}
	return i
}
