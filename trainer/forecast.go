package trainer

import (
	"errors"
	"fmt"

	"gaetrain/graph"
	"gaetrain/loaders"
	"gaetrain/loaders/memory"
	"gaetrain/trainer/settings"
)

// Forecast computes the memory of training on images of which only the outline is known.
// It places the model, which NewExperiment places again. An error says that the model
// cannot be made for these images or that there is not enough memory, and wraps
// ErrConfiguration or loaders.ErrData. If the images may have other colours, the error is that of their likely
// shape, and there is none if they can have one that fits.
func Forecast(c Config, name string, m Model, of loaders.Outline) (Memory, error) {
	e, err := outlined(c, name, m, of)
	if err == nil {
		err = e.checkMemory()
	}
	if err != nil && of.Shape != of.Likely {
		of.Shape = of.Likely
		return Forecast(c, name, m, of)
	}
	if errors.Is(err, graph.ErrArchitecture) {
		if hint := e.smallerImages(memory.Limit()); hint != "" {
			err = fmt.Errorf("%w; or %s", err, hint)
		}
	}
	return e.Memory, ofModel(name, err)
}

// outlined returns the experiment on images of an outline. It has no parameters.
func outlined(c Config, name string, m Model, of loaders.Outline) (*Experiment, error) {
	train := of.Split().Pairs(c.Motion, c.Seed)
	if c.Validation == AutomaticValidation {
		c.Validation = validationOf(train.Len())
	}
	c.Validation = min(c.Validation, train.Len()-1)
	data := &loaders.Dataset{Name: c.Dataset, Train: train, Classes: make([]string, of.Classes), Range: loaders.Range{High: 1}}
	e := &Experiment{Name: name, Model: m, Config: c, Data: data}
	if err := c.Validate(); err != nil {
		return e, err
	}
	if err := settings.Validate(m); err != nil {
		return e, err
	}
	source := Source{Shape: graph.Shape(train.Shape), Classes: of.Classes, Images: train.Len() - c.Validation}
	err := needsLabels(name, m, source, c.Dataset)
	if err == nil {
		err = e.place(source)
	}
	if err == nil {
		e.Memory, err = e.memory(c.BatchSize)
	}
	return e, err
}

// leastSide is the smallest side of images that an error proposes.
const leastSide = 8

// smallerImages names a size of image files with which training fits into memory. Their
// sides are halved until it does. It returns "" if the data are no image files, or if no
// size fits.
func (e *Experiment) smallerImages(limit int64) string {
	train, all := e.Data.Train, e.Data.Train.Len()+e.Data.Test.Len()
	image := train.Shape
	if train.Motion != (loaders.Motion{}) {
		image = train.Source
	}
	for loaders.ReadsImages(e.Config.Dataset) && min(image.Height, image.Width) >= 2*leastSide {
		image.Height, image.Width = image.Height/2, image.Width/2
		of := loaders.Outline{Shape: image, Classes: len(e.Data.Classes), Items: all, Bytes: min(int64(all)*int64(image.Size()), loaders.StoredBytes(train, e.Data.Test))}
		if smaller, err := outlined(e.Config, e.Name, e.Model, of); err == nil && smaller.Memory.Total() <= limit {
			return fmt.Sprintf("--size %v takes %s", loaders.Size{Width: image.Width, Height: image.Height}, memory.Format(smaller.Memory.Total()))
		}
	}
	return ""
}
