package trainer

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"gaetrain/loaders"
)

// AutomaticValidation as the number of validation images leaves it to HoldOut.
const AutomaticValidation = -1

// least and most bound how many validation images there are by default: the loss
// of fewer than ten says little, and more than 5,000 cost time.
const leastValidation, mostValidation = 10, 5000

// validationOf is how many of n training images are held out by default.
func validationOf(n int) int {
	if n/10 < leastValidation {
		return 0
	}
	return min(n/10, mostValidation)
}

// HoldOut moves the validation images of a configuration behind the other training
// images, from where the experiment takes them. They are those that the data name,
// or images of which each class has its share. If the configuration leaves their
// number to the data, HoldOut sets it to a tenth of the training images, at most
// 5,000, or to 0 if there are fewer than 100. Errors wrap ErrConfiguration.
func (c *Config) HoldOut(data *loaders.Dataset) error {
	named := data.Validation
	if c.Validation == AutomaticValidation {
		c.Validation = cmp.Or(named, validationOf(data.Train.Len()))
	}
	switch {
	case named == 0:
		data.SetAside(c.Validation)
	case c.Validation != 0 && c.Validation != named:
		return fmt.Errorf("%w: validation is %d, but %s has a validation set of %d images; hint: leave --validation out, or set 0 to train on them too", ErrConfiguration, c.Validation, data.Name, named)
	}
	return nil
}

// checkSelection reports settings of the selection of an epoch that do not fit the
// number of training images, which include the validation images.
func (c Config) checkSelection(images int) error {
	switch {
	case c.Validation >= images:
		return fmt.Errorf("%w: validation is %d of %d training images; hint: leave some to train on", ErrConfiguration, c.Validation, images)
	case c.Validation > 0:
		return nil
	case c.Patience > 0:
		return fmt.Errorf("%w: patience is %d, but there is no validation set that could show an improvement; hint: --validation %d", ErrConfiguration, c.Patience, max(1, images/10))
	case c.MinDelta > 0:
		return fmt.Errorf("%w: min-delta is %g, but there is no validation set that could show an improvement; hint: --validation %d", ErrConfiguration, c.MinDelta, max(1, images/10))
	}
	return nil
}

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
	} else if err := t.Config.HoldOut(data); err != nil {
		return validation, err
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
