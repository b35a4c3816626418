package cmd

import (
	"fmt"
	"io"
	"os"
	"strings"
	"unicode/utf8"

	"gaetrain/trainer"
	"gaetrain/trainer/evaluate"
	"gaetrain/trainer/measure"
	"gaetrain/trainer/pictures"
)

// finished is a run that is done.
type finished struct {
	*trainer.Run
	model  *trainer.Trained
	linear measure.Baseline // PCA, with which the model is compared
}

// summaryWidth is the number of columns that a summary fits, apart from long paths.
const summaryWidth = 80

// print prints a summary of the run: its folder, what matters of its test figures, its
// report, and commands to try next. metrics.json has all figures.
func (run finished) print(w io.Writer) error {
	final, err := run.Final()
	if err != nil {
		return err
	}
	printEntry(w, "run", []string{run.Dir, fmt.Sprintf("(%s in %.1f s, %s)", many(final.Epochs, "epoch"), final.Seconds, run.best(final))}, "")
	if f, ok := final.Last["test"]; ok {
		printEntry(w, "test", run.figures(f), ",")
	}
	entry, path, use := "report", run.Path("report.html"), " (open it in a web browser)"
	if _, err := os.Stat(path); err != nil { // a run without pictures
		entry, path, use = "figures", run.Path("metrics.json"), ""
	}
	printEntry(w, entry, []string{path + use}, "")
	for i, command := range run.next() {
		name := "next"
		if i > 0 {
			name = ""
		}
		printEntry(w, name, []string{command}, "")
	}
	return nil
}

// best says which epoch was selected, and on which split.
func (run finished) best(final trainer.Final) string {
	if final.BestEpoch == 0 {
		return "no validation set"
	}
	text := fmt.Sprintf("best on validation: %d", final.BestEpoch)
	if stages := run.Info.Stages; len(stages) > 1 {
		text += " of " + stages[len(stages)-1].Name
	}
	return text
}

// figures lists those figures of the test set that show how good the model is. The first
// term of the loss comes first.
func (run finished) figures(f trainer.Figures) (list []string) {
	first := true
	for name, value := range run.model.Stage.Figures(f) {
		isMain := first && name != trainer.AdversarialLoss // which depends on the opponent
		first = false
		meaning, shown := meanings[name]
		if !isMain && !shown {
			continue
		}
		title := strings.ReplaceAll(name, "_", " ")
		if word := run.Info.Data.ScaledWord(); name == "mse" && word != "" {
			title += fmt.Sprintf(" of %s values", word)
		}
		text := fmt.Sprintf("%s %.5g%s", title, value, spread(f.StandardErrors, name))
		switch comparison := evaluate.AgainstPCA(f.MSE, run.linear.Components, run.linear.MSE); {
		case name == "mse" && comparison != "":
			list = append(list, text, comparison)
		case meaning != "":
			list = append(list, text+" ("+meaning+")")
		default:
			list = append(list, strings.TrimSpace(text+" "+run.model.Unit(name)))
		}
	}
	return list
}

// meanings are the figures that a summary shows besides the first term of the loss, and
// what the reader must know of a figure without a unit.
var meanings = map[string]string{
	"kl": "", "total_correlation": "", "mse": "", trainer.Accuracy: "",
	trainer.SampleDistance: "0 if samples are like images",
	trainer.SampleSpread:   "1 if samples vary like images",
}

// mostNext is the number of commands that a summary suggests.
const mostNext = 2

// next lists commands that improve the model or show more of it, the most useful ones
// first.
func (run finished) next() []string {
	var verbs []string
	if h, err := trainer.ReadHistory(run.Dir); err == nil && pictures.Improving(h) && !run.model.Stage.Prior {
		verb := "train"
		if run.model.IsClassifier() {
			verb = "finetune"
		}
		verbs = []string{fmt.Sprintf("%s --resume --more-epochs %d", verb, max(1, run.model.Config.Epochs/2))}
	}
	switch m := run.model; {
	case m.IsClassifier():
		verbs = append(verbs, "eval", "encode")
	case m.CanEncode() != nil:
		verbs = append(verbs, "sample", "interpolate")
	default:
		verbs = append(verbs, "reconstruct")
		if m.Samples() {
			verbs = append(verbs, "sample")
		}
		if len(run.Info.Data.Trained) > 0 && m.Config.Validation > 0 {
			verbs = append(verbs, "detect")
		} else if m.Source.Classes > 1 && len(run.Info.Data.Trained) != 1 && !m.Conditional() {
			verbs = append(verbs, "probe")
		}
		verbs = append(verbs, "encode")
	}
	verbs = verbs[:min(mostNext, len(verbs))]
	for i, verb := range verbs {
		verbs[i] = "gaetrain " + verb + " --run " + shellWord(run.Dir)
	}
	return verbs
}

// printEntry prints the name of an entry and its items on as many lines as they need.
// It does not break lines within an item.
func printEntry(w io.Writer, name string, items []string, separator string) {
	line := fmt.Sprintf("%-10s", name)
	room := summaryWidth - utf8.RuneCountInString(line)
	for i, item := range items {
		if i < len(items)-1 {
			item += separator
		}
		if i > 0 && room < 1+utf8.RuneCountInString(item) {
			printf(w, "%s\n", line)
			line, room = strings.Repeat(" ", 10), summaryWidth-10
		}
		line, room = line+" "+item, room-1-utf8.RuneCountInString(item)
	}
	printf(w, "%s\n", line)
}

// keep writes figures as JSON into a run folder. It returns a line with the path of
// the file.
func keep(dir, name string, figures any) (string, error) {
	run := trainer.Run{Dir: dir}
	return "figures in " + run.Path(name), run.WriteJSON(name, figures)
}
