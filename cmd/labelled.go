package cmd

import (
	"fmt"
	"slices"
	"strings"

	"gaetrain/loaders"
	"gaetrain/trainer"
)

// warnOfChanges warns if the data have changed since the encoder was trained.
func (o finetuneOptions) warnOfChanges(data *loaders.Dataset, log *console) {
	from, err := trainer.ReadRunInfo(o.From)
	if err != nil || from.Data.Name != data.Name {
		return
	}
	if changed := from.DataChanged(data); changed != "" {
		log.once(log.warn, changed)
	}
}

// heldOut describes the validation set in words.
func heldOut(e *trainer.Experiment) string {
	validation, kind, images := e.Validation(), "training", e.Data.Train.Shape.Words("images")
	if e.Encoder != nil {
		kind = "labelled"
	}
	if validation.Len() == 0 {
		return fmt.Sprintf("no validation set: the run trains on all %d %s %s, and no epoch is selected as the best", e.Data.Train.Len(), kind, images)
	}
	return fmt.Sprintf("validation set: %d of %d %s %s%s", validation.Len(), e.Data.Train.Len(), kind, images, perClass(validation, e.Data.Classes))
}

// perClass lists the number of images of each class in a split; "" without labels.
func perClass(s loaders.Split, classes []string) string {
	if s.Labels == nil {
		return ""
	}
	const most = 20
	counts := make([]int, len(classes))
	for _, label := range s.Labels {
		counts[label]++
	}
	if slices.Min(counts) == slices.Max(counts) {
		return fmt.Sprintf(" (%d of each class)", counts[0])
	}
	var words []string
	for class, name := range classes[:min(most, len(classes))] {
		words = append(words, fmt.Sprintf("%s %d", name, counts[class]))
	}
	if len(classes) > most {
		words = append(words, "…")
	}
	return " (" + strings.Join(words, ", ") + ")"
}
