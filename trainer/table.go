package trainer

import (
	"bytes"
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strconv"
)

// table writes metrics.csv: the figures of metrics.jsonl in one row per epoch, which
// other programs import. The file follows from the records alone, so that a resumed run
// writes the same file as an uninterrupted one. A row is appended after each epoch. The
// whole file is written again, from the records, before the first row of a process and
// when an epoch has figures without a column.
type table struct {
	columns map[string]int // by name
	size    int64          // of the file; 0 if this process has not written it
	time    Timeline
}

// hook keeps the file up to date.
func (t *table) hook() Hook {
	return Hook{
		Name: "table",
		Start: func(_ context.Context, l *Loop) error {
			if !l.Resumed {
				return nil
			}
			return t.rewrite(l)
		},
		Epoch: func(_ context.Context, l *Loop) error {
			if t.size == 0 {
				return t.rewrite(l)
			}
			return t.append(l)
		},
	}
}

// append writes the row of the latest epoch.
func (t *table) append(l *Loop) error {
	row := cells(Evaluated{t.time.Step(l.Latest[0]), l.Latest})
	for _, c := range row {
		if _, ok := t.columns[c.column]; !ok {
			return t.rewrite(l)
		}
	}
	line, err := t.line(row)
	if err != nil {
		return err
	}
	path := l.Run.Path(tableFile)
	if info, err := os.Lstat(path); err != nil || !info.Mode().IsRegular() || info.Size() != t.size {
		return t.rewrite(l) // somebody has removed or changed the file
	}
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_APPEND, 0)
	if err == nil {
		_, err = file.Write(line)
		if closing := file.Close(); err == nil {
			err = closing
		}
	}
	if err != nil {
		return fmt.Errorf("%w: %w; hint: is the disk full?", ErrRun, err)
	}
	t.size += int64(len(line))
	return nil
}

// rewrite replaces the file by the rows of all epochs. Without an epoch there is no file.
func (t *table) rewrite(l *Loop) error {
	records, err := l.Records()
	if err != nil {
		return err
	}
	if len(records) == 0 {
		if err := os.Remove(l.Run.Path(tableFile)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("%w: %w", ErrRun, err)
		}
		return nil
	}
	*t = table{columns: make(map[string]int)}
	epochs := Epochs(records)
	var names []string
	for _, e := range epochs {
		t.time.Step(e.Records[0])
		for _, c := range cells(e) {
			if _, ok := t.columns[c.column]; !ok {
				t.columns[c.column] = len(names)
				names = append(names, c.column)
			}
		}
	}
	return l.Run.Write(tableFile, func(w io.Writer) error {
		header, err := csvLine(names)
		if err != nil {
			return err
		}
		t.size = int64(len(header))
		if _, err := w.Write(header); err != nil {
			return err
		}
		for _, e := range epochs {
			line, err := t.line(cells(e))
			if err != nil {
				return err
			}
			t.size += int64(len(line))
			if _, err := w.Write(line); err != nil {
				return err
			}
		}
		return nil
	})
}

// line returns a row with its cells in their columns. Other columns are empty.
func (t *table) line(row []cell) ([]byte, error) {
	texts := make([]string, len(t.columns))
	for _, c := range row {
		texts[t.columns[c.column]] = c.text
	}
	return csvLine(texts)
}

func csvLine(texts []string) ([]byte, error) {
	var line bytes.Buffer
	w := csv.NewWriter(&line)
	if err := w.Write(texts); err != nil {
		return nil, err
	}
	w.Flush()
	return line.Bytes(), w.Error()
}

// cell is a value of a row and the name of its column.
type cell struct{ column, text string }

// cells returns the row of an epoch.
func cells(e Evaluated) (row []cell) {
	number := func(column string, v float64) {
		row = append(row, cell{column, strconv.FormatFloat(v, 'g', -1, 64)})
	}
	last := e.Records[len(e.Records)-1]
	row = append(row,
		cell{"step", strconv.Itoa(e.Step)}, cell{"timestamp", last.Timestamp},
		cell{"stage", last.Stage}, cell{"epoch", strconv.Itoa(last.Epoch)})
	number("learning_rate", last.LearningRate)
	for _, r := range e.Records {
		number(r.Split+"/loss", r.Loss)
		for name, value := range r.All() {
			number(r.Split+"/"+name, value)
		}
		number(r.Split+"/seconds", r.Seconds)
		number(r.Split+"/images_per_second", r.ImagesPerSecond)
	}
	return row
}
