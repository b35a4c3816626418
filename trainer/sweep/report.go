package sweep

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"

	"gaetrain/trainer"
)

// Report holds the results of a sweep.
type Report struct {
	Varied   []string // settings
	Results  []Result // of all jobs, by number
	Figure   Figure
	Combined []Combined
}

// NewReport compares results of all jobs of a sweep by the figure with the given name, see
// Choose.
func (s *Sweep) NewReport(results []Result, figure string) (Report, error) {
	r := Report{Varied: s.Varied, Results: results}
	var err error
	if r.Figure, err = Choose(results, figure); err == nil {
		r.Combined = Combine(results, r.Figure)
	}
	return r, err
}

// Done is the number of jobs that are finished.
func (r Report) Done() (n int) {
	for _, result := range r.Results {
		if result.Done() {
			n++
		}
	}
	return n
}

// Jobs is a table with a row for each job.
func (r Report) Jobs() Rows {
	name := title(r.Figure.Name)
	heading := append([]string{"job"}, r.Varied...)
	heading = append(heading, "seed", "state", "epochs")
	if r.Figure.Split == "validation" {
		heading = append(heading, "best epoch", "validation "+name, "last validation "+name)
	}
	rows := Rows{append(heading, "test "+name, "seconds")}
	for _, result := range r.Results {
		row := []string{strconv.Itoa(result.Index)}
		for _, setting := range r.Varied {
			row = append(row, result.Cell(setting))
		}
		row = append(row, fmt.Sprint(result.Seed), string(result.State.Phase))
		rows = append(rows, append(row, r.figures(result)...))
	}
	return rows
}

// figures are the columns of a job that come from its figures.
func (r Report) figures(result Result) []string {
	text := func(split string) string {
		if v, ok := r.Figure.Of(result, split); ok {
			return fmt.Sprintf("%.6g", v)
		}
		return dash
	}
	validated := r.Figure.Split == "validation"
	if !result.Done() {
		return slices.Repeat([]string{dash}, map[bool]int{true: 6, false: 3}[validated])
	}
	cells := []string{fmt.Sprint(result.Final.Epochs)}
	if validated {
		last := dash
		if v, ok := named(result.Final.Last["validation"], r.Figure.Name); ok {
			last = fmt.Sprintf("%.6g", v)
		}
		best := dash
		if result.Final.BestEpoch > 0 {
			best = fmt.Sprint(result.Final.BestEpoch)
		}
		cells = append(cells, best, text("validation"), last)
	}
	return append(cells, text("test"), fmt.Sprintf("%.1f", result.Final.Seconds))
}

// Combinations is a table with a row for each combination that has results.
func (r Report) Combinations() Rows {
	name := title(r.Figure.Name)
	heading := append(slices.Clone(r.Varied), "runs")
	if r.Figure.Split == "validation" {
		heading = append(heading, "validation "+name)
	}
	rows := Rows{append(heading, "test "+name)}
	for _, c := range r.Combined {
		var row []string
		for _, setting := range r.Varied {
			row = append(row, c.Cell(setting))
		}
		row = append(row, fmt.Sprintf("%d of %d", c.Figure.Count, c.Jobs))
		if r.Figure.Split == "validation" {
			row = append(row, c.Figure.String())
		}
		rows = append(rows, append(row, c.Test.String()))
	}
	return rows
}

const dash = "–"

func title(figure string) string { return strings.ReplaceAll(figure, "_", " ") }

// String is the mean with the standard deviation, if there are several values.
func (s Statistic) String() string {
	switch s.Count {
	case 0:
		return dash
	case 1:
		return fmt.Sprintf("%.5g", s.Mean)
	}
	return fmt.Sprintf("%.5g ± %.2g", s.Mean, s.Spread)
}

// Details is a table of the jobs for programs, with all figures of all splits: after the
// epoch that the validation set selected and, with the prefix last_, after the last epoch.
func (r Report) Details() Rows {
	columns := r.columns()
	header := append([]string{"job"}, r.Varied...)
	header = append(header, "seed", "folder", "state", "epochs", "best_epoch", "seconds", "parameters")
	rows := Rows{append(header, columns...)}
	for _, result := range r.Results {
		row := []string{strconv.Itoa(result.Index)}
		for _, setting := range r.Varied {
			row = append(row, result.Value(setting))
		}
		row = append(row, fmt.Sprint(result.Seed), result.Folder, string(result.State.Phase))
		if f := result.Final; f != nil {
			row = append(row, fmt.Sprint(f.Epochs), fmt.Sprint(f.BestEpoch), number(f.Seconds), fmt.Sprint(f.Parameters))
		} else {
			row = append(row, "", "", "", "")
		}
		values := result.flat()
		for _, name := range columns {
			text := ""
			if v, ok := values[name]; ok {
				text = number(v)
			}
			row = append(row, text)
		}
		rows = append(rows, row)
	}
	return rows
}

func number(v float64) string { return strconv.FormatFloat(v, 'g', -1, 64) }

// columns lists the names of all figures of all results.
func (r Report) columns() []string {
	seen := make(map[string]bool)
	for _, result := range r.Results {
		for name := range result.flat() {
			seen[name] = true
		}
	}
	return slices.Sorted(maps.Keys(seen))
}

// flat returns all figures by names such as test_mse and last_test_mse.
func (r Result) flat() map[string]float64 {
	all := make(map[string]float64)
	if r.Final == nil {
		return all
	}
	add := func(prefix string, f trainer.Figures) {
		all[prefix+Loss] = f.Loss
		for name, value := range f.All() {
			all[prefix+name] = value
		}
	}
	for split, f := range r.Final.Last {
		add("last_"+split+"_", f)
		if selected, ok := r.At(split); ok {
			add(split+"_", selected)
		}
	}
	return all
}

// Markdown writes both tables.
func (r Report) Markdown(w io.Writer) error {
	if _, err := io.WriteString(w, r.Words()+"\n\n"); err != nil {
		return err
	}
	if err := r.Combinations().Markdown(w); err != nil {
		return err
	}
	if _, err := io.WriteString(w, "\n"); err != nil {
		return err
	}
	return r.Jobs().Markdown(w)
}

// Words says in one line which figure compares the jobs.
func (r Report) Words() string {
	direction := "lower is better"
	if r.Figure.Higher {
		direction = "higher is better"
	}
	name := title(r.Figure.Name)
	if r.Figure.Unit != "" {
		name += " in " + r.Figure.Unit
	}
	switch {
	case r.Done() == 0:
		return "no job is done"
	case r.Figure.Split != "validation":
		return fmt.Sprintf("jobs are not ranked, because there is no validation set and the test set must not select anything: %s, %s", name, direction)
	}
	return fmt.Sprintf("ranked by the %s on the validation set after its best epoch, averaged over seeds (%s)", name, direction)
}

// JSON writes everything as one object.
func (r Report) JSON(w io.Writer) error {
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	return e.Encode(r.object())
}

func (r Report) object() any {
	settings := func(j Job) map[string]string {
		m := make(map[string]string)
		for _, v := range j.Values {
			m[v.Name] = v.Text
		}
		return m
	}
	type figure struct {
		Name   string `json:"name"`
		Split  string `json:"split"`
		Higher bool   `json:"higher_is_better"`
		Unit   string `json:"unit,omitempty"`
	}
	type job struct {
		Job      int               `json:"job"`
		Settings map[string]string `json:"settings"`
		Seed     uint64            `json:"seed"`
		Folder   string            `json:"folder"`
		State    trainer.Phase     `json:"state"`
		Message  string            `json:"message,omitempty"`
		Metrics  *trainer.Final    `json:"metrics,omitempty"`
	}
	type combination struct {
		Settings map[string]string `json:"settings"`
		Jobs     int               `json:"jobs"`
		Selected Statistic         `json:"selected"`
		Test     Statistic         `json:"test"`
	}
	all := struct {
		Figure       figure        `json:"figure"`
		Combinations []combination `json:"combinations"`
		Jobs         []job         `json:"jobs"`
	}{Figure: figure(r.Figure), Combinations: []combination{}}
	for _, c := range r.Combined {
		all.Combinations = append(all.Combinations, combination{settings(c.Job), c.Jobs, c.Figure, c.Test})
	}
	for _, result := range r.Results {
		all.Jobs = append(all.Jobs, job{result.Index, settings(result.Job), result.Seed, result.Folder, result.State.Phase, result.State.Message, result.Final})
	}
	return all
}
