package pictures

import (
	"context"
	"errors"
	"fmt"

	"gaetrain/trainer"
	"gaetrain/trainer/evaluate"
	"gaetrain/viz"
	"gaetrain/viz/page"
)

// The pictures of this file are those of runs on rows of numbers.

const (
	errorsFile = "feature-errors"
	latentFile = "latent"

	mostFeatures = 30   // that are drawn and listed
	mostLatent   = 2000 // codes that are drawn
)

// drawFeatureErrors draws the error of each value of a row over the test rows: as bars of
// named features, the largest first, or as a curve of values without names.
func drawFeatureErrors(ctx context.Context, l *trainer.Loop) error {
	model := l.Trained()
	if !model.HasEncoder() {
		return nil
	}
	all, err := model.FeatureErrors(ctx, l.Data.Test)
	if err != nil {
		return err
	}
	title := heading(l) + ", error by feature"
	if l.Data.Features == nil {
		return drawErrorCurve(l, title, all)
	}
	_, err = drawFigure(l.Run.Dir, errorsFile, ranking(title, model.Info.Data, all))
	return err
}

// ranking draws the errors of named features as bars.
func ranking(title string, data trainer.DataInfo, all []trainer.FeatureError) viz.Ranking {
	r := viz.Ranking{Title: title, XLabel: "squared error" + ofScaled(data)}
	for i, e := range all {
		if i == mostFeatures {
			r.Rest = fmt.Sprintf("and %d features with smaller errors", len(all)-i)
			break
		}
		note := fmt.Sprintf("%.3g", e.MSE)
		if data.Scaling.IsLinear() {
			note += fmt.Sprintf("  (± %.3g)", e.RMSE)
			r.XLabel = fmt.Sprintf("squared error%s (± root mean squared error in the unit of the feature)", ofScaled(data))
		}
		r.Names, r.Values, r.Notes = append(r.Names, e.Name), append(r.Values, e.MSE), append(r.Notes, note)
	}
	return r
}

// ofScaled says which values are meant: " of standardised values".
func ofScaled(d trainer.DataInfo) string {
	if word := d.ScaledWord(); word != "" {
		return fmt.Sprintf(" of %s values", word)
	}
	return ""
}

// drawErrorCurve draws the errors in the order of the values.
func drawErrorCurve(l *trainer.Loop, title string, all []trainer.FeatureError) error {
	view := ViewOf(l.Trained())
	at, curve := make(map[string]int), make([]float32, len(all))
	for i := range all {
		at[view.Data.FeatureName(i)] = i
	}
	for _, e := range all {
		curve[at[e.Name]] = float32(e.RMSE)
	}
	view.Data.Scaling = nil // the errors are in the units of the data
	p := view.profiles(title)
	p.YLabel, p.Panels = "error", []viz.Panel{{Label: "root mean squared error of each value over the test rows", Values: [][]float32{view.curve(curve)}}}
	return write(l.Run.Path(folder, errorsFile+".png"), p.Image())
}

// drawCodes draws the codes of test rows as points: both values of a code, or the first
// two principal components.
func drawCodes(ctx context.Context, l *trainer.Loop) error {
	model := l.Trained()
	if !model.HasEncoder() || model.CodeSize() < 2 || l.Data.Test.Len() < 3 {
		return nil
	}
	some := l.Data.Test.Stratified(mostLatent)
	values, err := model.Encode(ctx, some)
	if err != nil {
		return err
	}
	codes := evaluate.NewMatrix(values, model.CodeSize())
	s := viz.Scatter{Title: fmt.Sprintf("%s: codes of %d test rows", heading(l), some.Len()), XLabel: "first value of the code", YLabel: "second value of the code", Classes: some.Labels, Names: l.Data.Classes}
	if codes.Columns > 2 {
		pca, err := evaluate.NewPCA(ctx, codes, 2)
		if errors.Is(err, evaluate.ErrInput) {
			return nil // the codes are too large for it
		}
		if err != nil {
			return err
		}
		s.XLabel, s.YLabel = ComponentLabels([2]float64{pca.Share(0), pca.Share(1)})
		codes = pca.Transform(codes)
	}
	for i := range codes.Rows {
		s.X, s.Y = append(s.X, float64(codes.Row(i)[0])), append(s.Y, float64(codes.Row(i)[1]))
	}
	_, err = drawFigure(l.Run.Dir, latentFile, s)
	return err
}

// errorTable lists the features with the largest errors; nil without names or data.
func (s Subject) errorTable(ctx context.Context) ([]page.Table, error) {
	model := s.Model
	if s.Data == nil || model.Info.Data.Features == nil || !model.HasEncoder() || model.IsClassifier() {
		return nil, nil
	}
	all, err := model.FeatureErrors(ctx, s.Data.Test)
	if err != nil {
		return nil, err
	}
	t := page.Table{Title: "Error by feature", Header: []string{"feature", "mse" + ofScaled(model.Info.Data), "root mean squared error, in the unit of the feature"}}
	if n := len(all); n > mostFeatures {
		t.Title += fmt.Sprintf(" (the largest %d of %d)", mostFeatures, n)
	}
	for _, e := range all[:min(len(all), mostFeatures)] {
		t.Rows = append(t.Rows, []string{e.Name, fmt.Sprintf("%.4g", e.MSE), fmt.Sprintf("%.4g", e.RMSE)})
	}
	return []page.Table{t}, nil
}
