package main

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// record has the fields that a line of metrics.jsonl must have.
type record struct {
	Stage           string
	Epoch, Step     int
	Split           string
	Loss            float64
	Reconstruction  float64
	MSE             float64
	Seconds         float64
	ImagesPerSecond float64 `json:"images_per_second"`
	Timestamp       string
}

// final has the fields that metrics.json must have.
type final struct {
	Epochs     int
	Parameters int
	Last, Best map[string]struct{ Loss, MSE float64 }
}

// description has the fields that run.json must have.
type description struct {
	Version, Kernel string
	Configuration   map[string]struct {
		Value  any
		Origin string
	}
	Data       struct{ Train, Test int }
	Parameters int
	Machine    struct{ System, Go string }
}

// checkRun returns the errors of the finished run in a folder. The run must have a
// validation set.
func checkRun(dir string, epochs int, bound float64) (wrong []error) {
	var d description
	var f final
	wrong = append(wrong, readJSON(filepath.Join(dir, "run.json"), &d), readJSON(filepath.Join(dir, "metrics.json"), &f))
	records, err := readRecords(filepath.Join(dir, "metrics.jsonl"))
	if err := errors.Join(append(wrong, err)...); err != nil {
		return []error{err}
	}
	wrong = checkDescription(d, f, epochs)
	wrong = append(wrong, checkRecords(records, epochs)...)
	wrong = append(wrong, checkTable(filepath.Join(dir, "metrics.csv"), records, epochs))
	wrong = append(wrong, checkFinal(f, records, epochs, bound)...)
	wrong = append(wrong, checkCheckpoints(dir, f.Parameters)...)
	wrong = append(wrong, checkPictures(dir, epochs)...)
	return append(wrong, checkLeftovers(dir)...)
}

func checkDescription(d description, f final, epochs int) (wrong []error) {
	if d.Version == "" || d.Kernel == "" || d.Machine.System == "" || d.Machine.Go == "" {
		wrong = append(wrong, fmt.Errorf("run.json: version %q, kernel %q or machine %v is missing", d.Version, d.Kernel, d.Machine))
	}
	if d.Data.Train <= 0 || d.Data.Test <= 0 || d.Parameters <= 0 || d.Parameters != f.Parameters {
		wrong = append(wrong, fmt.Errorf("run.json: %d training images, %d test images, %d parameters; metrics.json: %d parameters", d.Data.Train, d.Data.Test, d.Parameters, f.Parameters))
	}
	if got := d.Configuration["epochs"].Value; got != float64(epochs) {
		wrong = append(wrong, fmt.Errorf("run.json: epochs is %v, want %d", got, epochs))
	}
	for _, key := range []string{"model", "dataset", "seed"} {
		if s := d.Configuration[key]; s.Value == nil || s.Origin == "" {
			wrong = append(wrong, fmt.Errorf("run.json: configuration has no %s with its origin", key))
		}
	}
	return wrong
}

// checkRecords checks that there is one line per epoch and split, in order, and that the
// squared error on the test set decreases.
func checkRecords(records []record, epochs int) (wrong []error) {
	splits := []string{"train", "validation", "test"}
	n := len(splits)
	if len(records) != n*epochs {
		return []error{fmt.Errorf("metrics.jsonl: %d lines, want %d: %s of %d epochs", len(records), n*epochs, strings.Join(splits, ", "), epochs)}
	}
	for i, r := range records {
		if split := splits[i%n]; r.Epoch != 1+i/n || r.Split != split {
			wrong = append(wrong, fmt.Errorf("metrics.jsonl: line %d is %s of epoch %d, want %s of epoch %d", i+1, r.Split, r.Epoch, split, 1+i/n))
		}
		if r.Stage == "" || r.Step <= 0 || r.Loss <= 0 || r.Reconstruction <= 0 || r.MSE <= 0 || r.Seconds <= 0 || r.ImagesPerSecond <= 0 || r.Timestamp == "" {
			wrong = append(wrong, fmt.Errorf("metrics.jsonl: line %d lacks a value: %+v", i+1, r))
		}
	}
	if first, last := records[n-1], records[len(records)-1]; epochs > 1 && last.MSE >= first.MSE {
		wrong = append(wrong, fmt.Errorf("metrics.jsonl: the mse on test images went from %g to %g", first.MSE, last.MSE))
	}
	return wrong
}

// checkTable checks that the table has one row per epoch, with the squared errors of the
// records on the test set.
func checkTable(path string, records []record, epochs int) error {
	data, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	rows, err := csv.NewReader(bytes.NewReader(data)).ReadAll()
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	if len(rows) != 1+epochs {
		return fmt.Errorf("%s: %d rows, want %d", path, len(rows)-1, epochs)
	}
	column := slices.Index(rows[0], "test/mse")
	if column < 0 {
		return fmt.Errorf("%s: no column test/mse: %v", path, rows[0])
	}
	for _, r := range records {
		if r.Split != "test" || r.Epoch > epochs {
			continue
		}
		if got := rows[r.Epoch][column]; got != strconv.FormatFloat(r.MSE, 'g', -1, 64) {
			return fmt.Errorf("%s: test/mse of epoch %d is %s, metrics.jsonl says %g", path, r.Epoch, got, r.MSE)
		}
	}
	return nil
}

func checkFinal(f final, records []record, epochs int, bound float64) (wrong []error) {
	if f.Epochs != epochs {
		wrong = append(wrong, fmt.Errorf("metrics.json: %d epochs, want %d", f.Epochs, epochs))
	}
	if got, want := f.Last["test"].MSE, records[len(records)-1].MSE; got != want {
		wrong = append(wrong, fmt.Errorf("metrics.json: the last mse on test images is %g, metrics.jsonl says %g", got, want))
	}
	if got := f.Last["test"].MSE; !(got < bound) {
		wrong = append(wrong, fmt.Errorf("metrics.json: the last mse on test images is %g, want below %g", got, bound))
	}
	if best, last := f.Best["validation"].Loss, f.Last["validation"].Loss; !(best <= last) || best <= 0 {
		wrong = append(wrong, fmt.Errorf("metrics.json: the best loss on validation images is %g, the last %g", best, last))
	}
	return wrong
}

// checkLeftovers returns an error for each file that a finished run must not have.
func checkLeftovers(dir string) (wrong []error) {
	err := filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		name := entry.Name()
		if path != dir && name != ".lock" && (strings.HasPrefix(name, ".") || strings.Contains(name, "tmp") || strings.HasSuffix(name, "~")) {
			wrong = append(wrong, fmt.Errorf("%s was left behind", path))
		}
		return err
	})
	return append(wrong, err)
}

func readJSON(path string, into any) error {
	data, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(data, into); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	return nil
}

func readRecords(path string) (records []record, err error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	if !bytes.HasSuffix(data, []byte("\n")) {
		return nil, fmt.Errorf("%s: the last line does not end with a line feed", path)
	}
	for d := json.NewDecoder(bytes.NewReader(data)); ; {
		var r record
		if err := d.Decode(&r); err == io.EOF {
			return records, nil
		} else if err != nil {
			return nil, fmt.Errorf("%s: line %d: %w", path, len(records)+1, err)
		}
		records = append(records, r)
	}
}

func finite(v float64) bool { return !math.IsNaN(v) && !math.IsInf(v, 0) }
