package tensorboard

import (
	"context"
	"path"
	"slices"
	"strings"
	"time"

	"gaetrain/loaders"
	"gaetrain/trainer"
	"gaetrain/trainer/pictures"
)

// builder turns what a run records into events.
type builder struct {
	info    trainer.RunInfo
	unit    func(figure string) string
	figures []string // of the last stage that have had a value, in order
}

// main is the name of the stage whose tags have no suffix: the last one, which trains the
// whole model.
func (b *builder) main() string { return b.info.Stages[len(b.info.Stages)-1].Name }

// tag names a figure of a split, such as loss/test. A stage before the last one has its
// name at the end, because its figures cannot be compared with those of the model.
func (b *builder) tag(figure, split, stage string) string {
	tag := figure
	if split != "" {
		tag += "/" + split
	}
	if stage != b.main() {
		tag += "/" + stage
	}
	return tag
}

// timeOf is the time of a record.
func (b *builder) timeOf(r trainer.Record) time.Time {
	at, err := time.Parse(time.RFC3339, r.Timestamp)
	if err != nil {
		return b.info.Created
	}
	return at
}

// scalars returns the figures of all splits after an epoch.
func (b *builder) scalars(e trainer.Evaluated) (events []event) {
	known := len(b.figures)
	for _, r := range e.Records {
		var values []value
		add := func(figure string, v float64) {
			values = append(values, scalar(b.tag(figure, r.Split, r.Stage), v))
			if r.Stage == b.main() && !slices.Contains(b.figures, figure) {
				b.figures = append(b.figures, figure)
			}
		}
		add("loss", r.Loss)
		for name, v := range r.All() {
			add(name, v)
		}
		values = append(values, scalar(b.tag("images_per_second", r.Split, r.Stage), r.ImagesPerSecond))
		if r.Split == "train" {
			values = append(values, scalar(b.tag("learning_rate", "", r.Stage), r.LearningRate))
		}
		if len(r.KLUnits) > 0 {
			numbers := make([]float32, len(r.KLUnits))
			for i, v := range r.KLUnits {
				numbers[i] = float32(v)
			}
			values = append(values, histogram(b.tag("kl_units", r.Split, r.Stage), numbers, "KL divergence of each latent dimension, in nats"))
		}
		events = append(events, summary(b.timeOf(r), e.Step, values...))
	}
	if len(b.figures) > known {
		events = append(events, summary(b.timeOf(e.Records[0]), e.Step, layout(b.figures, b.unit)))
	}
	return events
}

// shown returns the pictures of an epoch that the run folder has.
func (b *builder) shown(frames []pictures.Frame, stage string, epoch int) (values []value, err error) {
	for _, f := range frames {
		if f.Epoch != epoch || f.Stage != "" && f.Stage != stage {
			continue
		}
		v, err := picture(b.tag(f.Kind, "", stage), f.Path)
		if err != nil {
			return nil, asRun(err)
		}
		values = append(values, v)
	}
	return values, nil
}

// still are the pictures of a finished run that belong to no epoch.
var still = []string{"pictures/filters", "pictures/filters-generator", "pictures/filters-discriminator", "pictures/features-*", "pictures/manifold", "pictures/confusion", "pictures/mistakes"}

// stills returns the pictures that a run folder has at the end: filters and the like.
func stills(dir string) (values []value, err error) {
	list, err := pictures.List(dir)
	if err != nil {
		return nil, err
	}
	for _, p := range list {
		name := path.Base(p.Path)
		if !slices.Contains(still, p.File) || path.Ext(name) != ".png" {
			continue
		}
		v, err := picture(strings.TrimSuffix(name, ".png"), p.Path)
		if err != nil {
			return nil, asRun(err)
		}
		values = append(values, v)
	}
	return values, nil
}

// Limits of the histograms of codes.
const (
	mostEncoded = 1000 // images whose codes are counted
	mostValues  = 16   // values of a code with a histogram each
)

// weights returns a histogram of each parameter of a model.
func weights(model *trainer.Trained) (values []value) {
	for _, p := range model.Parameters.All() {
		if p.Size() > 0 {
			values = append(values, histogram(p.Name, p.Values(), ""))
		}
	}
	return values
}

// codes returns histograms of the codes of test images: one of all values and, for short
// codes, one of each value. A model without an encoder has none.
func codes(ctx context.Context, model *trainer.Trained, test loaders.Split) (values []value, err error) {
	some := test.Stratified(mostEncoded)
	if !model.HasEncoder() || some.Len() == 0 {
		return nil, nil
	}
	all, err := model.Encode(ctx, some)
	if err != nil {
		return nil, err
	}
	values = append(values, histogram("code/all", all, some.Shape.Words("values of the codes of test images")))
	size := model.CodeSize()
	for unit := range size {
		if size > mostValues {
			break
		}
		var of []float32
		for i := unit; i < len(all); i += size {
			of = append(of, all[i])
		}
		values = append(values, histogram(codeName(unit), of, ""))
	}
	return values, nil
}
