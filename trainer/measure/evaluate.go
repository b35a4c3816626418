package measure

import (
	"context"

	"gaetrain/loaders"
	"gaetrain/trainer"
)

// EvaluateOptions are the settings of Evaluate.
type EvaluateOptions struct {
	Corruptions []loaders.Corruption // of the images, each measured separately; none: the corruption of training
	Draws       int                  // samples of the posterior per image, to estimate the likelihood; 0: no estimate
	Judge       *trainer.Trained     // a classifier of the same images, which classifies the reconstructions; nil: none
	Posterior   bool                 // whether to measure how the codes differ from the prior
	Factors     bool                 // whether to measure how the codes relate to known factors
	Seed        uint64               // of the random choices for Factors
	Progress    func(done int)       // is called with the number of images whose likelihood is estimated; may be nil
}

// Evaluation is the result of Evaluate.
type Evaluation struct {
	*trainer.Figures                    // nil with Corruptions
	Likelihood       *Likelihood        `json:"likelihood,omitempty"`
	Aggregate        *Aggregate         `json:"posterior,omitempty"`
	Factored         *Factored          `json:"factors,omitempty"`
	Corruptions      []CorruptedFigures `json:"corruptions,omitempty"`
}

// CorruptedFigures are the figures of a model on corrupted images.
type CorruptedFigures struct {
	Corruption loaders.Corruption `json:"corruption"`
	trainer.Figures
}

// Evaluate measures a model on the images of a split.
func Evaluate(ctx context.Context, model *trainer.Trained, split loaders.Split, o EvaluateOptions) (e Evaluation, err error) {
	if o.Draws < 0 {
		return e, refused("nll is %d; hint: 5000 samples, or 0 for none", o.Draws)
	}
	if len(o.Corruptions) > 0 {
		err = e.corrupted(ctx, model, split, o)
	} else {
		var figures trainer.Figures
		figures, err = evaluated(ctx, model, split, o.Judge)
		e.Figures = &figures
	}
	if err != nil {
		return e, err
	}
	if o.Draws > 0 {
		if e.Likelihood, err = EstimateLikelihood(ctx, model, split, o.Draws, o.Progress); err != nil {
			return e, err
		}
	}
	if o.Posterior {
		if e.Aggregate, err = AggregatePosterior(ctx, model, split); err != nil {
			return e, err
		}
	}
	if o.Factors {
		e.Factored, err = MeasureFactors(ctx, model, split, o.Seed)
	}
	return e, err
}

// evaluated returns the figures of a model on the images of a split: those of training,
// and those of the reconstructions.
func evaluated(ctx context.Context, model *trainer.Trained, split loaders.Split, judge *trainer.Trained) (trainer.Figures, error) {
	f, err := newFidelity(model, split, judge)
	if err != nil {
		return trainer.Figures{}, err
	}
	figures, err := model.Evaluate(ctx, split, f.add)
	if err == nil {
		err = f.report(ctx, &figures)
	}
	return figures, err
}

// corrupted measures the model with each of the given corruptions.
func (e *Evaluation) corrupted(ctx context.Context, model *trainer.Trained, split loaders.Split, o EvaluateOptions) error {
	if err := model.CanEncode(); err != nil {
		return err
	}
	for _, corruption := range o.Corruptions {
		if err := corruption.Fits(model.Info.Data.Values()); err != nil {
			return err
		}
		figures, err := evaluated(ctx, model.Corrupted(corruption), split, o.Judge)
		if err != nil {
			return err
		}
		e.Corruptions = append(e.Corruptions, CorruptedFigures{corruption, figures})
	}
	return nil
}
