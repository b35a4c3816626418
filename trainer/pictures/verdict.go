package pictures

import (
	"errors"
	"fmt"
	"io/fs"
	"slices"

	"gaetrain/trainer"
	"gaetrain/trainer/evaluate"
)

// verdict says in sentences what the model does, how well, and where it fails. components
// and linear are the number and the error of principal components; 0: there is no
// comparison. in is nil if nothing was reconstructed.
func (s Subject) verdict(h trainer.History, in *inspection, components int, linear float64) (list []string, err error) {
	switch test, ok := h.Latest("test"); {
	case s.Model.IsClassifier():
		if list, err = s.classified(test); err != nil {
			return nil, err
		}
	case !ok || test.Stage != s.Model.Stage.Name:
	case s.Model.HasEncoder():
		list = append(list, s.compared(test, in, components, linear))
		list = append(list, failures(in, s.Model.Info.Data.Classes)...)
		list = append(list, s.used(test)...)
		if s.Model.Classifies() {
			more, err := s.classified(test)
			if err != nil {
				return nil, err
			}
			list = append(list, more...)
		}
	default:
		list = append(list, s.generated(test)...)
	}
	if trend, ok := trendOf(h); ok {
		list = append(list, trend.text())
	}
	for i, text := range list {
		list[i] = s.Model.Shape().Words(text)
	}
	return list, nil
}

// compared says how well the model reconstructs.
func (s Subject) compared(test trainer.Record, in *inspection, components int, linear float64) string {
	text := fmt.Sprintf("The model encodes each image of %d values as %d values. From them, it reconstructs the test images", s.Model.Shape().Size(), s.Model.CodeSize())
	if in != nil && in.corrupted {
		text = fmt.Sprintf("The model encodes each corrupted image of %d values as %d values. From them, it reconstructs the clean test images", s.Model.Shape().Size(), s.Model.CodeSize())
	}
	text += fmt.Sprintf(" with a mean squared error%s of %.4g per pixel", ofScaled(s.Model.Info.Data), test.MSE)
	if than := evaluate.AgainstPCA(test.MSE, components, linear); than != "" {
		text += ", " + than
	}
	if in == nil {
		return text + "."
	}
	if explained := in.explained(); explained > 0 {
		return text + fmt.Sprintf(". The reconstructions explain %.1f %% of their variance.", 100*explained)
	}
	return text + ". The mean of the test images would have a smaller error."
}

// failures says which classes are reconstructed worst and best, if the difference is larger
// than the noise.
func failures(in *inspection, classes []string) []string {
	if in == nil {
		return nil
	}
	list := in.byClass(classes)
	list = slices.DeleteFunc(list, func(c classError) bool { return c.count < 5 })
	if len(list) < 2 {
		return nil
	}
	worst, best, mean := list[0], list[len(list)-1], in.mean()
	const errors = 2 // standard errors
	if worst.mean-mean < errors*worst.error {
		return []string{"It reconstructs no class much worse than the others."}
	}
	text := fmt.Sprintf("It fails most on %s (error %.4g, %.1f times the mean)", worst.name, worst.mean, worst.mean/mean)
	if mean-best.mean > errors*best.error {
		text += fmt.Sprintf(" and least on %s (%.4g)", best.name, best.mean)
	}
	return []string{text + "."}
}

// used says how much of the code the model uses.
func (s Subject) used(test trainer.Record) (list []string) {
	if active, ok := test.Measures[trainer.ActiveUnits]; ok {
		list = append(list, fmt.Sprintf("%.0f of %d latent dimensions hold information about the images.", active, s.Model.CodeSize()))
	}
	if dead := test.Measures[trainer.DeadUnits]; dead > 0 {
		list = append(list, fmt.Sprintf("%.0f of %d units of the code respond to no image.", dead, s.Model.CodeSize()))
	}
	return list
}

// generated says how good the samples of a generator are.
func (s Subject) generated(test trainer.Record) []string {
	text := fmt.Sprintf("The model generates images of %d values from random codes of %d values", s.Model.Shape().Size(), s.Model.CodeSize())
	if spread, ok := test.Measures[trainer.SampleSpread]; ok {
		text += fmt.Sprintf(". Its samples vary %.2g times as much as the test images (1 is best)", spread)
	}
	if wins, ok := test.Measures[trainer.WinRate]; ok {
		text += fmt.Sprintf(", and the discriminator distinguishes the real image from the generated one in %.0f %% of pairs (50 %% is best)", 100*wins)
	}
	return []string{text + "."}
}

// classified says how good a classifier is.
func (s Subject) classified(test trainer.Record) ([]string, error) {
	found, err := ReadClassification(s.Dir)
	if errors.Is(err, fs.ErrNotExist) {
		return []string{fmt.Sprintf("The classifier assigns the right class to %.1f %% of the test images.", 100*test.Measures[trainer.Accuracy])}, nil
	}
	if err != nil {
		return nil, err
	}
	images, largest := 0, 0
	for _, row := range found.Confusion {
		n := 0
		for _, count := range row {
			n += count
		}
		images, largest = images+n, max(largest, n)
	}
	if images == 0 {
		return nil, nil
	}
	list := []string{fmt.Sprintf("The classifier assigns the right class to %.1f %% of the %d test images. The most frequent class alone would be right for %.1f %%.",
		100*found.Accuracy, images, 100*float64(largest)/float64(images))}
	if mistakes := found.Confusion.Mistakes(); len(mistakes) > 0 {
		m, row := mistakes[0], 0
		for _, count := range found.Confusion[m.Class] {
			row += count
		}
		list = append(list, fmt.Sprintf("It fails most on %s: it predicts %s for %d of its %d images.", found.Classes[m.Class], found.Classes[m.Predicted], m.Count, row))
	}
	return list, nil
}

// trend is what the loss has done in the last epochs.
type trend struct {
	set    string  // that the loss is of
	span   int     // the last epochs that are compared
	best   int     // the epoch with the lowest loss
	risen  float64 // share by which the loss has risen since then
	fallen float64 // share by which it fell in the last epochs
}

// clearChange is the relative change of a loss that is reported.
const clearChange = 0.01

func (t trend) rises() bool { return t.risen > clearChange }
func (t trend) falls() bool { return !t.rises() && t.fallen > clearChange }

// Improving reports whether the loss still fell in the last epochs, so more epochs would
// probably improve the model.
func Improving(h trainer.History) bool {
	t, ok := trendOf(h)
	return ok && t.falls()
}

// trendOf says whether longer training would help. It looks at the validation set, or
// without one at the training set. The test set selects nothing. It returns false if there
// are too few epochs.
func trendOf(h trainer.History) (t trend, ok bool) {
	split := "train"
	t.set = "training"
	if h.Selects() {
		split, t.set = "validation", "validation"
	}
	var losses []float64
	for _, r := range h.Records {
		if r.Split == split && r.Stage == h.Stage {
			losses = append(losses, r.Criterion())
		}
	}
	const few = 4 // epochs
	n := len(losses)
	if n < few || slices.Min(losses) <= 0 {
		return t, false
	}
	last, best := losses[n-1], slices.Index(losses, slices.Min(losses))
	t.span, t.best = max(1, n/4), best+1
	t.fallen = 1 - last/losses[n-1-t.span]
	if best < n-1-t.span {
		t.risen = last/losses[best] - 1
	}
	return t, true
}

// text describes the trend.
func (t trend) text() string {
	switch {
	case t.rises():
		return fmt.Sprintf("The loss on the %s set was lowest after epoch %d and is %.1f %% higher now, so longer training does not help.", t.set, t.best, 100*t.risen)
	case t.falls():
		return fmt.Sprintf("The loss on the %s set still fell by %.1f %% in the last %s, so more epochs would probably improve the model.", t.set, 100*t.fallen, epochsText(t.span))
	}
	return fmt.Sprintf("The loss on the %s set hardly changed in the last %s.", t.set, epochsText(t.span))
}

func epochsText(n int) string {
	if n == 1 {
		return "epoch"
	}
	return fmt.Sprintf("%d epochs", n)
}
