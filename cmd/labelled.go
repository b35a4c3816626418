package cmd

import (
	"fmt"
	"strings"

	"gaetrain/loaders"
	"gaetrain/trainer"
)

// warnOfChanges reports if the data are not those that the encoder was trained with.
func (o finetuneOptions) warnOfChanges(data *loaders.Dataset, log *console) {
	from, err := trainer.ReadRunInfo(o.From)
	if err != nil || from.Data.Name != data.Name {
		return
	}
	if changed := from.DataChanged(data); changed != "" {
		log.once(log.warn, changed)
	}
}

// heldOut says which labelled images of a classifier are its validation set; "" if
// there is none.
func heldOut(e *trainer.Experiment) string {
	validation := e.Validation()
	if e.Encoder == nil || validation.Len() == 0 {
		return ""
	}
	return fmt.Sprintf("validation set: %d of %d labelled images (%s)", validation.Len(), e.Data.Train.Len(), perClass(validation, e.Data.Classes))
}

// perClass lists how many images of each class a split has.
func perClass(s loaders.Split, classes []string) string {
	const most = 20
	counts := make([]int, len(classes))
	for _, label := range s.Labels {
		counts[label]++
	}
	var words []string
	for class, name := range classes[:min(most, len(classes))] {
		words = append(words, fmt.Sprintf("%s %d", name, counts[class]))
	}
	if len(classes) > most {
		words = append(words, "…")
	}
	return strings.Join(words, ", ")
}
