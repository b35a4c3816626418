package measure

import (
	"context"

	"gaetrain/trainer/evaluate"
)

// EmbedOptions are the settings of Embed.
type EmbedOptions struct {
	Points     int     // maximum number of codes
	Perplexity float64 // of t-SNE; 0: 30, or a quarter of the points if that is less
}

// Validate returns an error for the first invalid option, for a number of codes.
func (o EmbedOptions) Validate(codes int) error {
	points := min(o.Points, codes)
	switch {
	case o.Points < fewestPoints:
		return refused("a picture of %d points; hint: --points is at least %d", o.Points, fewestPoints)
	case points < 2:
		return refused("a picture of %d points; hint: at least 2 images", points)
	case o.Perplexity != 0 && !(o.Perplexity >= 1 && o.Perplexity <= float64(points-1)/3):
		return refused("perplexity is %g; hint: from 1 to a third of the %d points", o.Perplexity, points)
	}
	return nil
}

// fewestPoints is the least number of points for t-SNE.
const fewestPoints = 4

// The kinds of Embedding.
const (
	PlainEmbedding = "codes"      // the codes themselves, if they have two values
	PCAEmbedding   = "codes-pca"  // their first two principal components
	TSNEEmbedding  = "codes-tsne" // t-SNE
)

// Embedding are codes as points of the plane.
type Embedding struct {
	Kind      string
	Explained [2]float64      // shares of the variance that both principal components explain; 0 for other kinds
	Places    evaluate.Matrix // N×2
}

// Embed embeds codes (N×L) in the plane. Codes of two values are unchanged. Longer codes
// are embedded by their principal components and, if there are enough, by t-SNE.
func Embed(ctx context.Context, codes evaluate.Matrix, o EmbedOptions) (all []Embedding, err error) {
	if err := o.Validate(codes.Rows); err != nil {
		return nil, err
	}
	if codes.Columns == 2 {
		return []Embedding{{Kind: PlainEmbedding, Places: codes}}, nil
	}
	if codes.Columns > 2 {
		pca, err := evaluate.NewPCA(ctx, codes, 2)
		if err != nil {
			return nil, err
		}
		all = append(all, Embedding{PCAEmbedding, [2]float64{pca.Share(0), pca.Share(1)}, pca.Transform(codes)})
		if codes.Rows < fewestPoints {
			return all, nil
		}
	}
	places, _, err := evaluate.TSNE{Perplexity: o.Perplexity}.Embed(ctx, codes)
	if err != nil {
		return nil, err
	}
	return append(all, Embedding{Kind: TSNEEmbedding, Places: places}), nil
}
