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
	return fmt.Sprintf("validation set: %d of %d %s %s%s", validation.Len(), e.Data.Train.Len(), kind, images, perClass(validation, e.Data))
}

// givenLabels describes the training images whose labels a model uses, if it is to use only
// some of them.
func givenLabels(e *trainer.Experiment) string {
	n := e.Final().Labelled
	if n == 0 {
		return ""
	}
	train := e.TrainImages()
	labelled, images := train.Select(train.Balanced(n, e.Config.Seed)), train.Shape.Words("images")
	if labelled.Len() < n {
		return fmt.Sprintf("labels is %d, but there are only %d training %s, whose labels are all used", n, labelled.Len(), images)
	}
	return fmt.Sprintf("labels of %d of %d training %s are used%s", n, train.Len(), images, perClass(labelled, e.Data))
}

// perClass lists the number of images of each class in a split, but not of classes without
// images that the model is not trained on; "" without labels.
func perClass(s loaders.Split, data *loaders.Dataset) string {
	if s.Labels == nil {
		return ""
	}
	const most = 20
	counts := make([]int, len(data.Classes))
	for _, label := range s.Labels {
		counts[label]++
	}
	if slices.Min(counts) == slices.Max(counts) {
		return fmt.Sprintf(" (%d of each class)", counts[0])
	}
	var words []string
	for class, name := range data.Classes {
		if len(words) == most {
			words = append(words, "…")
			break
		}
		if counts[class] > 0 || data.Trained == nil || data.Trained[class] {
			words = append(words, fmt.Sprintf("%s %d", name, counts[class]))
		}
	}
	return " (" + strings.Join(words, ", ") + ")"
}

// chosenClasses reports the classes that a model is trained on and the images of other
// classes. It returns "" if the model is trained on all classes.
func chosenClasses(e *trainer.Experiment) string {
	names := e.Data.TrainedClasses()
	if names == nil || e.Encoder != nil {
		return ""
	}
	text := fmt.Sprintf("trained on %d of %d classes: %s", len(names), len(e.Data.Classes), strings.Join(names, ", "))
	others := 0
	train := e.TrainImages()
	for _, label := range train.Labels {
		if !e.Data.Trained[label] {
			others++
		}
	}
	if others > 0 {
		text += fmt.Sprintf("; contaminated with %d images of other classes among %d", others, train.Len())
	}
	if n := e.Data.Others.Len(); n > 0 {
		text += fmt.Sprintf("; the %d test images of other classes are left out, and gaetrain detect uses them as anomalies", n)
	}
	return text
}
