package pictures

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"gaetrain/trainer"
	"gaetrain/viz/page"
	"gaetrain/viz/plain"
)

// writeReport writes report.html: the figures, pictures and configuration of a
// run on one page.
func writeReport(ctx context.Context, l *trainer.Loop, about About) error {
	records, err := l.Records()
	if err != nil {
		return err
	}
	linear, err := about.baseline(ctx)
	if err != nil {
		return err
	}
	tables, err := errorTable(ctx, l)
	if err != nil {
		return err
	}
	pictures, err := shown(l)
	if err != nil {
		return err
	}
	info, shape := l.Run.Info, l.Trained().Shape()
	report := page.Report{
		Title:    heading(l),
		Subtitle: fmt.Sprintf("%s · %s parameters · code of %d values · %s", about.Summary, plain.Thousands(info.Parameters), l.Trained().CodeSize(), progress(l, records)),
		Summary:  strings.Join(strings.Fields(about.Idea), " "), Citation: about.Citation,
		Figures: figures(l, records, linear), Tables: tables, Configuration: settings(info), Pictures: pictures,
		Command: about.Command, Created: info.Created, Version: info.Version,
	}
	for i, f := range report.Figures {
		report.Figures[i].Explanation, report.Figures[i].Unit = shape.Words(f.Explanation), shape.Words(f.Unit)
		if word := info.Data.ScaledWord(); word != "" && strings.HasSuffix(f.Name, " mse") {
			report.Figures[i].Explanation += fmt.Sprintf(" It is the error of %s values.", word)
		}
	}
	for i, p := range report.Pictures {
		report.Pictures[i].Caption = shape.Words(p.Caption)
	}
	if names := info.Data.Trained; len(names) > 0 {
		report.Subtitle += fmt.Sprintf(" · trained on %d of %d classes: %s", len(names), len(info.Data.Classes), strings.Join(names, ", "))
	}
	report.Warnings = slices.Clone(l.Warnings)
	if few := l.FewSteps(); few != "" && !slices.Contains(report.Warnings, few) {
		report.Warnings = append(report.Warnings, few)
	}
	for _, r := range records[max(0, len(records)-1):] { // the record of the test set in the last epoch
		if warning := r.Collapse(); warning != "" && !slices.Contains(report.Warnings, warning) {
			report.Warnings = append(report.Warnings, warning)
		}
	}
	if info.Data.Attribution != "" {
		report.Attribution = []string{info.Data.Attribution}
	}
	return writeFile(l.Run.Path("report.html"), report.HTML)
}

// progress describes how far a run has come, which epoch is the best, which split
// selected it, and how long the run took.
func progress(l *trainer.Loop, records []trainer.Record) string {
	at, text := l.Position, ""
	switch {
	case at.Stopped:
		text = fmt.Sprintf("stopped early after epoch %d of %d", at.Epoch, l.Stage.Epochs)
	case at.Epoch < l.Stage.Epochs:
		text = fmt.Sprintf("stopped after epoch %d of %d, not finished", at.Epoch, l.Stage.Epochs)
	default:
		text = fmt.Sprintf("%d epochs", at.Epoch)
	}
	if len(l.Stages) > 1 {
		text = fmt.Sprintf("stage %s (%d of %d): %s", l.Stage.Name, at.Stage+1, len(l.Stages), text)
	}
	if at.BestEpoch > 0 {
		text += fmt.Sprintf(" · best epoch %d, selected on the %s set", at.BestEpoch, l.Selection())
	}
	seconds := 0.0
	for _, r := range records {
		seconds += r.Seconds
	}
	return text + fmt.Sprintf(" · %.1f s of training and evaluation", seconds)
}

// baseline returns a sentence about the squared error of principal components; "" for no
// comparison.
func (a About) baseline(ctx context.Context) (string, error) {
	if a.PCA == nil {
		return "", nil
	}
	components, mse, err := a.PCA(ctx)
	if err != nil || components == 0 {
		return "", err
	}
	return fmt.Sprintf("PCA with the same number of components (%d) has %.4g.", components, mse), nil
}

// figures lists the figures of the last epoch on each split. linear is a sentence that
// is added to the squared error of the test images.
func figures(l *trainer.Loop, records []trainer.Record, linear string) []page.Figure {
	latest := make(map[string]trainer.Record)
	for _, r := range records {
		latest[r.Split] = r
	}
	var list []page.Figure
	for _, split := range []string{"test", "validation", "train"} {
		r, ok := latest[split]
		if !ok {
			continue
		}
		kind := fmt.Sprintf("Averaged over the %s images, after epoch %d", split, r.Epoch)
		if split == "train" {
			kind = fmt.Sprintf("Averaged over epoch %d, while training", r.Epoch)
		}
		if len(r.Terms) > 1 {
			list = append(list, page.Figure{Name: split + " loss", Value: fmt.Sprintf("%.5g", r.Loss), Unit: unitOf(l.Stage, "loss"), Explanation: kind + ". The loss is the weighted sum of its terms. Lower is better."})
		}
		for name, value := range l.Stage.Figures(r.Figures) {
			explanation := []string{kind + "."}
			if good := meanings[name].good; good != "" {
				explanation = append(explanation, good)
			}
			if split == "test" && name == "mse" && linear != "" {
				explanation = append(explanation, linear)
			}
			list = append(list, page.Figure{
				Name: split + " " + titleOf(name), Value: fmt.Sprintf("%.5g", value), Unit: unitOf(l.Stage, name), Explanation: strings.Join(explanation, " "),
			})
		}
	}
	return list
}

// settings lists the settings of a run that have an effect.
func settings(info trainer.RunInfo) []page.Setting {
	var list []page.Setting
	for _, key := range slices.Sorted(maps.Keys(info.Configuration)) {
		s := info.Configuration[key]
		var text string
		if json.Unmarshal(s.Value, &text) != nil {
			text = string(s.Value) // a number or a list
		}
		list = append(list, page.Setting{Key: key, Value: text, Origin: string(s.Origin)})
	}
	return list
}

// shown lists the pictures that the run has so far.
func shown(l *trainer.Loop) ([]page.Picture, error) {
	found, err := List(l.Run.Dir)
	list := make([]page.Picture, len(found))
	for i, p := range found {
		list[i] = page.Picture{Title: p.Title, Caption: p.Caption, Path: p.Path}
	}
	return list, err
}
