package cmd

import (
	"fmt"
	"io"
	"maps"
	"path/filepath"
	"slices"

	"gaetrain/loaders/files"
	"gaetrain/trainer/evaluate"
	"gaetrain/trainer/sweep"
	"gaetrain/viz"
)

// factorStudy holds the results of study factors.
type factorStudy struct {
	Varied   []string                           `json:"varied"`
	Rows     []factorRow                        `json:"rows"`
	Variance map[string]evaluate.NestedVariance `json:"explained_variance"` // by measure: by model (group), other settings (subgroup) and seed (rest)
	Chance   evaluate.NestedVariance            `json:"explained_by_chance"`
	Outcomes []factorOutcome                    `json:"outcomes"`
}

// factorRow has the results of one combination of settings over its seeds.
type factorRow struct {
	Model    string                     `json:"model"`
	Settings map[string]string          `json:"settings"`
	Measures map[string]sweep.Statistic `json:"measures"`
}

// studiedMeasure is a column of the tables of a study.
type studiedMeasure struct {
	name, title string
	of          func(factorOutcome) float64
}

// studied are the measures of a study in the order of its tables. mse is the squared error
// per pixel.
var studied = append(measuresOfFactors(), studiedMeasure{"mse", "mse", func(o factorOutcome) float64 { return o.MSE }})

func measuresOfFactors() (list []studiedMeasure) {
	for _, m := range evaluate.FactorMeasures {
		list = append(list, studiedMeasure{m.Name, m.Title, func(o factorOutcome) float64 { return m.Of(o.Measured.Disentangled) }})
	}
	return list
}

// summarise computes the rows and the shares of variance from the outcomes.
func (s *factorStudy) summarise() {
	var models []string
	var groups, subgroups []int
	for _, o := range s.Outcomes {
		if !slices.Contains(models, o.Model) {
			models = append(models, o.Model)
		}
		groups, subgroups = append(groups, slices.Index(models, o.Model)), append(subgroups, o.combination)
	}
	s.Variance, s.Chance = make(map[string]evaluate.NestedVariance), evaluate.ByChance(groups, subgroups)
	for _, m := range studied {
		var values []float64
		for _, o := range s.Outcomes {
			values = append(values, m.of(o))
		}
		s.Variance[m.name] = evaluate.NestedVarianceOf(values, groups, subgroups)
	}
	byCombination := make(map[int][]factorOutcome)
	for _, o := range s.Outcomes {
		byCombination[o.combination] = append(byCombination[o.combination], o)
	}
	for _, combination := range slices.Sorted(maps.Keys(byCombination)) {
		list := byCombination[combination]
		row := factorRow{Model: list[0].Model, Settings: list[0].Settings, Measures: make(map[string]sweep.Statistic)}
		for _, m := range studied {
			var values []float64
			for _, o := range list {
				values = append(values, m.of(o))
			}
			row.Measures[m.name] = sweep.StatisticOf(values)
		}
		s.Rows = append(s.Rows, row)
	}
}

func (s *factorStudy) write(dir string) error {
	points := s.points()
	return writeTogether(
		files.File{Path: filepath.Join(dir, "study.json"), Fill: func(w io.Writer) error { return printJSON(w, s) }},
		files.File{Path: filepath.Join(dir, "study.svg"), Fill: points.SVG}, files.File{Path: filepath.Join(dir, "study.png"), Fill: points.PNG},
	)
}

// points draws the mutual information gap of each run against its squared error. Runs with
// the same settings have one colour.
func (s *factorStudy) points() viz.Scatter {
	figure := viz.Scatter{Title: "Mutual information gap against reconstruction error", XLabel: "squared error per pixel of the test images", YLabel: "mutual information gap",
		Note: "Each point is a run. Runs of one colour differ only in their seed."}
	for _, row := range s.Rows {
		figure.Names = append(figure.Names, s.name(row))
	}
	var combinations []int
	for _, o := range s.Outcomes {
		combinations = append(combinations, o.combination)
	}
	slices.Sort(combinations)
	combinations = slices.Compact(combinations)
	for _, o := range s.Outcomes {
		figure.X, figure.Y = append(figure.X, o.MSE), append(figure.Y, o.Measured.MIG)
		figure.Classes = append(figure.Classes, uint16(slices.Index(combinations, o.combination)))
	}
	return figure
}

// name names a combination by its model and the other settings that vary.
func (s *factorStudy) name(row factorRow) string {
	text := row.Model
	for _, setting := range s.Varied {
		if value := row.Settings[setting]; setting != "model" && value != "" {
			text += fmt.Sprintf(" %s=%s", setting, value)
		}
	}
	return text
}

// print writes both tables.
func (s *factorStudy) print(w io.Writer, dir string) error {
	heading := []string{"model"}
	for _, m := range studied {
		heading = append(heading, m.title)
	}
	rows := [][]string{heading}
	for _, r := range s.Rows {
		cells := []string{s.name(r)}
		for _, m := range studied {
			cells = append(cells, statisticCell(m.name, r.Measures[m.name]))
		}
		rows = append(rows, cells)
	}
	what := "mean ± standard deviation over the seeds"
	if len(s.Rows) > 0 && s.Rows[0].Measures["mig"].Count == 1 {
		what = "one seed, so no standard deviation"
	}
	printf(w, "measures of the codes of %d test images (%s)\nthe runs, study.json and study.png are in %s\n\n", s.Outcomes[0].Measured.Images, what, dir)
	if err := table(w, rows...); err != nil {
		return err
	}
	printf(w, "\nshares of the variance over %s\n\n", many(len(s.Outcomes), "run"))
	return table(w, s.shares()...)
}

func statisticCell(name string, s sweep.Statistic) string {
	digits := "%.3f"
	if name == "mse" {
		digits = "%.5f"
	}
	if s.Count == 1 {
		return fmt.Sprintf(digits, s.Mean)
	}
	return fmt.Sprintf(digits+" ± "+digits, s.Mean, s.Spread)
}

// shares is the table of what explains the variance of each measure.
func (s *factorStudy) shares() [][]string {
	rows := [][]string{{"measure", "model", "other settings", "seed"}}
	add := func(name string, v evaluate.NestedVariance) {
		rows = append(rows, []string{name, wholePercent(v.Group), wholePercent(v.Subgroup), wholePercent(v.Rest)})
	}
	for _, m := range studied {
		add(m.title, s.Variance[m.name])
	}
	add("expected by chance", s.Chance)
	return rows
}

func wholePercent(share float64) string { return fmt.Sprintf("%.0f %%", 100*share) }
