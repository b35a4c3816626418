package trainer

import (
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"strconv"
	"strings"

	"gaetrain/graph"
	"gaetrain/loaders"
	"gaetrain/loaders/files"
)

// Labelled holds the settings of a classifier's training that do not describe its
// network: which encoder it uses and which images are labelled.
type Labelled struct {
	From           string `toml:"from" group:"classifier" help:"Run folder of the trained model whose encoder the classifier uses"`
	FromCheckpoint string `toml:"from-checkpoint" group:"classifier" help:"Checkpoint that the encoder is read from: last (epoch) or best (on the validation set)"`
	FromScratch    bool   `toml:"from-scratch" group:"classifier" help:"Train the same network from random weights, for comparison"`
	Labels         int    `toml:"labels" group:"classifier" help:"Number of labelled training images, equally many per class, selected by --seed; 0 for all"`
	LabelList      string `toml:"label-list" group:"classifier" help:"File with the indices, from 0, of the labelled training images, one per line, instead of --labels"`
}

// LabelledDefaults returns the settings that a classifier has by default.
func LabelledDefaults() Labelled { return Labelled{FromCheckpoint: LastCheckpoint} }

// Validate reports the first value that makes no sense, wrapping
// ErrConfiguration.
func (o Labelled) Validate() error {
	switch {
	case o.Labels < 0:
		return fmt.Errorf("%w: labels is %d; hint: 0 for all, or more", ErrConfiguration, o.Labels)
	case o.Labels > 0 && o.LabelList != "":
		return fmt.Errorf("%w: labels and label-list cannot be combined; hint: leave out one of them", ErrConfiguration)
	}
	return nil
}

// ValidationOfLabels is how many of n labelled images are held out by default: a
// fifth, at most 5,000.
func ValidationOfLabels(n int) int { return min(n/5, mostValidation) }

// Select returns the labelled images of a training split. The last of them contain
// equally many of each class, so that they can be held out.
func (o Labelled) Select(s loaders.Split, seed uint64) (loaders.Split, error) {
	if s.Labels == nil {
		return s, fmt.Errorf("%w: the training images have no labels; hint: a classifier needs a data set with labels", loaders.ErrData)
	}
	if o.LabelList == "" {
		return s.Select(s.Balanced(o.Labels, seed)), nil
	}
	indices, err := readIndices(o.LabelList, s.Len())
	if err != nil {
		return s, err
	}
	listed := s.Select(indices)
	return listed.Select(listed.Balanced(0, seed)), nil
}

// largestList bounds the size of the file that label-list names, in bytes.
const largestList = 64 << 20

// readIndices reads a file with one index from 0 to n−1 a line.
func readIndices(path string, n int) (indices []int, err error) {
	data, err := files.Read(path, largestList)
	if err != nil {
		return nil, fmt.Errorf("%w: label-list %s: %w", ErrConfiguration, path, files.Reason(err))
	}
	seen := make(map[int]bool)
	line := 0
	for text := range strings.Lines(string(data)) {
		line++
		text = strings.TrimSpace(text)
		if text == "" {
			continue
		}
		i, err := strconv.Atoi(text)
		if err != nil || i < 0 || i >= n || seen[i] {
			return nil, fmt.Errorf("%w: %s line %d: %q is no index of an image or is listed twice; hint: list indices from 0 to %d, each once", ErrConfiguration, path, line, text, n-1)
		}
		seen[i] = true
		indices = append(indices, i)
	}
	if len(indices) == 0 {
		return nil, fmt.Errorf("%w: %s lists no images; hint: write one index per line", ErrConfiguration, path)
	}
	return indices, nil
}

// NewClassifier returns the experiment of a classifier on the labelled images of a
// data set. Its encoder is that of the trained model in the run folder o.From. Unless
// training starts from scratch, the encoder has the weights of the trained model.
func NewClassifier(find Find, c Config, o Labelled, name string, m Transfer, data *loaders.Dataset) (*Experiment, error) {
	if err := o.Validate(); err != nil {
		return nil, err
	}
	from, err := OpenModel(find, o.From, o.FromCheckpoint)
	if err != nil {
		return nil, err
	}
	if err := from.canShareEncoder(); err != nil {
		return nil, err
	}
	if got, want := graph.Shape(data.Train.Shape), from.Source.Shape; got != want {
		return nil, fmt.Errorf("%w: the images of %s are %s, but the model was trained on images of %s; hint: choose a data set with images of that shape", loaders.ErrData, data.Name, got, want)
	}
	base := from.model
	if from.encoder != nil {
		base = from.encoder
	}
	if err := m.SetEncoder(base); err != nil {
		return nil, err
	}
	e, err := NewExperiment(c, name, m, data)
	if err != nil {
		return nil, err
	}
	e.Encoder = from.encoderInfo()
	if o.LabelList != "" {
		e.LabelList = listSum(data.Train)
	}
	if o.FromScratch {
		e.Encoder.Weights = ""
		return e, e.requireMoving()
	}
	e.Encoder.Weights = from.Digest()
	for _, p := range e.Parameters.All() {
		if learned, ok := from.Parameters.Get(p.Name); ok && p.Part != classifierPart {
			copy(p.Values(), learned.Values())
		}
	}
	return e, nil
}

// listSum is a checksum of the places of images in their data and of their labels. The
// digests of the data cover the images themselves.
func listSum(images loaders.Split) string {
	var bytes []byte
	for i, label := range images.Labels {
		bytes = binary.LittleEndian.AppendUint64(bytes, uint64(images.Position(i)))
		bytes = binary.LittleEndian.AppendUint16(bytes, label)
	}
	return fmt.Sprintf("places-crc32c:%08x", crc32.Checksum(bytes, castagnoli))
}

// classifierPart is the part of the parameters that a Transfer adds to those of the
// model whose encoder it uses.
const classifierPart = "classifier"

// canShareEncoder returns an error if a classifier cannot use the model's encoder.
func (t *Trained) canShareEncoder() error {
	if err := t.CanEncode(); err != nil {
		return err
	}
	if t.Conditional() {
		return t.cannot("has an encoder that takes labels as inputs, but a classifier predicts them", "a run of --model vae can be used")
	}
	if _, ok := t.Stage.Model.(Layered); !ok {
		return t.cannot("has no encoder of separate layers", "a run of --model dense can be used")
	}
	return nil
}

// requireMoving returns an error if a stage does not train some of the random weights.
func (e *Experiment) requireMoving() error {
	for _, s := range e.Stages {
		if s.Below != nil {
			return fmt.Errorf("%w: from-scratch cannot be combined with an encoder that is frozen at first or throughout; hint: random weights must all be trained", ErrConfiguration)
		}
	}
	return nil
}
