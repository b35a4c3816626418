package pictures

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"gaetrain/loaders"
	"gaetrain/trainer"
	"gaetrain/viz/page"
	"gaetrain/viz/plain"
)

// Subject is a run that a report is about.
type Subject struct {
	About
	Dir   string           // the run folder
	Model *trainer.Trained // with the weights of the last checkpoint
	Data  *loaders.Dataset // as the run used it; nil: it cannot be read
	Notes []string         // for the reader, such as why there are no data
}

// WriteReport writes a page with the figures, pictures and configuration of a run to a
// file. Without data, the page leaves out what needs them.
func WriteReport(ctx context.Context, path string, s Subject) error {
	h, err := trainer.ReadHistory(s.Dir)
	if err != nil {
		return err
	}
	report, err := s.report(ctx, h)
	if err != nil {
		return err
	}
	return writeFile(path, report.HTML)
}

// subjectOf is the run that a loop trains.
func subjectOf(l *trainer.Loop, about About) Subject {
	return Subject{About: about, Dir: l.Run.Dir, Model: l.Present(), Data: l.Data}
}

// report collects what the page shows.
func (s Subject) report(ctx context.Context, h trainer.History) (report page.Report, err error) {
	info, shape := h.Info, s.Model.Shape()
	report = page.Report{
		Title:    Heading(s.Dir, info.Model, info.Data.Name),
		Subtitle: fmt.Sprintf("%s · %s parameters · code of %d values · %s", s.Summary, plain.Thousands(info.Parameters), s.Model.CodeSize(), progress(h)),
		Summary:  strings.Join(strings.Fields(s.Idea), " "), Citation: s.Citation,
		Warnings: slices.Concat(h.Warnings(s.Model.Config), s.Notes), Configuration: configuration(info), Command: s.Command, Created: info.Created, Version: info.Version,
	}
	if names := info.Data.Trained; len(names) > 0 {
		report.Subtitle += fmt.Sprintf(" · trained on %d of %d classes: %s", len(names), len(info.Data.Classes), strings.Join(names, ", "))
	}
	if info.Data.Attribution != "" {
		report.Attribution = []string{info.Data.Attribution}
	}
	if report.Figures, err = s.figures(ctx, h); err != nil {
		return report, err
	}
	if report.Tables, err = s.errorTable(ctx); err != nil {
		return report, err
	}
	if report.Pictures, err = shown(s.Dir); err != nil {
		return report, err
	}
	for i, p := range report.Pictures {
		report.Pictures[i].Caption = shape.Words(p.Caption)
	}
	return report, nil
}

// progress describes how far a run has come, which epoch is the best, which split
// selected it, and how long the run took.
func progress(h trainer.History) string {
	at, text := h.Position, ""
	switch {
	case at.Stopped:
		text = fmt.Sprintf("stopped early after epoch %d of %d", at.Epoch, h.Planned())
	case at.Epoch < h.Planned():
		text = fmt.Sprintf("stopped after epoch %d of %d, not finished", at.Epoch, h.Planned())
	default:
		text = fmt.Sprintf("%d epochs", at.Epoch)
	}
	if stages := len(h.Info.Stages); stages > 1 {
		text = fmt.Sprintf("stage %s (%d of %d): %s", h.Stage, at.Stage+1, stages, text)
	}
	if at.BestEpoch > 0 {
		text += fmt.Sprintf(" · best epoch %d, selected on the validation set", at.BestEpoch)
	}
	return text + fmt.Sprintf(" · %.1f s of training and evaluation", h.Seconds())
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

// figures lists the figures of the last epoch on each split.
func (s Subject) figures(ctx context.Context, h trainer.History) (list []page.Figure, err error) {
	linear, err := s.baseline(ctx)
	if err != nil {
		return nil, err
	}
	stage, shape, scaled := s.Model.Stage, s.Model.Shape(), h.Info.Data.ScaledWord()
	for _, split := range []string{"test", "validation", "train"} {
		r, ok := h.Latest(split)
		if !ok {
			continue
		}
		kind := fmt.Sprintf("Averaged over the %s images, after epoch %d", split, r.Epoch)
		if split == "train" {
			kind = fmt.Sprintf("Averaged over epoch %d, while training", r.Epoch)
		}
		add := func(name, value, explanation string) {
			list = append(list, page.Figure{
				Name: split + " " + titleOf(name), Value: value, Unit: shape.Words(unitOf(stage, name)), Explanation: shape.Words(kind + "." + explanation),
			})
		}
		if len(r.Terms) > 1 {
			add("loss", fmt.Sprintf("%.5g", r.Loss), " The loss is the weighted sum of its terms. Lower is better.")
		}
		for name, value := range stage.Figures(r.Figures) {
			explanation := ""
			if good := meanings[name].good; good != "" {
				explanation = " " + good
			}
			if name == "mse" && split == "test" && linear != "" {
				explanation += " " + linear
			}
			if name == "mse" && scaled != "" {
				explanation += fmt.Sprintf(" It is the error of %s values.", scaled)
			}
			add(name, fmt.Sprintf("%.5g", value), explanation)
		}
	}
	return list, nil
}

// configuration lists the settings of a run that have an effect.
func configuration(info trainer.RunInfo) []page.Setting {
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

// shown lists the pictures in a run folder.
func shown(dir string) ([]page.Picture, error) {
	found, err := List(dir)
	list := make([]page.Picture, len(found))
	for i, p := range found {
		list[i] = page.Picture{Title: p.Title, Caption: p.Caption, Path: p.Path}
	}
	return list, err
}
