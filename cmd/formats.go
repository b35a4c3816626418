package cmd

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"

	"gaetrain/loaders"
	"gaetrain/loaders/files"
)

// fileFormats are the values of --format, in the order in which files are reported.
var fileFormats = []string{"npy", "csv", "parquet"}

// formatEndings returns the endings of the formats that --format lists, such as .csv.
func formatEndings(format string) (endings []string, err error) {
	chosen := make(map[string]bool)
	for name := range strings.SplitSeq(format, ",") {
		name = strings.TrimSpace(name)
		switch {
		case !slices.Contains(fileFormats, name):
			return nil, fmt.Errorf("%w: --format %s: unknown format %q; hint: %s, or several of them separated by commas", errUsage, format, name, strings.Join(fileFormats, ", "))
		case chosen[name]:
			return nil, fmt.Errorf("%w: --format %s: %s is listed twice; hint: leave out one of them", errUsage, format, name)
		}
		chosen[name] = true
	}
	for _, name := range fileFormats {
		if chosen[name] {
			endings = append(endings, "."+name)
		}
	}
	return endings, nil
}

// formatFiles are the files of one result in several formats: an array of values with the
// dimensions N×dims in a file that ends with .npy, and a table in the others. Writing them
// stops when the context ends.
func formatFiles(ctx context.Context, stem string, endings []string, table loaders.Table, array func(path string) files.File) (list []files.File) {
	for _, ending := range endings {
		if strings.HasSuffix(ending, ".npy") {
			list = append(list, array(stem+ending))
		} else {
			list = append(list, tableFile(ctx, stem+ending, table))
		}
	}
	return list
}

// tableFile is a .csv or .parquet file of a table. Writing it stops when the context ends.
func tableFile(ctx context.Context, path string, table loaders.Table) files.File {
	write := table.WriteCSV
	if strings.HasSuffix(path, ".parquet") {
		write = table.WriteParquet
	}
	return files.File{Path: path, Fill: func(w io.Writer) error { return write(files.Until(ctx, w)) }}
}

// fileNames lists the names of files that differ only in their endings.
func fileNames(stem string, endings []string) string {
	names := make([]string, len(endings))
	for i, ending := range endings {
		names[i] = stem + ending
	}
	if last := len(names) - 1; last > 0 {
		return strings.Join(names[:last], ", ") + " and " + names[last]
	}
	return names[0]
}

// labelColumns are the label and the class of each item, which are missing if there are no
// labels.
func labelColumns(labels []loaders.Label, classes []string) []loaders.Column {
	if labels == nil {
		return []loaders.Column{loaders.IntegerColumn("label", nil), loaders.TextColumn("class", nil)}
	}
	return []loaders.Column{
		loaders.IntegerColumn("label", func(row int) int { return int(labels[row]) }),
		loaders.TextColumn("class", func(row int) string { return classes[labels[row]] }),
	}
}

// itemColumns are the index of each item in its data, the name of the split, and the label,
// the class and the path of each item.
func itemColumns(items loaders.Split, split string, classes []string) []loaders.Column {
	path := loaders.TextColumn("path", nil)
	if items.Names != nil {
		path = loaders.TextColumn("path", func(row int) string { return items.Names[row] })
	}
	index, name := loaders.IntegerColumn("index", items.Position), loaders.TextColumn("split", func(int) string { return split })
	return slices.Concat([]loaders.Column{index, name}, labelColumns(items.Labels, classes), []loaders.Column{path})
}

// codeColumns are the values of codes N×size.
func codeColumns(codes []float32, size int) []loaders.Column {
	columns := make([]loaders.Column, size)
	for i := range columns {
		columns[i] = loaders.Float32Column(fmt.Sprintf("code_%d", i), -1, func(row int) float32 { return codes[row*size+i] })
	}
	return columns
}
