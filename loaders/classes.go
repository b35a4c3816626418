package loaders

import (
	"slices"
	"strings"
)

// MatchClasses gives the labels of a data set the numbers that a list of classes
// gives their names, because a model knows the classes of the data that it was
// trained on by number. A class of images that is not in the list is an error that
// wraps ErrData. Data without labels stay as they are.
func (d *Dataset) MatchClasses(classes []string) error {
	if d.Classes == nil || slices.Equal(d.Classes, classes) {
		return nil
	}
	numbers := make([]int, len(d.Classes))
	for i, name := range d.Classes {
		numbers[i] = slices.Index(classes, name)
	}
	for _, s := range []*Split{&d.Train, &d.Test} {
		labels := make([]uint8, len(s.Labels)) // the old ones may be shared
		for i, label := range s.Labels {
			number := numbers[label]
			if number < 0 {
				return dataErrorf("%s: the model does not know the class %q; hint: its classes are %s", d.Name, d.Classes[label], listed(classes))
			}
			labels[i] = uint8(number)
		}
		s.Labels = labels
	}
	d.Classes = classes
	return nil
}

// listed joins the first names of a list.
func listed(names []string) string {
	const most = 12
	if len(names) > most {
		return strings.Join(names[:most], ", ") + ", …"
	}
	return strings.Join(names, ", ")
}
