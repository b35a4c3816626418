package cmd

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"gaetrain/loaders/files"
	"gaetrain/trainer"
	"gaetrain/trainer/sweep"
	"gaetrain/viz"
)

// list prints the jobs.
func (s *openedSweep) list(ctx context.Context, w io.Writer, log *console) error {
	s.noteChange(log)
	results, err := s.results(ctx, log, "cannot be used")
	if err != nil {
		return err
	}
	heading := append([]string{"job"}, s.Varied...)
	rows := sweep.Rows{append(heading, "seed", "state", "run")}
	for i, result := range results {
		row := []string{strconv.Itoa(i)}
		for _, setting := range s.Varied {
			row = append(row, result.Cell(setting))
		}
		rows = append(rows, append(row, fmt.Sprint(result.Seed), string(result.State.Phase), result.Folder))
	}
	switch s.Format {
	case "csv":
		return rows.CSV(w)
	case "markdown":
		return rows.Markdown(w)
	case "json":
		return rows.JSON(w)
	}
	return table(w, rows...)
}

// collect writes tables and pictures of the results, and prints the tables.
func (s *openedSweep) collect(ctx context.Context, w io.Writer, log *console) error {
	s.noteChange(log)
	results, err := s.results(ctx, log, "is left out")
	if err != nil {
		return err
	}
	report, err := s.NewReport(results, s.Figure)
	if err != nil {
		return err
	}
	s.noteOthers(log)
	if report.Done() == 0 {
		return fmt.Errorf("%w: no job of %s is done in %s; hint: %s", errUsage, s.file, s.Out, s.command("--jobs 1"))
	}
	out := func(name string) string { return filepath.Join(s.Out, name) }
	list := []files.File{
		{Path: out("results.csv"), Fill: report.Details().CSV}, {Path: out("combinations.csv"), Fill: report.Combinations().CSV},
		{Path: out("results.md"), Fill: report.Markdown}, {Path: out("results.json"), Fill: report.JSON},
	}
	pictures := s.pictures(report)
	if err := writeTogether(append(list, pictures...)...); err != nil {
		return err
	}
	switch s.Format {
	case "csv":
		return report.Details().CSV(w)
	case "markdown":
		return report.Markdown(w)
	case "json":
		return report.JSON(w)
	}
	return s.print(w, report)
}

// unusable is the phase of a job whose run folder cannot be used.
const unusable trainer.Phase = "unusable"

// noteChange warns if the sweep began with other settings, because its jobs are then refused.
func (s *openedSweep) noteChange(log *console) {
	if err := s.unchanged(); err != nil {
		log.warn(oneLine(err))
	}
}

// results reads the results of all jobs. Those of a run that cannot be read, or that has
// other settings than its job, are unusable, which is reported: job 3 "is left out".
func (s *openedSweep) results(ctx context.Context, log *console, reported string) (list []sweep.Result, err error) {
	for i := range s.Len() {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		result, err := s.look(s.Job(i))
		if err != nil && !errors.Is(err, trainer.ErrDiverged) {
			log.warn(fmt.Sprintf("job %d %s: %v", i, reported, err))
			result.Final, result.State.Phase = nil, unusable
		}
		list = append(list, result)
	}
	return list, nil
}

// print prints both tables.
func (s *openedSweep) print(w io.Writer, r sweep.Report) error {
	printf(w, "%d of %d jobs are done\n%s\n\n", r.Done(), s.Len(), r.Words())
	if err := table(w, r.Combinations()...); err != nil {
		return err
	}
	if len(r.Results) > len(r.Combined) {
		printf(w, "\n")
		if err := table(w, r.Jobs()...); err != nil {
			return err
		}
	}
	printf(w, "\n")
	printEntry(w, "tables", []string{filepath.Join(s.Out, "results.csv"), "results.md", "results.json", "combinations.csv"}, ",")
	if names := s.drawn(r); len(names) > 0 {
		printEntry(w, "pictures", names, ",")
	}
	return nil
}

// noteOthers reports runs in the folder that belong to no job, for example because values
// were removed from the file.
func (s *openedSweep) noteOthers(log *console) {
	entries, err := os.ReadDir(s.Out)
	if err != nil {
		return
	}
	jobs := make(map[string]bool, s.Len())
	for i := range s.Len() {
		jobs[s.Job(i).Name()] = true
	}
	others := 0
	for _, entry := range entries {
		if entry.IsDir() && !jobs[entry.Name()] && trainer.IsRun(filepath.Join(s.Out, entry.Name())) {
			others++
		}
	}
	if others > 0 {
		log.note(fmt.Sprintf("runs in %s that belong to no job of %s, and are left out: %d", s.Out, s.file, others))
	}
}

// command is a command line for the sweep.
func (s *openedSweep) command(flags string) string {
	line := "gaetrain sweep " + shellWord(s.file) + " " + flags
	if s.Out != defaultOut(s.file) {
		line += " --out " + shellWord(s.Out)
	}
	if s.config != "" {
		line += " --" + configFlag + " " + shellWord(s.config)
	}
	return line
}

// pictures are the files of the pictures, as PNG and SVG. There are none if nothing varies.
func (s *openedSweep) pictures(r sweep.Report) (list []files.File) {
	if len(s.drawn(r)) == 0 {
		return nil
	}
	parallel, against := parallelOf(r), againstOf(r)
	for name, fill := range map[string]func(io.Writer) error{"parallel.png": parallel.PNG, "parallel.svg": parallel.SVG, "settings.png": against.PNG, "settings.svg": against.SVG} {
		list = append(list, files.File{Path: filepath.Join(s.Out, name), Fill: fill})
	}
	slices.SortFunc(list, func(a, b files.File) int { return strings.Compare(a.Path, b.Path) })
	return list
}

// drawn lists the names of the pictures.
func (s *openedSweep) drawn(r sweep.Report) []string {
	if len(r.Varied) == 0 || len(r.Combined) == 0 {
		return nil
	}
	return []string{filepath.Join(s.Out, "parallel.png"), "settings.png"}
}

// parallelOf is the picture of all runs with their settings and results.
func parallelOf(r sweep.Report) viz.Parallel {
	p := viz.Parallel{Higher: r.Figure.Higher, Result: resultOf(r)}
	p.Title = "Sweep: " + p.Result.Name + map[bool]string{true: " (higher is better)", false: " (lower is better)"}[r.Figure.Higher]
	for _, name := range r.Varied {
		p.Settings = append(p.Settings, variableOf(r, name))
	}
	return p
}

// againstOf is the picture of the result against each setting.
func againstOf(r sweep.Report) viz.Against {
	a := viz.Against{Result: resultOf(r), Settings: parallelOf(r).Settings}
	a.Title = "Sweep: " + a.Result.Name + " against each setting"
	return a
}

// resultOf has the figure of each job, NaN where it is not done.
func resultOf(r sweep.Report) viz.Variable {
	v := viz.Variable{Name: r.Figure.Split + " " + strings.ReplaceAll(r.Figure.Name, "_", " ")}
	for _, result := range r.Results {
		value, ok := r.Figure.Of(result, r.Figure.Split)
		if !ok {
			value = math.NaN()
		}
		v.Values = append(v.Values, value)
	}
	return v
}

// variableOf has the values of a setting: numbers or, if one is not a number, the numbers
// of their texts.
func variableOf(r sweep.Report, setting string) viz.Variable {
	v := viz.Variable{Name: setting}
	var labels []string
	var places []float64
	numbers := true
	for _, result := range r.Results {
		text := result.Value(setting)
		number, err := strconv.ParseFloat(text, 64)
		if text == "" {
			v.Values, places = append(v.Values, math.NaN()), append(places, math.NaN())
			continue
		}
		if !slices.Contains(labels, text) {
			labels = append(labels, text)
		}
		numbers = numbers && err == nil
		v.Values, places = append(v.Values, number), append(places, float64(slices.Index(labels, text)))
	}
	if !numbers {
		v.Values, v.Labels = places, labels
	}
	return v
}
