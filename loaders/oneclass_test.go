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

// TestChosen finds classes by name, by name in other case, and by number.
func TestChosen(t *testing.T) {
	t.Parallel()
	d := &Dataset{Name: "d", Classes: []string{"Ankle boot", "a,b", "Bag", "bag", "7"}}
	for list, want := range map[string][]bool{
		"ankle BOOT": {true, false, false, false, false},
		`"a,b",2`:    {false, true, true, false, false},
		"bag":        {false, false, false, true, false},
		"BAG, 7":     {false, false, true, false, true},
		"1,0":        {true, true, false, false, false},
	} {
		if got, err := d.Chosen(list); err != nil || !slices.Equal(got, want) {
			t.Errorf("%s: %v, %v; want %v", list, got, err, want)
		}
	}
	for _, list := range []string{"", "5", "-1", "shoe", "a,b", "Bag,", "\"Bag", "Bag\n7"} {
		_, err := d.Chosen(list)
		wantError(t, err, ErrUnknown, "hint: ")
	}
}

// TestFindTrained finds the classes of the training images, which can lack some of the test
// images.
func TestFindTrained(t *testing.T) {
	t.Parallel()
	d := fourClasses()
	if d.FindTrained(); d.Trained != nil || d.TrainedClasses() != nil {
		t.Errorf("trained on %v", d.TrainedClasses())
	}
	d.Train = d.Train.Select([]int{0, 2, 4})
	if d.FindTrained(); !slices.Equal(d.TrainedClasses(), []string{"one", "3"}) {
		t.Errorf("trained on %v", d.TrainedClasses())
	}
	if err := d.MatchClasses([]string{"0", "3", "one", "two"}); err != nil || !slices.Equal(d.Trained, []bool{false, true, true, false}) {
		t.Errorf("trained %v, error %v", d.Trained, err)
	}
}
