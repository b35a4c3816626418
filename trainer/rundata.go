package trainer

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"gaetrain/loaders"
)

// holdout takes the validation set of a configuration away from training images.
func (c Config) holdout(images loaders.Split) (train, validation loaders.Split) {
	return images.Holdout(c.Validation)
}

// Validation is the validation set of the experiment; it can be empty.
func (e *Experiment) Validation() loaders.Split {
	_, validation := e.Config.holdout(e.Data.Train)
	return validation
}

// Cut leaves, of the training images of the run's data set, those that the model
// was trained on, and returns its validation set. A classifier was trained on
// labelled images.
func (t *Trained) Cut(data *loaders.Dataset) (validation loaders.Split, err error) {
	if t.labelled != nil {
		train, named := data.Train.Holdout(data.Validation)
		if train, err = t.labelled.Select(train, t.Config.Seed); err != nil {
			return validation, err
		}
		data.Train = train.Join(named)
	}
	data.Train, validation = t.Config.holdout(data.Train)
	return validation, nil
}

// DataChanged says how a data set differs from the one that the run was trained
// with; "" if it does not.
func (info RunInfo) DataChanged(data *loaders.Dataset) string {
	what, old := info.Data.changed(data.Digest), info.Data
	if what == "" && len(old.Classes) == len(data.Classes) {
		return ""
	}
	for file := range old.Digest {
		if data.Digest[file] == "" || what == "" {
			return fmt.Sprintf("this version of gaetrain reads %s in another way than the one that began the run", data.Name)
		}
	}
	text := fmt.Sprintf("the %s of %s are not those that the run was trained with", what, data.Name)
	before, now := [2]int{old.Train, old.Test}, [2]int{data.Train.Len(), data.Test.Len()}
	if labelled := info.Encoder != nil; labelled || before == now {
		return text
	}
	text += fmt.Sprintf(": %d training and %d test images instead of %d and %d", now[0], now[1], before[0], before[1])
	switch was, is := before[0]+before[1], now[0]+now[1]; {
	case is > was:
		text += ", images were added"
	case is < was:
		text += ", images were removed"
	}
	return text
}

// changed names what of a data set has other digests, such as "test images"; ""
// if nothing has.
func (d DataInfo) changed(digest map[string]string) string {
	var files []string
	for _, file := range slices.Sorted(maps.Keys(d.Digest)) {
		if digest[file] != d.Digest[file] {
			files = append(files, file)
		}
	}
	every := func(has func(file string) bool) bool {
		return !slices.ContainsFunc(files, func(file string) bool { return !has(file) })
	}
	split, what := "", "images"
	switch {
	case len(files) == 0:
		return ""
	case every(func(file string) bool { return strings.HasPrefix(file, "t10k") || strings.HasPrefix(file, "test") }):
		split = "test "
	case every(func(file string) bool { return strings.HasPrefix(file, "train") }):
		split = "training "
	}
	if every(func(file string) bool { return strings.Contains(file, "labels") }) {
		what = "labels"
	}
	return split + what
}
