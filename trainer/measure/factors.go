package measure

import (
	"context"
	"fmt"

	"gaetrain/loaders"
	"gaetrain/trainer"
	"gaetrain/trainer/evaluate"
)

// Factored says how the codes of images relate to the factors that the images are made from.
type Factored struct {
	Images int `json:"images"`
	evaluate.Disentangled
}

// mostFactored limits the images of which factors are measured.
const mostFactored = 10000

// MeasureFactors measures the codes of at most 10,000 images of a split, which are posterior
// means for a model with posteriors. The random halves and votes depend on the seed.
func MeasureFactors(ctx context.Context, model *trainer.Trained, split loaders.Split, seed uint64) (*Factored, error) {
	if err := model.CanEncode(); err != nil {
		return nil, err
	}
	if split.Factors == nil {
		return nil, fmt.Errorf("%w: no factors of the images are known; hint: --dataset factors has them", trainer.ErrConfiguration)
	}
	split = split.Stratified(mostFactored)
	codes, err := Codes(ctx, model, split)
	if err != nil {
		return nil, err
	}
	f := &Factored{Images: split.Len()}
	f.Disentangled, err = evaluate.Disentangle(ctx, codes, split.Factors, seed)
	return f, err
}
