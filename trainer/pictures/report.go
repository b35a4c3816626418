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
	"gaetrain/trainer/settings"
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
	Brief bool             // leave out what takes longer than a moment
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

// writeReport writes the page of the run that a loop trains.
func writeReport(ctx context.Context, l *trainer.Loop, about About, brief bool) error {
	return WriteReport(ctx, l.Run.Path("report.html"), Subject{About: about, Dir: l.Run.Dir, Model: l.Present(), Data: l.Data, Brief: brief})
}

// report collects what the page shows.
func (s Subject) report(ctx context.Context, h trainer.History) (report page.Report, err error) {
	info := h.Info
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
	components, linear, err := s.baseline(ctx)
	if err != nil {
		return report, err
	}
	report.Figures, report.Choices = s.figures(h, components, linear), choices(h)
	if report.Tables, err = s.errorTable(ctx); err != nil {
		return report, err
	}
	if err := s.explore(ctx, h, &report, components, linear); err != nil {
		return report, err
	}
	if err := s.addPictures(&report); err != nil {
		return report, err
	}
	return report, nil
}

// explore adds what the reader can explore, and the verdict.
func (s Subject) explore(ctx context.Context, h trainer.History, report *page.Report, components int, linear float64) error {
	in, err := s.inspect(ctx)
	if err != nil {
		return err
	}
	if report.Verdict, err = s.verdict(h, in, components, linear); err != nil {
		return err
	}
	if report.Films, err = s.films(ctx); err != nil {
		return err
	}
	report.Curves = s.curves(h)
	if report.Points, err = s.points(ctx, in); err != nil {
		return err
	}
	if in != nil {
		if report.Errors, err = in.errors(ViewOf(s.Model), s.Model.Info.Data.Classes); err != nil {
			return err
		}
	}
	if s.Data == nil || s.Brief {
		return nil
	}
	var missing []string
	if report.Playground, missing, err = Playground(ctx, s.Model, s.Data.Test, MostNetworks); report.Playground == nil {
		report.Missing = append(report.Missing, missing...)
	}
	return err
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

// choices says which split has selected what.
func choices(h trainer.History) []string {
	none := "The test set has selected nothing."
	if best := h.Position.BestEpoch; best > 0 {
		return []string{fmt.Sprintf("Epoch %d has the lowest loss on the validation set. Its weights are those of the checkpoint best. The figures and pictures of this page are those of the last epoch, %d, unless they say otherwise. %s", best, h.Position.Epoch, none)}
	}
	return []string{fmt.Sprintf("No epoch was selected, because there is no validation set. The figures and pictures of this page are those of the last epoch, %d. %s", h.Position.Epoch, none)}
}

// baseline returns the number and the error of the principal components with which the model
// is compared; 0 for no comparison.
func (s Subject) baseline(ctx context.Context) (components int, mse float64, err error) {
	if s.PCA == nil || s.Brief {
		return 0, 0, nil
	}
	return s.PCA(ctx)
}

// figures lists the figures of the last epoch on each split.
func (s Subject) figures(h trainer.History, components int, linear float64) (list []page.Figure) {
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
			if name == "mse" && split == "test" && components > 0 {
				explanation += fmt.Sprintf(" PCA with the same number of components (%d) has %.4g.", components, linear)
			}
			if name == "mse" && scaled != "" {
				explanation += fmt.Sprintf(" It is the error of %s values.", scaled)
			}
			add(name, fmt.Sprintf("%.5g", value), explanation)
		}
	}
	return list
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
		list = append(list, page.Setting{
			Key: key, Value: text, Origin: string(s.Origin), Default: s.Origin == settings.FromDefault || s.Origin == settings.FromRecipe || s.Origin == settings.FromData,
		})
	}
	return list
}

// replaced are the pictures of training that a page shows in another way.
var replaced = []string{
	"pictures/" + reconstructions + "-#", "pictures/" + reconstructions + ".gif", "pictures/" + samples + "-#", "pictures/" + samples + ".gif",
	"pictures/" + latentFile, "curves",
}

// learned are the pictures of what a model has learned.
var learned = []string{
	"pictures/manifold", "pictures/" + errorsFile, "pictures/divergence", "pictures/filters",
	"pictures/filters-generator", "pictures/filters-discriminator", "pictures/features-*",
}

// failed are the pictures of what a classifier confuses.
var failed = []string{"pictures/confusion", "pictures/mistakes"}

// addPictures adds the pictures in the run folder.
func (s Subject) addPictures(report *page.Report) error {
	found, err := List(s.Dir)
	if err != nil {
		return err
	}
	for _, p := range found {
		if slices.Contains(replaced, p.File) || strings.HasSuffix(p.Path, ".gif") {
			continue
		}
		picture := page.Picture{Title: p.Title, Caption: s.Model.Shape().Words(p.Caption), Path: p.Path}
		if picture.Data, err = smaller(p.Path); err != nil {
			return err
		}
		switch {
		case p.Verb != "":
			report.Later = append(report.Later, picture)
		case slices.Contains(failed, p.File):
			if report.Errors == nil {
				report.Errors = &page.Errors{}
			}
			report.Errors.Shown = append(report.Errors.Shown, picture)
		case slices.Contains(learned, p.File):
			report.Learned = append(report.Learned, picture)
		default:
			report.Pictures = append(report.Pictures, picture)
		}
	}
	return nil
}
