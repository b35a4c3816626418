package pictures

import (
	"context"
	"errors"
	"fmt"

	"gaetrain/trainer/evaluate"
	"gaetrain/viz/page"
)

// Limits of the codes on a page.
const (
	shownCodes    = 400
	fewestCodes   = 150     // if their images are large
	codeValues    = 600_000 // of the images of all codes
	thumbnailSize = 32      // largest width and height of an image
	fewestPoints  = 4       // for t-SNE
)

// points are the codes of test items as points; nil without data or codes. in can be nil.
func (s Subject) points(ctx context.Context, in *inspection) (*page.Points, error) {
	model := s.Model
	if s.Data == nil || !model.HasEncoder() || s.Data.Test.Len() < 3 {
		return nil, nil
	}
	view, split := ViewOf(model), s.Data.Test
	if in != nil {
		split = in.split
	}
	thumbnail := view.Shape.Channels * min(view.Shape.Height, thumbnailSize) * min(view.Shape.Width, thumbnailSize)
	chosen := split.Strata(min(split.Len(), max(fewestCodes, min(shownCodes, codeValues/thumbnail))))
	some := split.Select(chosen)
	values, err := model.Encode(ctx, some)
	if err != nil {
		return nil, err
	}
	p := &page.Points{Caption: view.Shape.Words("Each point is the code of a test image. Point at it to see the image.")}
	codes := evaluate.NewMatrix(values, model.CodeSize())
	if in != nil {
		for _, i := range chosen {
			p.Errors = append(p.Errors, float32(in.mse[i]))
		}
	}
	if p.Places, err = s.places(ctx, codes, p.Errors); err != nil || p.Places == nil {
		return nil, err
	}
	p.Names = page.Labels(ItemNames(some, s.Data.Classes))
	if some.Labels != nil {
		p.Classes = page.Labels(s.Data.Classes)
		for _, label := range some.Labels {
			p.Labels = append(p.Labels, int(label))
		}
	}
	items, err := pixels(some)
	if err != nil {
		return nil, err
	}
	p.Items, err = view.thumbnails(items, 25, thumbnailSize)
	return p, err
}

// places arranges codes in the plane. A code of one value is shown above its error.
func (s Subject) places(ctx context.Context, codes evaluate.Matrix, errs []float32) (list []page.Places, err error) {
	switch codes.Columns {
	case 1:
		if errs == nil {
			return nil, nil
		}
		p := page.Places{Name: "code", XLabel: "the value of the code", YLabel: "squared error", X: codes.Values, Y: errs}
		return []page.Places{p}, nil
	case 2:
		return []page.Places{placesOf(codes, "code", "first value of the code", "second value of the code", "")}, nil
	}
	pca, err := evaluate.NewPCA(ctx, codes, 2)
	if errors.Is(err, evaluate.ErrInput) {
		return nil, nil // the codes are too large for it
	}
	if err != nil {
		return nil, err
	}
	share := func(i int) float64 { return 100 * pca.Variance[i] / max(pca.Total, 1e-300) }
	list = append(list, placesOf(pca.Transform(codes), "PCA",
		fmt.Sprintf("first principal component: %.0f %% of the variance of the codes", share(0)),
		fmt.Sprintf("second principal component: %.0f %%", share(1)),
		fmt.Sprintf("Codes have %d values. The two directions in which they vary most hold %.0f %% of their variance, so points that coincide here can differ in other directions.", codes.Columns, share(0)+share(1))))
	if s.Brief || codes.Rows < fewestPoints {
		return list, nil
	}
	near, _, err := evaluate.TSNE{}.Embed(ctx, codes)
	if err != nil {
		return nil, err
	}
	return append(list, placesOf(near, "t-SNE", "", "", "t-SNE places similar codes near each other. Distances between groups, and the sizes of groups, have no meaning.")), nil
}

func placesOf(m evaluate.Matrix, name, x, y, note string) page.Places {
	p := page.Places{Name: page.Label(name), XLabel: page.Label(x), YLabel: page.Label(y), Note: note}
	for i := range m.Rows {
		p.X, p.Y = append(p.X, m.Row(i)[0]), append(p.Y, m.Row(i)[1])
	}
	return p
}
