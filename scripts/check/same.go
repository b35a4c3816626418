package main

import (
	"bytes"
	"encoding/binary"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
)

// times are the fields of the metrics, with the checksum over them, that may differ between equal runs.
var times = []string{"seconds", "images_per_second", "timestamp", "checksum"}

// checkSame returns the differences between two runs of one configuration in weights,
// pictures, and metrics except for times.
func checkSame(one, two string) (wrong []error) {
	files := []string{"checkpoint/last.safetensors", "checkpoint/best.safetensors", "metrics.jsonl", "metrics.json", "metrics.csv"}
	for _, dir := range []string{one, two} {
		if _, err := os.Stat(filepath.Join(dir, "graph.dot")); err == nil {
			files = append(files, "graph.dot") // there is none without pictures
		}
		err := fs.WalkDir(os.DirFS(dir), "pictures", func(name string, entry fs.DirEntry, err error) error {
			if err == nil && !entry.IsDir() {
				files = append(files, name)
			}
			return err
		})
		if err != nil {
			return []error{err}
		}
	}
	slices.Sort(files)
	for _, name := range slices.Compact(files) {
		if err := sameFile(name, filepath.Join(one, name), filepath.Join(two, name)); err != nil {
			wrong = append(wrong, fmt.Errorf("%s: %w", name, err))
		}
	}
	return wrong
}

func sameFile(name, one, two string) error {
	a, err := os.ReadFile(one)
	if err != nil {
		return err
	}
	b, err := os.ReadFile(two)
	if err != nil {
		return err
	}
	if name == "metrics.jsonl" || name == "metrics.json" {
		return sameMetrics(a, b)
	}
	switch filepath.Ext(name) {
	case ".safetensors":
		a, b = withoutRun(a), withoutRun(b)
	case ".csv":
		if a, err = withoutTimes(a); err != nil {
			return err
		}
		if b, err = withoutTimes(b); err != nil {
			return err
		}
	}
	if !bytes.Equal(a, b) {
		at := 0
		for at < min(len(a), len(b)) && a[at] == b[at] {
			at++
		}
		return fmt.Errorf("the files differ from byte %d; they have %d and %d bytes", at, len(a), len(b))
	}
	return nil
}

// ofRun are the parts of a checkpoint's header that differ between equal runs: the run's
// id, the size and checksum of metrics.jsonl, which contains times, and the checksum.
var ofRun = regexp.MustCompile(`\\"run\\":\\"\w*\\"|\\"(bytes|crc32c)\\":\d+|"gaetrain-crc32c":"\w*"`)

// withoutRun returns a checkpoint without the parts that differ between equal runs.
func withoutRun(checkpoint []byte) []byte {
	if len(checkpoint) < 8 || binary.LittleEndian.Uint64(checkpoint) > uint64(len(checkpoint)-8) {
		return checkpoint // truncated: the other checks report it
	}
	end := 8 + binary.LittleEndian.Uint64(checkpoint)
	header := bytes.TrimRight(ofRun.ReplaceAll(checkpoint[8:end], nil), " ")
	return append(header, checkpoint[end:]...)
}

// withoutTimes returns a table without the columns about time, such as test/seconds.
func withoutTimes(table []byte) (rest []byte, err error) {
	rows, err := csv.NewReader(bytes.NewReader(table)).ReadAll()
	if err != nil {
		return nil, err
	}
	for _, row := range rows {
		for i, name := range rows[0] {
			if !slices.Contains(times, path.Base(name)) {
				rest = append(append(rest, row[i]...), ',')
			}
		}
		rest = append(rest, '\n')
	}
	return rest, nil
}

func sameMetrics(one, two []byte) error {
	a, err := timeless(one)
	if err != nil {
		return err
	}
	b, err := timeless(two)
	if err != nil {
		return err
	}
	if len(a) != len(b) {
		return fmt.Errorf("the files have %d and %d objects", len(a), len(b))
	}
	for i := range a {
		if !reflect.DeepEqual(a[i], b[i]) {
			return fmt.Errorf("object %d differs: %v and %v", i+1, a[i], b[i])
		}
	}
	return nil
}

// timeless decodes JSON objects and drops the fields about time.
func timeless(data []byte) (objects []map[string]any, err error) {
	for d := json.NewDecoder(bytes.NewReader(data)); ; {
		d.UseNumber()
		var object map[string]any
		if err := d.Decode(&object); err == io.EOF {
			return objects, nil
		} else if err != nil {
			return nil, err
		}
		for _, name := range times {
			delete(object, name)
		}
		objects = append(objects, object)
	}
}
