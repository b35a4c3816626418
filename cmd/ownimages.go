package cmd

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"

	"gaetrain/loaders"
	"gaetrain/trainer"
	"gaetrain/trainer/measure"
)

// FileOptions are the settings of verbs that read image files of the user.
type FileOptions struct {
	Images string `toml:"images" group:"input" help:"Image file, or folder of image files, to use instead of a data set"`
	Class  string `toml:"class" group:"input" help:"Class of --images by name or number, for a conditional model (default: the sub-folder of each image)"`
}

// instead reports options of a data set that were given although --images replaces it.
func (o FileOptions) instead(c *cli.Context) error {
	for _, name := range []string{"dataset", "split"} {
		if o.Images != "" && wasGiven(c, name) {
			return fmt.Errorf("%w: %s has no effect with --images; hint: leave one of them out", errUsage, name)
		}
	}
	return o.validate()
}

func (o FileOptions) validate() error {
	if o.Class != "" && o.Images == "" {
		return fmt.Errorf("%w: --class has no effect without --images; hint: leave it out, because a data set has labels", errUsage)
	}
	return nil
}

// open reads images as read does, and keeps as many as a limit says. 0 is all.
func (o FileOptions) open(ctx context.Context, log *console, model *trainer.Trained, limit int) (split loaders.Split, err error) {
	split, split.Names, err = o.read(ctx, log, model)
	return split.Stratified(limit), err
}

// read reads images from a file or a folder, converts them for the model, and returns them
// with their paths. For a model of pairs, it makes pairs by the motion of the run. For a
// conditional model, it sets labels.
func (o FileOptions) read(ctx context.Context, log *console, model *trainer.Trained) (loaders.Split, []string, error) {
	if data := model.Info.Data; !model.Shape().IsImage() || data.Scaling.IsLinear() {
		return loaders.Split{}, nil, fmt.Errorf("%w: --images reads image files, but the model was trained on the numbers of %s; hint: --dataset %s, if the file holds such numbers", errUsage, data.Name, shellWord("array:"+o.Images))
	}
	split, names, err := loaders.Images(ctx, o.Images, loaders.Options{ImageOptions: model.Config.ImageOptions, Log: log.warn})
	if err != nil {
		return split, nil, err
	}
	split = split.Pairs(model.Config.Motion, model.Config.Seed)
	matchColours(log, model, o.Images, &split)
	if got, want := split.Shape, model.Shape(); got != want {
		return split, nil, fmt.Errorf("%w: %s is %s, but the model was trained on %s; hint: resize the images, or train a model with --size", loaders.ErrData, names[0], got, want)
	}
	split.Labels, err = o.labels(model, names)
	return split, names, err
}

// labels returns the classes of image files for a conditional model, and nil for any other
// model.
func (o FileOptions) labels(model *trainer.Trained, names []string) ([]loaders.Label, error) {
	if o.Class != "" {
		class, err := measure.ClassNumber(model, o.Class)
		return slices.Repeat([]loaders.Label{class}, len(names)), err
	}
	if !model.Conditional() {
		return nil, nil
	}
	labels, classes := make([]loaders.Label, len(names)), model.Info.Data.Classes
	for i, name := range names {
		class := folderClass(name, o.Images, classes)
		if class < 0 {
			return nil, fmt.Errorf("%w: model %s needs the class of each image, but no folder of %s has the name of a class; hint: use --class NAME or sub-folders with one of the names %s",
				errUsage, model.Config.Model, name, strings.Join(classes, ", "))
		}
		labels[i] = loaders.Label(class)
	}
	return labels, nil
}

// folderClass returns the class whose name the innermost possible folder of a file has,
// below or at the folder root. It returns −1 if there is none.
func folderClass(file, root string, classes []string) int {
	root = filepath.Clean(root)
	if root == file {
		root = filepath.Dir(root)
	}
	for dir := filepath.Dir(file); ; dir = filepath.Dir(dir) {
		if class := slices.Index(classes, filepath.Base(dir)); class >= 0 || dir == root || dir == filepath.Dir(dir) {
			return class
		}
	}
}
