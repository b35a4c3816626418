package loaders

import (
	"slices"
	"testing"
)

func fourClasses() *Dataset {
	split := func(n int) Split {
		var labels []Label
		for i := range n {
			labels = append(labels, Label(i%4))
		}
		return labelled(Shape{1, 1, 1}, ramp(n), labels...)
	}
	return &Dataset{Name: "digits", Train: split(44), Test: split(12), Validation: 4, Classes: []string{"one", "two", "3", "0"}}
}

func TestKeepClasses(t *testing.T) {
	t.Parallel()
	d := fourClasses()
	if err := d.KeepClasses("two, 3", 0); err != nil {
		t.Fatal(err)
	}
	has := func(s Split, labels ...Label) bool {
		return !slices.ContainsFunc(s.Labels, func(l Label) bool { return !slices.Contains(labels, l) })
	}
	if d.Train.Len() != 22 || d.Test.Len() != 6 || d.Others.Len() != 6 || d.Validation != 2 || !has(d.Train, 1, 2) || !has(d.Test, 1, 2) || !has(d.Others, 0, 3) {
		t.Errorf("%d, %d and %d images, %d for validation", d.Train.Len(), d.Test.Len(), d.Others.Len(), d.Validation)
	}
	if err := d.KeepClasses("0", 0); err != nil { // a name, not the number of class one
		t.Log(err) // no image of the class is left
	} else {
		t.Error("a class without images is kept")
	}
}

// TestContaminate mixes images of other classes, of which each class has its share, into
// the training images, but not into the validation set of the data.
func TestContaminate(t *testing.T) {
	t.Parallel()
	d := fourClasses()
	if err := d.KeepClasses("one", 0.4); err != nil {
		t.Fatal(err)
	}
	train, validation := d.Train.Holdout(d.Validation)
	var counts [4]int
	for i, label := range train.Labels {
		counts[label]++
		if i > 0 && train.Position(i) <= train.Position(i-1) {
			t.Errorf("position %d after %d", train.Position(i), train.Position(i-1))
		}
	}
	if counts[0] != 10 || counts[1]+counts[2]+counts[3] != 7 || slices.Min(counts[:]) < 2 || !slices.Equal(validation.Labels, []Label{0}) {
		t.Errorf("classes %v, validation %v", counts, validation.Labels)
	}
}

func TestKeepClassesErrors(t *testing.T) {
	t.Parallel()
	for list, want := range map[string]error{"four": ErrUnknown, "one,two,3,0": ErrUnknown, "7": ErrUnknown, "": ErrUnknown} {
		wantError(t, fourClasses().KeepClasses(list, 0), want, "hint: ")
	}
	wantError(t, fourClasses().KeepClasses("one,two,3", 0.9), ErrData, "needs 270 training images of other classes, but there are 10")
	unlabelled := fourClasses()
	unlabelled.Train.Labels = nil
	wantError(t, unlabelled.KeepClasses("one", 0), ErrData, "digits has no labels")
}
