package measure

import (
	"context"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"

	"gaetrain/loaders"
	"gaetrain/trainer"
	"gaetrain/trainer/evaluate"
)

// PCAFigures compare a model with as many principal components as a code has
// values.
type PCAFigures struct {
	Code int `json:"code"`

	MSE          float64 `json:"mse"` // squared error per pixel
	PCAMSE       float64 `json:"pca_mse"`
	Gap          float64 `json:"gap"`       // mse/pca_mse − 1
	Explained    float64 `json:"explained"` // 1 − mse/(squared error of the mean image)
	PCAExplained float64 `json:"pca_explained"`

	Variance []float64 `json:"variance"`                  // of each component, as a share of the variance of the training images
	Cosines  []float64 `json:"cosines,omitempty"`         // of the angle between each component and the left singular vector of a linear decoder
	Angles   []float64 `json:"angles,omitempty"`          // principal angles between the subspaces, degrees
	Singular []float64 `json:"singular_values,omitempty"` // of the linear decoder
}

// PCAComparison is the result of ComparePCA.
type PCAComparison struct {
	PCAFigures
	Components *mat.Dense // D×L
	Vectors    *mat.Dense // D×L: left singular vectors of a linear decoder; nil for other decoders
}

// ComparePCA fits principal components to the images that the model was trained
// on, and measures both on the images of a split.
func ComparePCA(ctx context.Context, model *trainer.Trained, train, split loaders.Split) (PCAComparison, error) {
	var c PCAComparison
	if err := model.CanEncode(); err != nil {
		return c, err
	}
	if model.IsClassifier() {
		return c, refused("a classifier does not reconstruct images; hint: --run with the model whose encoder it uses")
	}
	p, err := componentsOf(ctx, train, model.CodeSize())
	if err != nil {
		return c, err
	}
	c.Components = p.Components
	figures, err := model.Evaluate(ctx, split, nil)
	if err != nil {
		return c, err
	}
	mean, left, err := p.Errors(ctx, evaluate.Images(split))
	if err != nil {
		return c, err
	}
	if left <= 1e-9*mean { // of rounding
		return c, refused("%d principal components reconstruct the %s without an error, so there is nothing to compare; hint: a run with a smaller code", len(p.Variance), split.Shape.Words("images"))
	}
	c.Code, c.MSE, c.PCAMSE = len(p.Variance), figures.MSE, left
	c.Gap, c.Explained, c.PCAExplained = figures.MSE/left-1, 1-figures.MSE/mean, 1-left/mean
	c.Variance = floats.ScaleTo(make([]float64, len(p.Variance)), 1/p.Total, p.Variance)
	if !model.LinearDecoder() {
		return c, nil
	}
	return c, c.align(ctx, model, p)
}

// componentsOf fits n principal components to images.
func componentsOf(ctx context.Context, images loaders.Split, n int) (*evaluate.PCA, error) {
	return evaluate.NewPCA(ctx, evaluate.Images(images), n)
}

// align compares the components with the directions of a linear decoder.
func (c *PCAComparison) align(ctx context.Context, model *trainer.Trained, p *evaluate.PCA) error {
	decoder, err := linearDecoder(ctx, model)
	if err != nil {
		return err
	}
	alignment, err := p.Align(ctx, decoder)
	if err != nil {
		return err
	}
	c.Vectors, c.Cosines, c.Angles, c.Singular = alignment.Vectors, alignment.Cosines, alignment.Angles, alignment.Singular
	return nil
}

// linearDecoder returns the matrix D×L of a linear decoder. Column l is the
// difference between the images of the l-th unit code and of the zero code.
func linearDecoder(ctx context.Context, model *trainer.Trained) (*mat.Dense, error) {
	d, l := model.Shape().Size(), model.CodeSize()
	codes := make([]float32, (l+1)*l)
	for i := range l {
		codes[(i+1)*l+i] = 1
	}
	images, err := model.Decode(ctx, codes, nil)
	if err != nil {
		return nil, err
	}
	w := mat.NewDense(d, l, nil)
	for i := range d {
		for j := range l {
			w.Set(i, j, float64(images[(j+1)*d+i])-float64(images[i]))
		}
	}
	return w, nil
}
