package sweep

import (
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"

	"gonum.org/v1/gonum/stat"

	"gaetrain/trainer"
)

// NotStarted is the phase of a job without a run folder.
const NotStarted trainer.Phase = "not started"

// Result is a job with what its run folder holds.
type Result struct {
	Job
	Folder string
	State  trainer.State
	Info   trainer.RunInfo // of a run that has begun
	Final  *trainer.Final  // nil: the run is not done
}

// Done reports whether the job is finished and has figures.
func (r Result) Done() bool { return r.Final != nil }

// Path is the run folder of a job of a sweep in a folder.
func (j Job) Path(out string) string { return filepath.Join(out, j.Name()) }

// Read reads the run folder of a job. Errors wrap trainer.ErrRun. A job that has not begun
// has no error.
func Read(j Job, out string) (Result, error) {
	r := Result{Job: j, Folder: j.Path(out)}
	var err error
	switch r.State, err = trainer.StateOf(r.Folder); {
	case errors.Is(err, fs.ErrNotExist):
		r.State.Phase = NotStarted
		return r, nil
	case err != nil:
		return r, err
	}
	if r.Info, err = trainer.ReadRunInfo(r.Folder); err != nil || r.State.Phase != trainer.Done {
		return r, err
	}
	final, err := (&trainer.Run{Dir: r.Folder}).Final()
	if err == nil {
		r.Final = &final
	}
	return r, err
}

// At returns the figures of a split after the epoch that the validation set selected, or
// after the last epoch if there is no validation set.
func (r Result) At(split string) (trainer.Figures, bool) {
	if r.Final == nil {
		return trainer.Figures{}, false
	}
	from := r.Final.Last
	if r.Final.BestEpoch > 0 {
		from = r.Final.Best
	}
	f, ok := from[split]
	return f, ok
}

// Figure names the figure by which the jobs are compared.
type Figure struct {
	Name   string
	Split  string // validation, or test if no job has a validation set
	Higher bool   // whether higher values are better
	Unit   string
}

// Loss is the name of the loss as a figure.
const Loss = "loss"

// better lists the figures of which higher values are better.
var better = []string{trainer.Accuracy, trainer.ActiveUnits, "explained_variance", "codebook_use", "perplexity"}

// Of returns the figure of a split of a result, and whether the result has it.
func (f Figure) Of(r Result, split string) (float64, bool) {
	figures, ok := r.At(split)
	if !ok {
		return 0, false
	}
	return named(figures, f.Name)
}

func named(f trainer.Figures, name string) (float64, bool) {
	if name == Loss {
		return f.Loss, true
	}
	for n, value := range f.All() {
		if n == name {
			return value, true
		}
	}
	return 0, false
}

// Choose returns the figure with a name. If the name is "", it chooses the figure that
// selects the best epoch if the jobs have the same objective, and otherwise the mse.
func Choose(results []Result, name string) (Figure, error) {
	results = slices.DeleteFunc(slices.Clone(results), func(r Result) bool { return !r.Done() })
	f := Figure{Name: name, Split: "test"}
	has := func(split, name string) bool {
		return !slices.ContainsFunc(results, func(r Result) bool {
			_, ok := Figure{Name: name}.Of(r, split)
			return !ok
		})
	}
	if len(results) == 0 {
		return f, nil
	}
	if slices.ContainsFunc(results, func(r Result) bool { _, ok := r.At("validation"); return ok }) {
		f.Split = "validation"
	}
	if f.Name == "" {
		switch {
		case has(f.Split, trainer.SampleDistance):
			f.Name = trainer.SampleDistance
		case sameObjective(results):
			f.Name = Loss
		case has(f.Split, "mse"):
			f.Name = "mse"
		default:
			return f, fmt.Errorf("%w: the jobs have different objectives and no common figure; hint: --figure names one", trainer.ErrConfiguration)
		}
	}
	if !slices.ContainsFunc(results, func(r Result) bool { _, ok := f.Of(r, f.Split); return ok }) {
		return f, fmt.Errorf("%w: no job has the figure %s; hint: one of %s", trainer.ErrConfiguration, f.Name, strings.Join(names(results, f.Split), ", "))
	}
	f.Higher = slices.Contains(better, f.Name)
	if stages := results[0].Info.Stages; len(stages) > 0 {
		f.Unit = stages[len(stages)-1].Units[f.Name]
	}
	return f, nil
}

// names lists the figures of a split of any result.
func names(results []Result, split string) []string {
	list := []string{Loss}
	for _, r := range results {
		figures, _ := r.At(split)
		for name := range figures.All() {
			if !slices.Contains(list, name) {
				list = append(list, name)
			}
		}
	}
	return list
}

// sameObjective reports whether the losses can be compared, because they have the same terms
// with the same weights and units.
func sameObjective(results []Result) bool {
	first := results[0]
	for _, r := range results {
		if len(r.Final.Weights) == 0 || len(r.Final.Weights) != len(first.Final.Weights) {
			return false
		}
		for name, weight := range r.Final.Weights {
			other, ok := first.Final.Weights[name]
			if !ok || other != weight || r.unit(name) != first.unit(name) {
				return false
			}
		}
	}
	return true
}

func (r Result) unit(name string) string {
	if n := len(r.Info.Stages); n > 0 {
		return r.Info.Stages[n-1].Units[name]
	}
	return ""
}

// Statistic is a mean over seeds with its standard deviation.
type Statistic struct {
	Mean   float64 `json:"mean"`
	Spread float64 `json:"standard_deviation"` // 0 with fewer than two values
	Count  int     `json:"count"`
}

// StatisticOf returns the mean and the standard deviation of values, with n−1 in the
// denominator.
func StatisticOf(values []float64) Statistic {
	s := Statistic{Count: len(values)}
	if len(values) > 0 {
		s.Mean, s.Spread = stat.MeanStdDev(values, nil)
	}
	if len(values) < 2 {
		s.Spread = 0
	}
	return s
}

// Combined holds the results of one combination of settings over its seeds.
type Combined struct {
	Job              // of the first seed
	Jobs   int       // of the combination
	Figure Statistic // of the figure by which jobs are compared
	Test   Statistic // of the same figure on the test set
}

// Combine returns the combinations that have results. The best one comes first if a
// validation set can tell, otherwise they keep their order.
func Combine(results []Result, f Figure) (list []Combined) {
	byCombination := make(map[int][]Result)
	var order []int
	for _, r := range results {
		if byCombination[r.Combination] == nil {
			order = append(order, r.Combination)
		}
		byCombination[r.Combination] = append(byCombination[r.Combination], r)
	}
	for _, at := range order {
		all := byCombination[at]
		c := Combined{Job: all[0].Job, Jobs: len(all), Figure: f.over(all, f.Split), Test: f.over(all, "test")}
		if c.Figure.Count > 0 {
			list = append(list, c)
		}
	}
	if f.Split != "validation" {
		return list
	}
	slices.SortStableFunc(list, func(a, b Combined) int { return f.compare(a.Figure.Mean, b.Figure.Mean) })
	return list
}

func (f Figure) over(results []Result, split string) Statistic {
	var values []float64
	for _, r := range results {
		if v, ok := f.Of(r, split); ok {
			values = append(values, v)
		}
	}
	return StatisticOf(values)
}

// compare orders better values first, and NaN last.
func (f Figure) compare(a, b float64) int {
	switch {
	case a == b || a != a && b != b:
		return 0
	case a != a:
		return 1
	case b != b || (a < b) != f.Higher:
		return -1
	}
	return 1
}
