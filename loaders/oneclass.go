package loaders

import (
	"encoding/csv"
	"math"
	"slices"
	"strconv"
	"strings"
)

// KeepClasses keeps the images of some classes: names or numbers of classes, separated by
// commas. The test images of the other classes become d.Others. The share contaminate
// (0 ≤ share < 1) of the training images, but none of a validation set of the data, is of
// the other classes. Errors wrap ErrData or ErrUnknown.
func (d *Dataset) KeepClasses(list string, contaminate float64) error {
	if d.Train.Labels == nil {
		return dataErrorf("%s has no labels, so no classes can be chosen", d.Name)
	}
	kept, err := d.Chosen(list)
	if err != nil {
		return err
	}
	if !slices.Contains(kept, false) {
		return usageErrorf("classes %q are all classes of %s; hint: leave --classes out", list, d.Name)
	}
	of := func(s Split, wanted bool) Split {
		var rows []int
		for i, label := range s.Labels {
			if kept[label] == wanted {
				rows = append(rows, i)
			}
		}
		return s.Select(rows)
	}
	d.Trained = kept
	train, validation := d.Train.Holdout(d.Validation)
	normal, others := of(train, true), of(train, false)
	n := int(math.Round(contaminate / (1 - contaminate) * float64(normal.Len())))
	if n > others.Len() {
		return dataErrorf("%s: contaminate %g needs %d training images of other classes, but there are %d; hint: a smaller share", d.Name, contaminate, n, others.Len())
	}
	if n > 0 {
		normal = mixed(normal, others.Stratified(n))
	}
	validation = of(validation, true)
	d.Others, d.Test = of(d.Test, false), of(d.Test, true)
	d.Train, d.Validation = normal.Join(validation), validation.Len()
	if d.Train.Len() == d.Validation || d.Test.Len() == 0 {
		return dataErrorf("%s: no training or no test images are of the classes %q", d.Name, list)
	}
	return nil
}

// FindTrained sets Trained if no training image is of some class. It must be called
// before the number of training images is limited.
func (d *Dataset) FindTrained() {
	if d.Train.Labels == nil {
		return
	}
	trained := make([]bool, len(d.Classes))
	for _, label := range d.Train.Labels {
		trained[label] = true
	}
	if slices.Contains(trained, false) {
		d.Trained = trained
	}
}

// TrainedClasses lists the names of the classes that the training images are of, apart
// from contamination; nil: all.
func (d *Dataset) TrainedClasses() (names []string) {
	for class, trained := range d.Trained {
		if trained {
			names = append(names, d.Classes[class])
		}
	}
	return names
}

// mixed joins two splits of one data set in the order of their positions in it.
func mixed(a, b Split) Split {
	all := a.Join(b)
	order := make([]int, all.Len())
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(i, j int) int { return all.Position(i) - all.Position(j) })
	return all.Select(order)
}

// Chosen says, for each class, whether a list contains it. The list has names or numbers of
// classes, separated by commas; a name with a comma is in double quotes. Errors wrap
// ErrUnknown.
func (d *Dataset) Chosen(list string) ([]bool, error) {
	names, err := csv.NewReader(strings.NewReader(list)).Read()
	if err != nil || strings.Contains(list, "\n") {
		return nil, usageErrorf("classes are %q; hint: names or numbers of classes, separated by commas", list)
	}
	chosen := make([]bool, len(d.Classes))
	for _, name := range names {
		class, err := d.class(strings.TrimSpace(name))
		if err != nil {
			return nil, err
		}
		chosen[class] = true
	}
	return chosen, nil
}

// class finds a class by its name, or else by its number. Upper and lower case differ only
// if the names of two classes differ by nothing else.
func (d *Dataset) class(name string) (int, error) {
	if i := slices.Index(d.Classes, name); i >= 0 {
		return i, nil
	}
	if i := slices.IndexFunc(d.Classes, func(class string) bool { return strings.EqualFold(class, name) }); i >= 0 {
		return i, nil
	}
	if i, err := strconv.Atoi(name); err == nil && i >= 0 && i < len(d.Classes) {
		return i, nil
	}
	return 0, usageErrorf("unknown class %q of %s; hint: its classes are %s, or their numbers from 0", name, d.Name, listed(d.Classes))
}
