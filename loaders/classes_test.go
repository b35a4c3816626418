package loaders

import (
	"errors"
	"slices"
	"strings"
	"testing"
)

func TestMatchClasses(t *testing.T) {
	t.Parallel()
	split := func(labels ...Label) Split {
		return labelled(Shape{1, 1, 1}, make([]uint8, len(labels)), labels...)
	}
	shared := []Label{0, 1, 1}
	d := Dataset{Name: "folder:four-bd", Train: split(shared...), Test: split(1), Classes: []string{"b", "d"}}
	if err := d.MatchClasses([]string{"a", "b", "c", "d"}); err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(d.Train.Labels, []Label{1, 3, 3}) || !slices.Equal(d.Test.Labels, []Label{3}) || len(d.Classes) != 4 {
		t.Errorf("labels %v and %v of %v", d.Train.Labels, d.Test.Labels, d.Classes)
	}
	if !slices.Equal(shared, []Label{0, 1, 1}) {
		t.Error("labels that others share have changed")
	}
	err := d.MatchClasses([]string{"a", "b"})
	if !errors.Is(err, ErrData) || !strings.Contains(err.Error(), `"d"`) || !strings.Contains(err.Error(), "a, b") {
		t.Errorf("error is %v", err)
	}
	unlabelled := Dataset{Train: split(), Test: split()}
	unlabelled.Train.Labels, unlabelled.Test.Labels = nil, nil
	if err := unlabelled.MatchClasses([]string{"a"}); err != nil || unlabelled.Train.Labels != nil {
		t.Errorf("data without labels: %v", err)
	}
}
