package trainer

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"gaetrain/graph"
	"gaetrain/loaders"
	"gaetrain/trainer/settings"
)

// Experiment is a list of stages over one set of parameters and one data set.
type Experiment struct {
	Name       string // of the model
	Model      Model
	Config     Config
	Data       *loaders.Dataset
	Stages     []Stage
	Parameters *graph.Parameters
	Encoder    *EncoderInfo // the model whose encoder a Transfer uses; nil: none
	LabelList  string       // checksum of the labelled images if a file lists them; else ""
	Memory     Memory       // that training needs
}

// NewExperiment checks the configuration and the settings of the model, places
// the model for the data, and makes the parameters of its stages. The validation
// set consists of the last images of the training set, see HoldOut. If HoldOut was not
// called, AutomaticValidation stands for no validation set.
func NewExperiment(c Config, name string, m Model, data *loaders.Dataset) (*Experiment, error) {
	if err := c.Validate(); err != nil {
		return nil, err
	}
	if err := settings.Validate(m); err != nil {
		return nil, err
	}
	c.Validation = max(c.Validation, 0)
	if err := c.checkSelection(data.Train.Len()); err != nil {
		return nil, err
	}
	if err := data.Measure(context.Background(), c.Validation); err != nil { // HoldOut was not called
		return nil, err
	}
	source := SourceOf(data)
	source.Images = data.Train.Len() - c.Validation
	if err := needsLabels(name, m, source, data.Name); err != nil {
		return nil, err
	}
	e := &Experiment{Name: name, Model: m, Config: c, Data: data, Parameters: new(graph.Parameters)}
	if err := e.prepare(source); err != nil {
		return nil, ofModel(name, err)
	}
	return e, nil
}

// ofModel returns an error about a model that wraps ErrConfiguration or loaders.ErrData.
func ofModel(name string, err error) error {
	if err == nil || errors.Is(err, ErrConfiguration) || errors.Is(err, loaders.ErrData) {
		return err
	}
	return fmt.Errorf("%w: model %s: %w", ErrConfiguration, name, err)
}

// needsLabels returns an error if a conditional model is trained on data without labels.
func needsLabels(name string, m Model, source Source, data string) error {
	if _, ok := m.(Conditional); ok && source.Classes == 0 {
		return fmt.Errorf("%w: model %s needs labels, but %s has none; hint: --model vae and --model gan need no labels", loaders.ErrData, name, data)
	}
	return nil
}

// prepare makes the stages and their parameters.
func (e *Experiment) prepare(source Source) (err error) {
	if err := e.place(source); err != nil {
		return err
	}
	if e.Memory, err = e.memory(e.Config.BatchSize); err != nil {
		return err
	}
	if err := e.checkMemory(); err != nil {
		return err
	}
	for i := range slices.Backward(e.Stages) { // the model first, then the networks of earlier stages
		s := &e.Stages[i]
		if s.Epochs < 1 {
			return fmt.Errorf("epochs is %d; hint: at least 1", s.Epochs)
		}
		if err := s.declare(e.Parameters, e.Config.Seed, e.Config.BatchSize); err != nil {
			return err
		}
		s.word(source.Shape)
	}
	if err := e.checkPrecision(); err != nil {
		return err
	}
	m, ok := e.Model.(DataDependent)
	if !ok {
		return nil
	}
	train := e.TrainImages()
	images := graph.Sample{Count: train.Len(), Read: func(dst []float32, i int) error { return train.Read(dst, i, 0) }}
	return m.InitialiseFrom(images, e.Parameters, e.Config.Seed)
}

// place places the model and makes its stages, which have no parameters yet.
func (e *Experiment) place(source Source) (err error) {
	if err := e.Model.Place(source); err != nil {
		return err
	}
	if e.Stages, err = e.Model.Stages(e.Config); err != nil {
		return err
	}
	train := e.TrainImages()
	for i := range e.Stages {
		e.Stages[i].images, e.Stages[i].rounds = train.Len(), e.Config.rounds()
	}
	return e.augment(train)
}

// SourceOf returns the properties of a data set that a model depends on.
func SourceOf(data *loaders.Dataset) Source {
	s := Source{Shape: graph.Shape(data.Train.Shape)}
	if data.Train.Labels != nil && data.Test.Labels != nil {
		s.Classes = len(data.Classes)
	}
	return s
}

// Final is the stage whose model is the trained one.
func (e *Experiment) Final() Stage { return e.Stages[len(e.Stages)-1] }

// Trained returns the model of the last stage as the parameters are now.
func (e *Experiment) Trained() *Trained { return e.trained(e.Final()) }

func (e *Experiment) trained(s Stage) *Trained {
	return &Trained{Info: RunInfo{Data: describeData(e.Data)}, Name: e.Name, Config: e.Config, Source: SourceOf(e.Data), Stage: s, Parameters: e.Parameters, model: e.Model}
}

// OpenData reads the data set of a configuration and limits the number of its images
// as the configuration says. HoldOut then holds out the validation images, and measures
// the scaling of numbers.
func OpenData(ctx context.Context, c Config, o loaders.Options) (*loaders.Dataset, error) {
	o.DataDir, o.ImageOptions, o.ArrayOptions, o.SplitOptions, o.StorageOptions = c.DataDir, c.ImageOptions, c.ArrayOptions, c.SplitOptions, c.StorageOptions
	data, err := loaders.Open(ctx, c.Dataset, o)
	if err != nil {
		return nil, err
	}
	if c.Classes != "" {
		if err := data.KeepClasses(c.Classes, c.Contaminate); err != nil {
			return nil, err
		}
		data.Others = data.Others.Stratified(c.TestImages).Pairs(c.Motion, c.Seed)
	} else {
		data.FindTrained()
	}
	data.LimitTrain(c.TrainImages)
	if c.Motion != (loaders.Motion{}) && !data.Train.Shape.IsImage() {
		return nil, fmt.Errorf("%w: motion is %s, but the items of %s are not images; hint: a data set of images, or --motion none with another model than synchrony", ErrConfiguration, c.Motion, c.Dataset)
	}
	data.Train = data.Train.Pairs(c.Motion, c.Seed)
	data.Test = data.Test.Stratified(c.TestImages).Pairs(c.Motion, c.Seed)
	return data, nil
}

// splits returns the images to train on and the splits to evaluate. The validation
// set, if there is one, comes first.
func (e *Experiment) splits() (train loaders.Split, evaluated []namedSplit) {
	train, validation := e.Config.holdout(e.Data.Train)
	if validation.Len() > 0 {
		evaluated = append(evaluated, namedSplit{"validation", validation})
	}
	return train, append(evaluated, namedSplit{"test", e.Data.Test})
}

// TrainImages are the images that the experiment trains on.
func (e *Experiment) TrainImages() loaders.Split {
	train, _ := e.splits()
	return train
}

// steps is the number of steps in an epoch.
func (e *Experiment) steps() int {
	train, _ := e.splits()
	return (train.Len() + e.Config.BatchSize - 1) / e.Config.BatchSize
}

// fewestSteps is the number of steps per epoch below which a warning is reported.
const fewestSteps = 10

// FewSteps returns a warning if an epoch has so few steps that training needs many
// epochs. It returns "" if there are enough steps, if a smaller batch does not give
// more, or for a classifier, which usually has few images and trains until its loss no
// longer improves.
func (e *Experiment) FewSteps() string {
	if e.Encoder != nil {
		return ""
	}
	return fewSteps(e.TrainImages().Len(), e.Config.BatchSize, e.Data.Train.Shape)
}

// fewSteps is the warning of FewSteps for a number of training images.
func fewSteps(images, batch int, shape loaders.Shape) string {
	steps := (images + batch - 1) / batch
	for batch > 1 && (images+batch-1)/batch < fewestSteps {
		batch = 1 << (bitsOf(batch-1) - 1) // the next lower power of two
	}
	more := (images + batch - 1) / batch
	if more == steps {
		return ""
	}
	return fmt.Sprintf("the number of steps per epoch is only %d, because there are %d training %s; hint: --batch-size %d gives %d", steps, images, shape.Words("images"), batch, more)
}

type namedSplit struct {
	name string
	loaders.Split
}
