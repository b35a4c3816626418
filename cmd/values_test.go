package cmd

import (
	"bytes"
	"encoding/csv"
	"strconv"
	"testing"

	"codeberg.org/sbinet/npyio"
	"github.com/google/go-cmp/cmp"

	"gaetrain/loaders"
	"gaetrain/trainer"
)

// TestImagesTable checks that a table of colour images has the values in the order of the
// array.
func TestImagesTable(t *testing.T) {
	shape := loaders.Shape{Channels: 3, Height: 2, Width: 4}
	values := make([]float32, 2*shape.Size())
	for i := range values {
		values[i] = float32(i) / 7
	}
	var array, table bytes.Buffer
	if err := imagesFile(t.Context(), "", values, shape).Fill(&array); err != nil {
		t.Fatal(err)
	}
	if err := tableFile(t.Context(), ".csv", valuesTable(trainer.DataInfo{}, shape, values)).Fill(&table); err != nil {
		t.Fatal(err)
	}
	var want, got []float32
	if err := npyio.Read(&array, &want); err != nil {
		t.Fatal(err)
	}
	rows, err := csv.NewReader(&table).ReadAll()
	if err != nil || len(rows) != 3 || rows[0][23] != "pixel_23" {
		t.Fatalf("%d lines, error %v", len(rows), err)
	}
	for _, text := range append(rows[1], rows[2]...) {
		v, err := strconv.ParseFloat(text, 32)
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, float32(v))
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}
