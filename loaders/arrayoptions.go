package loaders

import (
	"encoding/csv"
	"slices"
	"strings"
)

// Values of ArrayOptions. The first of each list is the default, which "" stands for.
var (
	layouts   = []string{"auto", "nd", "nhw", "nhwc", "nchw"}
	missings  = []string{missingError, missingMean, missingDrop}
	scaleable = []string{scaleAuto, ScaleNone, ScaleMinMax, ScaleStandard, ScaleUnit}
)

const (
	missingError = "error"
	missingMean  = "mean"
	missingDrop  = "drop"
	scaleAuto    = "auto"
)

// ArrayOptions say how array:FILE is read. The zero value is the default.
type ArrayOptions struct {
	Layout  string `toml:"layout" group:"data" help:"Axes of the array in array:FILE: auto, nd, nhw, nhwc or nchw (n items, c channels)"`
	Label   string `toml:"label" group:"data" help:"Column of array:FILE that has the class of each row: a name, or a number from 0"`
	Ignore  string `toml:"ignore" group:"data" help:"Columns of array:FILE that are not read: names, or numbers from 0, separated by commas"`
	Missing string `toml:"missing" group:"data" help:"Empty fields and NaN in array:FILE: error, mean (of the training rows) or drop (the row)"`
	Scale   string `toml:"scale" group:"data" help:"Scaling of the values of array:FILE: auto, none, minmax, standard or unit (rows of length 1)"`
}

// ArrayDefaults returns the options that the zero value stands for.
func ArrayDefaults() ArrayOptions {
	return ArrayOptions{Layout: layouts[0], Missing: missings[0], Scale: scaleable[0]}
}

// Validate returns an error that wraps ErrUnknown if a value is not one of its choices.
func (o ArrayOptions) Validate() error {
	for _, choice := range []struct {
		name, value string
		of          []string
	}{{"layout", o.Layout, layouts}, {"missing", o.Missing, missings}, {"scale", o.Scale, scaleable}} {
		if choice.value != "" && !slices.Contains(choice.of, choice.value) {
			return usageErrorf("unknown %s %q; hint: one of %s", choice.name, choice.value, strings.Join(choice.of, ", "))
		}
	}
	_, err := o.ignored()
	return err
}

// IsArray reports whether a data set is array:FILE.
func IsArray(dataset string) bool { return isKind(dataset, []string{"array"}) }

// ignored lists the columns that are not read. A name with a comma is in quotes.
func (o ArrayOptions) ignored() ([]string, error) {
	if o.Ignore == "" {
		return nil, nil
	}
	names, err := csv.NewReader(strings.NewReader(o.Ignore)).Read()
	if err != nil || strings.Contains(o.Ignore, "\n") {
		return nil, usageErrorf("ignore is %q; hint: names of columns separated by commas, in double quotes if a name has a comma", o.Ignore)
	}
	for i := range names {
		names[i] = strings.TrimSpace(names[i])
	}
	return names, nil
}

// withDefaults replaces "" by the default of an option.
func (o ArrayOptions) withDefaults() ArrayOptions {
	set := func(value *string, choices []string) {
		if *value == "" {
			*value = choices[0]
		}
	}
	set(&o.Layout, layouts)
	set(&o.Missing, missings)
	set(&o.Scale, scaleable)
	return o
}

// withoutColumns returns an error if an option is set that only tables with named columns
// have. what describes the file, such as "a NumPy array".
func (o ArrayOptions) withoutColumns(what string) error {
	name := "label"
	switch {
	case o.Label != "":
	case o.Ignore != "":
		name = "ignore"
	default:
		return nil
	}
	return usageErrorf("%s has no effect with %s; hint: only CSV, TSV and Parquet files have such columns; labels of arrays are in an .npz file, as y next to X", name, what)
}

// withoutAxes returns an error if a layout is set for a file that can only be a table.
func (o ArrayOptions) withoutAxes(what string) error {
	if o.Layout == layouts[0] {
		return nil
	}
	return usageErrorf("layout has no effect with %s; hint: leave --layout out, because rows and columns are the only axes", what)
}
