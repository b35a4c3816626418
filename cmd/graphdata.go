package cmd

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"gaetrain/graph"
	"gaetrain/loaders"
	"gaetrain/trainer"
	"gaetrain/trainer/recipes"
	"gaetrain/trainer/settings"
)

// checkClasses reports a number of classes that is missing or has no effect.
func (o *graphOptions) checkClasses(t trainOptions) error {
	_, conditional := t.model.(trainer.Conditional)
	switch {
	case (o.Shape != itemShape{}) && conditional && o.ClassCount == 0:
		return fmt.Errorf("%w: model %s is conditional on classes, and shape does not say how many there are; hint: --class-count 10", errUsage, t.recipe.Name)
	case o.ClassCount > 0 && !conditional:
		return fmt.Errorf("%w: class-count has no effect with model %s, which is not conditional on classes; hint: leave it out", errUsage, t.recipe.Name)
	}
	return nil
}

// source returns the shape of the items and the number of their classes, and sets the
// values that depend on the data. It reads the data only if their shape is not known.
func (o *graphOptions) source(ctx context.Context, t *trainOptions, log *console, origins map[string]settings.Origin) (trainer.Source, error) {
	shape, classes := loaders.Shape(o.Shape), o.ClassCount
	if shape == (loaders.Shape{}) {
		shape, classes = knownShape(t.Dataset)
	}
	if shape == (loaders.Shape{}) {
		data, err := trainer.OpenData(ctx, t.Config, loaderOptions(log))
		if err != nil {
			return trainer.Source{}, err
		}
		if err := t.Config.HoldOut(ctx, data); err != nil {
			return trainer.Source{}, err
		}
		return trainer.SourceOf(data), t.settle(ctx, log, data, origins)
	}
	if t.Motion != (loaders.Motion{}) && !shape.IsImage() {
		return trainer.Source{}, fmt.Errorf("%w: motion is %s, but the items are not images; hint: a shape such as 28x28, or --motion none with another model than synchrony", trainer.ErrConfiguration, t.Motion)
	}
	data := &loaders.Dataset{Train: loaders.Split{Shape: shape}.Pairs(t.Motion, t.Seed), Range: loaders.Range{High: 1}}
	if shape.IsTable() {
		data.Scaling = new(loaders.Scaling) // numbers, not pixels
	}
	note, err := recipes.Fit(t.model, &t.Config, data, origins)
	if note != "" {
		log.note(note)
	}
	return trainer.Source{Shape: graph.Shape(data.Train.Shape), Classes: classes}, err
}

// knownShape returns the shape of the images of a named data set and the number of their
// classes. The shape of any other data is zero.
func knownShape(dataset string) (loaders.Shape, int) {
	for _, info := range loaders.List() {
		if info.Name == dataset {
			return info.Shape, info.Classes
		}
	}
	return loaders.Shape{}, 0
}

// itemShape is a value of --shape. The zero value is none.
type itemShape loaders.Shape

// String returns what UnmarshalText reads.
func (s itemShape) String() string {
	if s == (itemShape{}) {
		return ""
	}
	return fmt.Sprintf("%dx%dx%d", s.Channels, s.Height, s.Width)
}

// UnmarshalText reads "3x64x64", "64x64" for one channel, or "30" for rows of 30 values.
func (s *itemShape) UnmarshalText(text []byte) error {
	if len(text) == 0 {
		*s = itemShape{}
		return nil
	}
	words := strings.Split(string(text), "x")
	sides := [3]int{1, 1, 1}
	err := errUsage
	if len(words) <= len(sides) {
		err = nil
	}
	for i, word := range words {
		if err == nil {
			sides[len(sides)-len(words)+i], err = strconv.Atoi(word)
		}
	}
	shape := graph.Shape{Channels: sides[0], Height: sides[1], Width: sides[2]}
	if err != nil || shape.Validate() != nil {
		return fmt.Errorf("%q is not a shape; hint: 3x64x64 (channels, height, width), 28x28, or the number of columns of a table", text)
	}
	*s = itemShape(shape)
	return nil
}
