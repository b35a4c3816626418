package loaders

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// maxColumns limits the columns of a table, and the values of a row.
const maxColumns = 1 << 20

// Roles of a column that does not hold values.
const (
	isLabel   = -1
	isIgnored = -2
)

// columns are the columns of a table, by their place in the file.
type columns struct {
	names []string
	at    []int // place of a column among the values of a row, or isLabel or isIgnored
	label int   // the column with the labels; −1: none

	features []string // names of the values, in their order
	order    []int    // columns that hold them
}

// indexNames are the names of the column in which pandas writes the names of the rows.
var indexNames = []string{"", "Unnamed: 0", "__index_level_0__"}

// assignColumns decides what the columns of a table are. The file has a header, or else
// the names are the numbers of the columns. With features, the values are those columns
// in that order, as in the run that they belong to.
func assignColumns(names []string, header bool, dataset string, o Options) (*columns, error) {
	c := &columns{names: slices.Clone(names), at: make([]int, len(names)), label: -1}
	if len(names) > maxColumns {
		return nil, dataErrorf("%d columns, want at most %d", len(names), maxColumns)
	}
	if header {
		if err := c.checkNames(dataset, o); err != nil {
			return nil, err
		}
	}
	if err := c.setLabel(dataset, header, o); err != nil {
		return nil, err
	}
	if err := c.setIgnored(o); err != nil {
		return nil, err
	}
	if header && o.Features != nil {
		return c, c.match(o.Features, dataset, o)
	}
	for i := range c.names {
		if c.at[i] >= 0 {
			c.at[i] = len(c.order)
			c.order = append(c.order, i)
			c.features = append(c.features, c.names[i])
		}
	}
	if len(c.order) == 0 {
		return nil, dataErrorf("no column is left that holds values; hint: the label and the ignored columns are not values")
	}
	if !header {
		c.features = nil
	}
	return c, nil
}

// checkNames checks the names of a header. A first column without a name, or with the
// name that pandas gives to it, holds the names of the rows, so it is ignored.
func (c *columns) checkNames(dataset string, o Options) error {
	seen := make(map[string]int, len(c.names))
	for i, name := range c.names {
		if i == 0 && slices.Contains(indexNames, name) && len(c.names) > 1 || name == indexNames[2] {
			o.log("%s: column %d has the name %q of row numbers, so it is not read", dataset, i, name)
			c.at[i] = isIgnored
		}
		if name = strings.Join(strings.Fields(name), " "); name == "" { // a line break becomes a space
			name = fmt.Sprintf("Unnamed: %d", i) // as in pandas
		}
		if !utf8.ValidString(name) {
			return dataErrorf("the name %.60q of column %d is not valid UTF-8; hint: save the file as UTF-8", name, i)
		}
		if first, ok := seen[name]; ok {
			return dataErrorf("columns %d and %d have the same name %.100q; hint: rename one", first, i, name)
		}
		seen[name], c.names[i] = i, strings.Clone(name)
	}
	return nil
}

// setLabel finds the column with the labels. Data that are new to a run need no labels.
func (c *columns) setLabel(dataset string, header bool, o Options) error {
	if o.Label == "" {
		return nil
	}
	i, err := c.find("label", o.Label)
	switch {
	case err != nil && o.Features != nil:
		o.log("%s: has no column %s, so its rows have no labels", dataset, o.Label)
		return nil
	case err != nil:
		return err
	}
	c.at[i], c.label = isLabel, i
	return nil
}

func (c *columns) setIgnored(o Options) error {
	ignored, err := o.ignored()
	if err != nil {
		return err
	}
	for _, name := range ignored {
		i, err := c.find("ignore", name)
		switch {
		case err != nil && o.Features != nil: // data that are new to a run
			continue
		case err != nil:
			return err
		case i == c.label:
			return usageErrorf("column %s is both --label and --ignore", name)
		}
		c.at[i] = isIgnored
	}
	return nil
}

// find returns the column with a name, or else with a number.
func (c *columns) find(option, name string) (int, error) {
	if i := slices.Index(c.names, name); i >= 0 {
		return i, nil
	}
	if i, err := strconv.Atoi(name); err == nil && i >= 0 && i < len(c.names) {
		return i, nil
	}
	hint := fmt.Sprintf("the columns are %s", listed(c.names))
	if len(c.names) > 12 {
		hint = fmt.Sprintf("did you mean %s? The columns are %s", nearest(name, c.names), listed(c.names))
	}
	return 0, usageErrorf("%s: there is no column %.100q; hint: %.600s", option, name, hint)
}

// match gives each column the place that its name has in the features of a run. The order
// of the columns in the file does not matter.
func (c *columns) match(features []string, dataset string, o Options) error {
	place := make(map[string]int, len(features))
	for i, name := range features {
		place[name] = i
	}
	c.features, c.order = features, make([]int, len(features))
	var more, lacks []string
	for i, name := range c.names {
		if c.at[i] < 0 {
			continue
		}
		at, ok := place[name]
		if !ok {
			more = append(more, name)
			continue
		}
		c.at[i], c.order[at] = at, i
		delete(place, name)
	}
	for _, name := range features {
		if _, ok := place[name]; ok {
			lacks = append(lacks, name)
		}
	}
	var parts []string
	if len(lacks) > 0 {
		parts = append(parts, "lacks "+quantity(lacks))
	}
	if len(more) > 0 {
		parts = append(parts, "has "+quantity(more)+" more")
	}
	if parts != nil {
		return dataErrorf("the columns are not those that the model was trained on: the file %s; hint: save the columns %s", strings.Join(parts, " and "), listed(features))
	}
	return nil
}

// quantity names a few columns, or counts them.
func quantity(names []string) string {
	if len(names) == 1 {
		return fmt.Sprintf("the column %.100s", names[0])
	}
	return fmt.Sprintf("%d columns (%.400s)", len(names), listed(names))
}

// textColumns is the error about columns of text. The example can be "".
func textColumns(names []string, example string) error {
	if example != "" {
		example = fmt.Sprintf(", such as %.40q", example)
	}
	what := "column %s holds text%s; hint: --label %[1]s if it is the class of each row, --ignore %[1]s if it is not needed"
	if len(names) > 1 {
		what = "columns %s hold text%s; hint: --label COLUMN for the one with the class of each row, --ignore %[1]s for those that are not needed"
	}
	return dataErrorf(what, strings.Join(names[:min(len(names), 12)], ","), example)
}
