package cmd

import (
	"context"
	"fmt"
	"strings"

	"gaetrain/loaders"
	"gaetrain/trainer"
)

// runData is the data set that a verb works on. If it is the one of the run, its
// training images are those that the run was trained on.
type runData struct {
	*loaders.Dataset
	Validation loaders.Split // of the run; empty in another data set
	uncut      error         // why the images that the run was trained on cannot be determined; nil: they are known
}

// splitNames are the values of --split.
var splitNames = []string{"train", "validation", "test", "all"}

// split returns the images of a split.
func (d *runData) split(name string) (loaders.Split, error) {
	switch {
	case name == "test" || name == "all": // with all, both splits hold all images
		return d.Test, nil
	case name == "train" || d.uncut != nil:
		return d.Train, d.uncut
	case d.Validation.Len() == 0:
		return loaders.Split{}, fmt.Errorf("%w: the run has no validation set of %s; hint: --split train or test", errUsage, d.Name)
	}
	return d.Validation, nil
}

// open reads the data set, by default that of the run. The data set of the run is split in
// the same way as in the run. Another data set is not split.
func (o *ModelOptions) open(ctx context.Context, model *trainer.Trained, log *console) (*runData, error) {
	config := model.Config
	if o.DataDir != "" {
		config.DataDir = o.DataDir
	}
	own := o.Dataset == "" || o.Dataset == config.Dataset
	if !own {
		config.Dataset, config.TrainImages, config.TestImages, config.Validation = o.Dataset, 0, 0, 0
		config.ClassOptions = trainer.ClassOptions{} // another data set has other classes
		config.SplitOptions = loaders.SplitOptions{}
	}
	options := model.Info.Data.Reading(loaderOptions(log), config.Dataset)
	if options.Whole = o.whole; o.whole {
		config.TrainImages, config.TestImages, config.Validation = 0, 0, 0
	}
	data, err := trainer.OpenData(ctx, config, options)
	if err != nil {
		return nil, err
	}
	matchColours(log, model, data.Name, &data.Train, &data.Test, &data.Others)
	if got, want := data.Test.Shape, model.Shape(); got != want {
		return nil, fmt.Errorf("%w: "+want.Words("images")+" of %s are %s, but the model was trained on %s", loaders.ErrData, data.Name, got, want)
	}
	if model.IsClassifier() || model.Conditional() {
		if err := data.MatchClasses(model.Info.Data.Classes); err != nil {
			return nil, err
		}
	}
	d := &runData{Dataset: data}
	if !own || o.whole {
		return d, nil
	}
	if changed := model.Info.DataChanged(data); changed != "" {
		log.once(log.warn, changed)
	}
	if cut := cutAs(config); o.Dataset != "" && cut != "" {
		log.once(log.note, fmt.Sprintf("%s is split as in the run: %s", data.Name, cut))
	}
	d.Validation, d.uncut = model.Cut(ctx, data)
	return d, nil
}

// matchColours converts colour images to grey, or the reverse, if the model was trained
// on such images, and reports it.
func matchColours(log *console, model *trainer.Trained, name string, splits ...*loaders.Split) {
	want := model.Shape()
	for _, s := range splits {
		before := s.Shape
		if before.Height != want.Height || before.Width != want.Width {
			continue
		}
		*s = s.Coloured(want.Channels)
		note := ""
		switch {
		case s.Shape.Channels > before.Channels:
			note = "the model was trained on colour images, so the grey images of %s are converted to colour"
		case s.Shape.Channels < before.Channels:
			note = "the model was trained on grey images, so the colour images of %s are converted to grey (luma)"
		default:
			continue
		}
		log.once(log.note, fmt.Sprintf(note, name))
	}
}

// cutAs lists the settings that make a run use only a part of its data set.
func cutAs(c trainer.Config) string {
	var words []string
	for _, n := range []struct {
		flag  string
		value int
	}{{"train-images", c.TrainImages}, {"test-images", c.TestImages}, {"validation", c.Validation}} {
		if n.value > 0 {
			words = append(words, fmt.Sprintf("--%s %d", n.flag, n.value))
		}
	}
	return strings.Join(words, " ")
}
