package trainer

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"gaetrain/loaders"
)

// AutomaticValidation, as the number of validation images, lets HoldOut choose the
// number.
const AutomaticValidation = -1

// leastValidation and mostValidation limit the default number of validation images: the
// loss of fewer than ten is not reliable, and more than 5,000 need too much time.
const leastValidation, mostValidation = 10, 5000

// validationOf is how many of n training images are held out by default.
func validationOf(n int) int {
	if n/10 < leastValidation {
		return 0
	}
	return min(n/10, mostValidation)
}

// HoldOut moves the validation images of a configuration behind the other training
// images, where the experiment finds them. They are the validation set of the data set,
// if it has one, else images in which each class keeps its share. If the number of
// images is AutomaticValidation, HoldOut sets it to the size of that validation set,
// else to a tenth of the training images, at most 5,000, or to 0 if there are fewer than
// 100 training images. The scaling of numbers is measured on the other training images.
// Errors wrap ErrConfiguration or loaders.ErrData, or are those of the context.
func (c *Config) HoldOut(ctx context.Context, data *loaders.Dataset) error {
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
	return data.Measure(ctx, c.Validation)
}

// checkSelection returns an error if the settings of the validation set or of early
// stopping do not fit the number of images, which includes the validation images.
func (c Config) checkSelection(images int) error {
	switch {
	case c.Validation >= images:
		return fmt.Errorf("%w: validation is %d, but there are only %d training images; hint: choose a smaller --validation", ErrConfiguration, c.Validation, images)
	case c.Validation > 0:
		return nil
	case c.Patience > 0:
		return fmt.Errorf("%w: patience is %d, but there is no validation set that could show an improvement; hint: --validation %d", ErrConfiguration, c.Patience, max(1, images/10))
	case c.MinDelta > 0:
		return fmt.Errorf("%w: min-delta is %g, but there is no validation set that could show an improvement; hint: --validation %d", ErrConfiguration, c.MinDelta, max(1, images/10))
	}
	return nil
}

// holdout splits images into those to train on and the validation set.
func (c Config) holdout(images loaders.Split) (train, validation loaders.Split) {
	return images.Holdout(c.Validation)
}

// Validation is the validation set of the experiment; it can be empty.
func (e *Experiment) Validation() loaders.Split {
	_, validation := e.Config.holdout(e.Data.Train)
	return validation
}

// Cut reduces the training images of the run's data set to those that the model was
// trained on, and returns the validation set of the run. A classifier was trained on
// labelled images only.
func (t *Trained) Cut(ctx context.Context, data *loaders.Dataset) (validation loaders.Split, err error) {
	if t.labelled != nil {
		train, named := data.Train.Holdout(data.Validation)
		if train, err = t.labelled.Select(train, t.Config.Seed); err != nil {
			return validation, err
		}
		data.Train = train.Join(named)
	} else if err := t.Config.HoldOut(ctx, data); err != nil {
		return validation, err
	}
	data.Train, validation = t.Config.holdout(data.Train)
	return validation, nil
}

// DataChanged describes how a data set differs from the one that the run was trained on;
// "" if it does not differ.
func (info RunInfo) DataChanged(data *loaders.Dataset) string {
	what, old := info.Data.changed(data.Digest), info.Data
	before, now := [2]int{old.Train, old.Test}, [2]int{data.Train.Len(), data.Test.Len()}
	if what == "" && !maps.Equal(old.Digest, data.Digest) && info.Encoder == nil && before != now {
		what = "images" // their numbers are all that can be compared
	}
	if what == "" && len(old.Classes) == len(data.Classes) {
		return ""
	}
	for file := range old.Digest {
		if data.Digest[file] == "" || what == "" {
			return fmt.Sprintf("this version of gaetrain does not read %s in the same way as the version that began the run", data.Name)
		}
	}
	text := fmt.Sprintf("the %s of %s are not those that the run was trained with", what, data.Name)
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

// SameDigest reports whether two digests can be those of the same file. The text before
// the colon says what a digest covers: data that are too large to be read wholly have
// another one, which cannot be compared with that of the whole content.
func SameDigest(a, b string) bool {
	kind, _, known := strings.Cut(a, ":")
	other, _, also := strings.Cut(b, ":")
	return a == b || known && also && kind != other
}

// changed names the part of a data set that has other digests, such as "test images";
// "" if all digests are the same.
func (d DataInfo) changed(digest map[string]string) string {
	var files []string
	for _, file := range slices.Sorted(maps.Keys(d.Digest)) {
		if !SameDigest(digest[file], d.Digest[file]) {
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
