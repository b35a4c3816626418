package loaders

import "context"

// Description is what can be said about a data set without a model.
type Description struct {
	Splits [3]SplitDescription // by Part: the training images without the validation images, those, and the test images
	// Columns are the moments of each channel of the training images, or of each column
	// of a table.
	Columns []Moments
	// Duplicates are all images that equal an earlier one. They are known if Searched
	// is set; else there are too many images for the memory.
	Duplicates []Duplicate
	Searched   bool
}

// SplitDescription describes a split. The zero value is an empty one.
type SplitDescription struct {
	Images  int
	Classes []int   // number of images by label; nil: no labels
	Values  Moments // of all values
}

// Part returns a split. The validation set is the one that the data name; it can be
// empty.
func (d *Dataset) Part(p Part) Split {
	if p == TestPart {
		return d.Test
	}
	train, validation := d.Train.Holdout(d.Validation)
	if p == TrainPart {
		return train
	}
	return validation
}

// Describe reads all images of a data set once, before they are scaled, and those that may have duplicates once
// more. It calls progress with the number of images that were read so far. Errors are
// those of the stores or of the context.
func (d *Dataset) Describe(ctx context.Context, progress func(done int)) (found Description, err error) {
	splits := []Split{d.Part(TrainPart), d.Part(ValidationPart), d.Part(TestPart)}
	shape := d.Train.Shape
	sums := newChecksums(shape, d.Train.Len()+d.Test.Len())
	found.Columns = make([]Moments, shape.columns())
	values, done := make([]float32, shape.Size()), 0
	for p, split := range splits {
		to := &found.Splits[p]
		to.Images, to.Classes = split.Len(), split.count(len(d.Classes))
		for i := range split.Len() {
			if err := context.Cause(ctx); err != nil {
				return found, err
			}
			if err := split.Read(values, i, 0); err != nil {
				return found, err
			}
			to.Values.add(values)
			if Part(p) == TrainPart {
				addColumns(found.Columns, values)
			}
			if sums != nil {
				sums.add(values, Place{Part(p), i})
			}
			done++
			progress(done)
		}
	}
	if sums != nil {
		found.Searched = true
		found.Duplicates, err = sums.duplicates(ctx, splits...)
	}
	return found, err
}

// columns is the number of channels of images, or of columns of a table.
func (s Shape) columns() int {
	if s.IsTable() {
		return s.Size()
	}
	return s.Channels
}

func addColumns(columns []Moments, values []float32) {
	each := len(values) / len(columns)
	for i := range columns {
		columns[i].add(values[i*each : (i+1)*each])
	}
}

// count returns the number of images of each class; nil without labels.
func (s Split) count(classes int) []int {
	if s.Labels == nil {
		return nil
	}
	counts := make([]int, classes)
	for _, label := range s.Labels {
		counts[label]++
	}
	return counts
}
