package trainer

import (
	"context"
	"fmt"
	"slices"

	"gaetrain/graph"
	"gaetrain/loaders"
)

// Trained is a model with its weights, such as one read from a run folder, and
// the configuration and the stage that it was trained with.
type Trained struct {
	Info       RunInfo // of the run folder
	Name       string  // of the model
	Config     Config
	Source     Source
	Stage      Stage
	Parameters *graph.Parameters
	Epoch      int // the weights were saved after this epoch

	model   Model
	encoder Model // of a Transfer: the model whose encoder it uses
	// labelled describes the images that a classifier was trained on; nil for other models.
	labelled *Labelled
}

// Evaluate measures the model on a whole split, with the corruption and noise of the
// run's evaluations. The norm of the Jacobian is measured on at most 1,000 of its images.
// If the model reconstructs images, visit is called with each batch of them, which is valid
// until visit returns; nil: they are not needed.
func (t *Trained) Evaluate(ctx context.Context, split loaders.Split, visit func(Reconstructed) error) (Figures, error) {
	e, err := newEvaluator(ctx, t.Stage, t.Parameters, t.Config.Seed, namedSplit{"", split})
	if err != nil {
		return Figures{}, err
	}
	defer e.close()
	apart := t.Stage.Below != nil && visit != nil // the program reconstructs codes instead
	if t.Stage.reconstructs() && !apart {
		e.visit = visit
	}
	figures, err := e.measure(ctx, e.splits[0])
	if err == nil && apart {
		err = t.EachReconstructed(ctx, split, visit)
	}
	if err != nil {
		return Figures{}, err
	}
	return figures, t.Stage.addJacobian(ctx, &figures, t.Parameters, t.Config.Seed, split)
}

// Corrupted returns the model with another corruption of its inputs. Reconstructions are
// compared with the clean images, and all pixels have the same weight.
func (t Trained) Corrupted(c loaders.Corruption) *Trained {
	t.Stage.Corruption, t.Stage.plain = c, true
	return &t
}

// Encode returns the codes N×L of the images of a split. The images are neither
// corrupted nor binarised.
func (t *Trained) Encode(ctx context.Context, split loaders.Split) ([]float32, error) {
	m, err := t.asEncoder()
	if err != nil {
		return nil, err
	}
	if err := t.requireLabels(split.Labels, split.Len()); err != nil {
		return nil, err
	}
	return outputOf(ctx, t.Parameters, Code, encoding(m, t.Source.Shape), split)
}

// Features returns the output N×C×H×W of the first depth layers of the encoder for
// the images of a split, and its shape C×H×W.
func (t *Trained) Features(ctx context.Context, split loaders.Split, depth int) ([]float32, loaders.Shape, error) {
	if err := t.CanEncode(); err != nil {
		return nil, loaders.Shape{}, err
	}
	m, ok := t.Stage.Model.(Layered)
	if !ok {
		return nil, loaders.Shape{}, t.cannot("has no encoder of separate layers", "gaetrain encode writes its codes")
	}
	if err := t.requireLabels(split.Labels, split.Len()); err != nil {
		return nil, loaders.Shape{}, err
	}
	values, err := outputOf(ctx, t.Parameters, Code, features(m, t.Source.Shape, depth), split)
	return values, loaders.Shape(m.LayerShape(depth)), err
}

// Decode decodes codes N×L to images N×D. A conditional model needs N labels. For any
// other model, labels must be nil.
func (t *Trained) Decode(ctx context.Context, codes []float32, labels []loaders.Label) ([]float32, error) {
	m, err := t.asDecoder()
	if err != nil {
		return nil, err
	}
	if labels != nil && !t.Conditional() {
		return nil, t.cannot("is not conditional on labels", "decode codes without labels")
	}
	if len(codes) == 0 {
		return nil, nil
	}
	size := t.CodeSize()
	if err := t.requireLabels(labels, len(codes)/size); err != nil {
		return nil, err
	}
	if err := Fits("images", len(codes)/size, t.Source.Shape.Size(), "choose fewer images"); err != nil {
		return nil, err
	}
	program, err := compile(t.Parameters, "decoding", evaluationBatch, decoding(m), Reconstruction)
	if err != nil {
		return nil, err
	}
	defer program.Close()
	var images []float32
	given := appendLabels(nil, labels)
	for n := len(codes) / size; n > 0; n = len(codes) / size {
		rows := min(n, evaluationBatch)
		if err := program.Run(ctx, graph.Batch{Rows: rows, Inputs: map[string][]float32{Code: codes[:rows*size], Labels: given}}); err != nil {
			return nil, err
		}
		given = given[min(rows, len(given)):]
		images, codes = append(images, program.Output(Reconstruction)...), codes[rows*size:]
		if err := ctx.Err(); err != nil {
			return nil, err
		}
	}
	return images, nil
}

// requireLabels returns an error if the model is conditional and the labels of n images
// or codes are missing or too large.
func (t *Trained) requireLabels(labels []loaders.Label, n int) error {
	classes := t.Classes()
	if classes == 0 {
		return nil
	}
	if len(labels) != n {
		return fmt.Errorf("%w: %d labels were given for %d images or codes of a conditional model; hint: give one label for each", ErrConfiguration, len(labels), n)
	}
	if highest := slices.Max(labels); int(highest) >= classes {
		return fmt.Errorf("%w: label %d is too large for %d classes; hint: labels are from 0 to %d", ErrConfiguration, highest, classes, classes-1)
	}
	return nil
}

// Classify returns the logits N×C of a classifier for the images of a split, and the
// features N×F, which are the inputs of its last layer.
func (t *Trained) Classify(ctx context.Context, split loaders.Split) (logits, features []float32, err error) {
	m, ok := t.Stage.Model.(Classifier)
	if !ok {
		return nil, nil, t.cannot("has no classifier", "gaetrain finetune trains one")
	}
	program, err := compile(t.Parameters, "classification", evaluationBatch, classification(m, t.Source.Shape), Features, Logits)
	if err != nil {
		return nil, nil, err
	}
	defer program.Close()
	stream, err := t.Stage.whole().stream(split, program, t.Config.Seed, evaluationBatch, false)
	if err != nil {
		return nil, nil, err
	}
	err = runAll(ctx, program, feeder{}, stream, func(*loaders.Batch) error {
		logits, features = append(logits, program.Output(Logits)...), append(features, program.Output(Features)...)
		return nil
	})
	return logits, features, err
}
