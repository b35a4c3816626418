package loaders

import (
	"slices"
	"strings"
)

// MatchClasses renumbers the labels of a data set, so that each class has the number
// of its name in a list. A model needs this because it knows the classes of its
// training data by number. A class that has images but is not in the list is an error
// that wraps ErrData. Data without labels are not changed.
func (d *Dataset) MatchClasses(classes []string) error {
	if d.Classes == nil || slices.Equal(d.Classes, classes) {
		return nil
	}
	numbers := numbersOf(classes)
	if d.Trained != nil {
		trained := make([]bool, len(classes))
		for label, is := range d.Trained {
			if number, known := numbers[d.Classes[label]]; known {
				trained[number] = is
			}
		}
		d.Trained = trained
	}
	for _, s := range []*Split{&d.Train, &d.Test, &d.Others} {
		labels := make([]Label, len(s.Labels)) // the old slice may be shared
		for i, label := range s.Labels {
			number, known := numbers[d.Classes[label]]
			if !known {
				return dataErrorf("%s: the model does not know the class %q; hint: its classes are %s", d.Name, d.Classes[label], listed(classes))
			}
			labels[i] = number
		}
		s.Labels = labels
	}
	d.Classes = classes
	return nil
}

// listed joins the names of a list, or the first of them if there are many.
func listed(names []string) string {
	const most = 12
	if len(names) > most {
		return strings.Join(names[:most], ", ") + ", …"
	}
	return strings.Join(names, ", ")
}
