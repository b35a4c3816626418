package cmd

import (
	"fmt"
	"io"
	"math"
	"os"
	"strings"
	"unicode/utf8"

	"gaetrain/trainer"
	"gaetrain/trainer/measure"
	"gaetrain/viz/plain"
)

// finished is a run that is done.
type finished struct {
	*trainer.Run
	model  *trainer.Trained
	linear measure.Baseline // PCA, with which the model is compared
}

// summaryWidth is the number of columns that a summary fits, apart from long paths.
const summaryWidth = 80

// print prints the figures of the run, the paths of its files, and commands to try next.
func (run finished) print(w io.Writer) error {
	final, err := run.Final()
	if err != nil {
		return err
	}
	size := fmt.Sprintf("(%s, %.1f s, %s parameters)", many(final.Epochs, "epoch"), final.Seconds, plain.Thousands(final.Parameters))
	printEntry(w, "run", []string{run.Dir + " " + size}, "")
	for _, split := range []string{"test", "validation", "train"} {
		if f, ok := final.Last[split]; ok {
			printEntry(w, split, run.figures(split, f), ",")
		}
	}
	best := []string{"no epoch was selected, because there is no validation set"}
	if final.BestEpoch > 0 {
		best = []string{fmt.Sprintf("epoch %d", final.BestEpoch)}
		if stages := run.Info.Stages; len(stages) > 1 {
			last := stages[len(stages)-1]
			best[0] += " of stage " + last.Name
			if last.Objective != "" {
				best[0] += " (" + last.Objective + ")"
			}
		}
		best = append(best, "selected on the validation set")
	}
	printEntry(w, "best", best, ",")
	for _, file := range []struct{ name, path, use string }{
		{"pictures", run.Path("pictures"), ""}, {"curves", run.Path("curves.svg"), ""}, {"figures", run.Path("metrics.json"), ""},
		{"report", run.Path("report.html"), " (open it in a web browser)"},
	} {
		if file.name == "pictures" && run.model.Config.Pictures == 0 {
			continue
		}
		if _, err := os.Stat(file.path); err == nil {
			printEntry(w, file.name, []string{file.path + file.use}, "")
		}
	}
	for i, command := range run.next() {
		name := "next"
		if i > 0 {
			name = ""
		}
		printEntry(w, name, []string{command}, "")
	}
	return nil
}

// figures lists the figures of a split in words. The first term of the loss comes first.
func (run finished) figures(split string, f trainer.Figures) (list []string) {
	for name, value := range run.model.Stage.Figures(f) {
		title := strings.ReplaceAll(name, "_", " ")
		if word := run.Info.Data.ScaledWord(); name == "mse" && word != "" {
			title += fmt.Sprintf(" of %s values", word)
		}
		text := fmt.Sprintf("%s %.5g%s", title, value, spread(f.StandardErrors, name))
		if comparison := compare(f.MSE, run.linear); split == "test" && name == "mse" && comparison != "" {
			list = append(list, text, comparison)
			continue
		}
		list = append(list, strings.TrimSpace(text+" "+run.model.Unit(name)))
	}
	return list
}

// compare describes how a squared error compares with the error of PCA.
func compare(mse float64, with measure.Baseline) string {
	if with.Components == 0 || with.MSE == 0 {
		return ""
	}
	than := fmt.Sprintf("PCA with %d components (%.4g)", with.Components, with.MSE)
	switch share := math.Round(100 * (mse/with.MSE - 1)); {
	case share < 0:
		return fmt.Sprintf("%.0f %% lower than %s", -share, than)
	case share > 0:
		return fmt.Sprintf("%.0f %% higher than %s", share, than)
	}
	return "within 0.5 % of " + than
}

// next lists commands that show more of the run.
func (run finished) next() []string {
	var verbs []string
	switch m := run.model; {
	case m.IsClassifier():
		verbs = []string{"eval", "encode"}
	case m.CanEncode() != nil:
		verbs = []string{"sample", "interpolate"}
	default:
		verbs = []string{"reconstruct", "encode"}
		if len(run.Info.Data.Trained) > 0 && m.Config.Validation > 0 {
			verbs = append(verbs, "detect")
		} else if m.Source.Classes > 1 && len(run.Info.Data.Trained) != 1 {
			verbs = append(verbs, "probe")
		}
		if m.HasPrior() {
			verbs = append(verbs, "sample")
		}
		if run.linear.Components == 0 && m.CodeSize() < m.Shape().Size() {
			verbs = append(verbs, "pca")
		}
	}
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
