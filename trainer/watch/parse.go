package watch

import (
	"bytes"
	"encoding/json"
	"errors"
	"iter"
	"slices"
	"strconv"
	"time"
	"unicode/utf8"

	"gaetrain/trainer"
)

// record holds what a row needs of a line of metrics.jsonl. Because all lines of all runs are read at the start, parse takes only
// these fields from a line, which is several times as fast as encoding/json.
type record struct {
	stage     string
	epoch     int
	split     string
	loss, mse float64
	distance  *float64 // trainer.SampleDistance, if it is measured
	seconds   float64
	rate      float64 // images per second
	end       int64   // Unix time, 0 if it is not known
}

// splits are the splits of records. The first two are evaluated, and the one that comes first shows how good a run is.
var splits = []string{"validation", "test", "train"}

// criterion selects the best epoch, as trainer does.
func (r record) criterion() float64 {
	f := trainer.Figures{Loss: r.loss}
	if r.distance != nil {
		f.Set(trainer.SampleDistance, *r.distance)
	}
	return f.Criterion()
}

// check returns an error about a record that no run writes.
func (r record) check() error {
	if r.epoch < 1 || r.epoch > 1e9 || r.stage == "" || !slices.Contains(splits, r.split) || !(r.seconds >= 0) {
		return errors.New("not a record of a run")
	}
	return nil
}

// parse reads a line. Keys count as they are spelled, and the last of several equal ones.
func parse(line []byte) (r record, err error) {
	if !json.Valid(line) {
		return r, errors.New("not JSON")
	}
	set := func(to *float64, value []byte) {
		if v, wrong := strconv.ParseFloat(string(value), 64); wrong != nil {
			err = wrong
		} else {
			*to = v
		}
	}
	text := func(to *string, value []byte) {
		if len(value) > 1 && value[0] == '"' && bytes.IndexByte(value, '\\') < 0 && utf8.Valid(value) {
			*to = string(value[1 : len(value)-1])
		} else if wrong := json.Unmarshal(value, to); wrong != nil {
			err = wrong
		}
	}
	for key, value := range members(line) {
		switch string(key) {
		case "stage":
			text(&r.stage, value)
		case "split":
			text(&r.split, value)
		case "epoch":
			if v, wrong := strconv.Atoi(string(value)); wrong != nil {
				err = wrong
			} else {
				r.epoch = v
			}
		case "loss":
			set(&r.loss, value)
		case "mse":
			set(&r.mse, value)
		case "seconds":
			set(&r.seconds, value)
		case "images_per_second":
			set(&r.rate, value)
		case "timestamp":
			if at, wrong := time.Parse(`"`+time.RFC3339+`"`, string(value)); wrong == nil {
				r.end = at.Unix()
			}
		case "measures":
			for name, value := range members(value) {
				if string(name) == trainer.SampleDistance {
					r.distance = new(float64)
					set(r.distance, value)
				}
			}
		}
	}
	if err == nil {
		err = r.check()
	}
	return r, err
}

// members yields the keys, as they are written between the quotes, and the values of a valid JSON object. Another value has none.
func members(object []byte) iter.Seq2[[]byte, []byte] {
	return func(yield func(key, value []byte) bool) {
		at := skipSpace(object, 0)
		if at == len(object) || object[at] != '{' {
			return
		}
		for at = skipSpace(object, at+1); object[at] == '"'; at = skipSpace(object, at+1) {
			end := skipValue(object, at)
			key := object[at+1 : end-1]
			at = skipSpace(object, skipSpace(object, end)+1) // the colon
			end = skipValue(object, at)
			if !yield(key, object[at:end]) {
				return
			}
			if at = skipSpace(object, end); object[at] == '}' {
				return
			}
		}
	}
}

func skipSpace(text []byte, at int) int {
	for at < len(text) && (text[at] == ' ' || text[at] == '\t' || text[at] == '\r' || text[at] == '\n') {
		at++
	}
	return at
}

// skipValue returns the end of a value that begins at a place of valid JSON.
func skipValue(text []byte, at int) int {
	depth := 0
	for ; at < len(text); at++ {
		switch text[at] {
		case '"':
			for at++; text[at] != '"'; at++ {
				if text[at] == '\\' {
					at++
				}
			}
			if depth == 0 {
				return at + 1
			}
		case '{', '[':
			depth++
		case '}', ']':
			if depth--; depth < 0 {
				return at
			} else if depth == 0 {
				return at + 1
			}
		case ',', ' ', '\t', '\r', '\n', ':':
			if depth == 0 {
				return at
			}
		}
	}
	return at
}
