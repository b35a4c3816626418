package cmd

import (
	"context"
	"fmt"
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

// valueDigits is the number of significant digits of a value of the data in a .csv file. A
// value whose scaling was undone has six correct digits. Other values have as many as
// identify them, which is -1.
func valueDigits(data trainer.DataInfo) int {
	if data.Scaling.IsLinear() {
		return 6
	}
	return -1
}

// valuesTable is a table of rows N×D with the names of the features. The values of images,
// N×C×H×W, are in the order H×W×C, with the names pixel_0, pixel_1, ….
func valuesTable(data trainer.DataInfo, shape loaders.Shape, values []float32) loaders.Table {
	size, plane := shape.Size(), shape.Height*shape.Width
	names := valueNames(data, size, nil, "")
	columns := make([]loaders.Column, size)
	for i := range columns {
		if !shape.IsTable() {
			names[i] = fmt.Sprintf("pixel_%d", i)
		}
		at := i%shape.Channels*plane + i/shape.Channels
		columns[i] = loaders.Float32Column(names[i], valueDigits(data), func(row int) float32 { return values[row*size+at] })
	}
	return loaders.Table{Rows: len(values) / size, Columns: columns}
}

// valuesFile is a .csv file of rows N×D with the names of the features. Writing it stops
// when the context ends.
func valuesFile(ctx context.Context, path string, data trainer.DataInfo, shape loaders.Shape, values []float32) files.File {
	return tableFile(ctx, path, valuesTable(data, shape, values))
}
