package cmd

import (
	"context"
	"encoding/csv"
	"io"
	"slices"
	"strconv"

	"gaetrain/loaders"
	"gaetrain/loaders/files"
	"gaetrain/trainer"
)

// valueNames names columns of a table: those of each of size values of a row with each
// ending. A name that another column has gets the first free number, as in alcohol_2.
func valueNames(data trainer.DataInfo, size int, others []string, endings ...string) []string {
	taken := make(map[string]bool)
	for _, name := range others {
		taken[name] = true
	}
	var names []string
	for i := range size {
		for _, ending := range endings {
			name := data.FeatureName(i) + ending
			for n := 2; taken[name]; n++ {
				name = data.FeatureName(i) + ending + "_" + strconv.Itoa(n)
			}
			taken[name] = true
			names = append(names, name)
		}
	}
	return names
}

// valueText writes a value of the data. A value whose scaling was undone has six correct
// digits, other values have as many as identify them.
func valueText(data trainer.DataInfo, v float32) string {
	digits := -1
	if data.Scaling.IsLinear() {
		digits = 6
	}
	return strconv.FormatFloat(float64(v), 'g', digits, 32)
}

// valuesFile is a table of rows N×D with the names of the features. Writing it stops when
// the context ends.
func valuesFile(ctx context.Context, path string, data trainer.DataInfo, shape loaders.Shape, values []float32) files.File {
	return files.File{Path: path, Fill: func(w io.Writer) error {
		lines := csv.NewWriter(files.Until(ctx, w))
		record := valueNames(data, shape.Size(), nil, "")
		if err := lines.Write(record); err != nil {
			return err
		}
		for row := range slices.Chunk(values, shape.Size()) {
			for i, v := range row {
				record[i] = valueText(data, v)
			}
			if err := lines.Write(record); err != nil {
				return err
			}
		}
		lines.Flush()
		return lines.Error()
	}}
}
