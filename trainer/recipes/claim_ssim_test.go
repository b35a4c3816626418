package recipes_test

import (
	"math"
	"testing"

	"gaetrain/trainer"
	"gaetrain/trainer/evaluate"
)

// similarity returns the mean structural similarity of images and reconstructions.
func similarity(t *testing.T, e *trainer.Experiment) (mean float64) {
	t.Helper()
	images := e.Data.Test
	err := e.Trained().EachReconstructed(t.Context(), images, func(r trainer.Reconstructed) error {
		values, err := evaluate.SSIM(r.Original, r.Reconstruction, images.Shape.Channels, images.Shape.Height, images.Shape.Width)
		for _, v := range values {
			mean += v / float64(images.Len())
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return mean
}

// TestSSIMIsRaised checks that the term of the structural similarity is D·(1 − SSIM) of
// the reconstructions, is part of the loss, and raises the similarity, on one scale and on two.
func TestSSIMIsRaised(t *testing.T) {
	t.Parallel()
	const size = "hidden=none; code=24; epochs=8; learning-rate=0.01; batch-size=50"
	train := func(more string) *trainer.Experiment {
		u := find("dense").plain(size, more)
		u.Validation = 0
		e, _ := trained(t, u, data(t, u, 600, 100))
		return e
	}
	without := similarity(t, train("ssim=0"))
	for _, more := range []string{"ssim=1", "ssim=1; ssim-scales=2"} {
		e := train(more)
		figures := evaluated(t, e.Trained(), e.Data.Test)
		term, got := figures.Terms["dissimilarity"], similarity(t, e)
		if want := 784 * (1 - got); more == "ssim=1" && math.Abs(term-want) > 1e-4*want {
			t.Errorf("%s: the term is %g, want %g", more, term, want)
		}
		if want := figures.Terms["reconstruction"] + term; math.Abs(figures.Loss-want) > 1e-6*want {
			t.Errorf("%s: the loss is %g, the sum of its terms %g", more, figures.Loss, want)
		}
		if got < without+0.02 {
			t.Errorf("%s: the similarity is %g, without the term %g", more, got, without)
		}
	}
}
