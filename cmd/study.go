package cmd

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"
	"gonum.org/v1/gonum/stat"

	"gaetrain/trainer"
	"gaetrain/trainer/pictures"
	"gaetrain/trainer/settings"
	"gaetrain/viz"
)

// studyOptions are what study labels can be told.
type studyOptions struct {
	Runs             string  `toml:"runs" group:"study" help:"folders of trained models, separated by commas"`
	Labels           []int   `toml:"labels" group:"study" help:"numbers of labelled images to train with; 0 for all"`
	Encoders         string  `toml:"encoders" group:"study" help:"what to compare, separated by commas: scratch (random weights), frozen, finetuned"`
	Seeds            int     `toml:"seeds" group:"study" help:"how often each is trained, every time on other labelled images"`
	ClassifierHidden []int   `toml:"classifier-hidden" group:"study" help:"widths of hidden layers between the code and the classes"`
	EncoderLRScale   float64 `toml:"encoder-lr-scale" group:"study" help:"learning rate of finetuned encoders as a share of the classifier's"`
	Out              string  `toml:"out" group:"output" help:"folder of the study: one run folder for each job, study.json and study.png"`
	trainer.Config
	Output
}

func studyDefaults() studyOptions {
	f := finetuneDefaults()
	f.Config.Pictures = 0
	return studyOptions{
		Labels: []int{100, 300, 1000, 3000, 10000, 0}, Encoders: "scratch,frozen,finetuned", Seeds: 3, EncoderLRScale: f.EncoderLRScale,
		Out: "study", Config: f.Config, Output: f.Output,
	}
}

func studyVerb() *cli.Command {
	return &cli.Command{
		Name:  "study",
		Usage: "train many classifiers and compare them",
		Description: `EXAMPLES:
   gaetrain study labels --runs runs/dense-sample-1 --labels 50,200,1000 --seeds 3`,
		Subcommands: []*cli.Command{{
			Name:  "labels",
			Usage: "how the accuracy grows with the number of labels, with and without pretraining",
			Description: `Trains a classifier on the encoder of each run for each number of labels, each seed and each
way to begin, as finetune does, and compares the accuracies on the test images. An encoder that
has learned from images alone helps most where labels are few; where there are many, training from
scratch catches up, and this study shows where. Stopped at any moment, the same command goes on
with the jobs that are left.

EXAMPLES:
   gaetrain study labels --runs runs/dense-sample-1 --labels 50,200,1000 --seeds 3
   gaetrain study labels --runs runs/dense,runs/denoising --encoders scratch,finetuned --out studies/labels`,
			Flags:  studyFlags(),
			Action: studyLabels,
		}},
		Action: func(c *cli.Context) error {
			if name := c.Args().First(); name != "" {
				return unknown("study", name, []string{"labels"})
			}
			return cli.ShowSubcommandHelp(c)
		},
		ArgsUsage: "labels",
	}
}

// perJob are settings that a study chooses for each job.
var perJob = []string{"model", "run", "resume", "pictures", "checkpoint-every", "seed", "time-limit"}

// studyFlags are the flags of the settings that all jobs share.
func studyFlags() []cli.Flag {
	return append(withoutFlags(flags(clone(studyDefaults())), perJob...), configFileFlag())
}

// job is one training of a study.
type job struct {
	Run     string `json:"run"`     // whose encoder
	Encoder string `json:"encoder"` // scratch, frozen or finetuned
	Labels  int    `json:"labels"`  // 0: all
	Seed    uint64 `json:"seed"`
}

// outcome is a job with what it gave.
type outcome struct {
	job
	Folder   string  `json:"folder"`
	Images   int     `json:"images"`   // labelled, held out ones among them
	Accuracy float64 `json:"accuracy"` // on the test images
	Epochs   int     `json:"epochs"`
	Seconds  float64 `json:"seconds"`
}

func (j job) folder(dir string) string {
	return filepath.Join(dir, fmt.Sprintf("%s-%s-%s-%d", filepath.Base(j.Run), j.Encoder, labelCount(j.Labels), j.Seed))
}

// jobs lists the trainings of a study: first all with one seed, then with the
// next, so that a stopped study has something to tell.
func (o studyOptions) jobs() (list []job) {
	for seed := range o.Seeds {
		for _, labels := range o.Labels {
			for _, run := range strings.Split(o.Runs, ",") {
				for _, encoder := range strings.Split(o.Encoders, ",") {
					list = append(list, job{strings.TrimSpace(run), strings.TrimSpace(encoder), labels, uint64(seed + 1)})
				}
			}
		}
	}
	return list
}

func (o studyOptions) validate() error {
	if strings.TrimSpace(o.Runs) == "" {
		return fmt.Errorf("%w: no trained models; hint: gaetrain study labels --runs runs/dense-sample-1", errUsage)
	}
	if o.Seeds < 1 || len(o.Labels) == 0 {
		return fmt.Errorf("%w: %d seeds and %d numbers of labels; hint: at least one of each", errUsage, o.Seeds, len(o.Labels))
	}
	if err := o.Output.validate(); err != nil {
		return err
	}
	folders := make(map[string]bool)
	for _, j := range o.jobs() {
		if !slices.Contains([]string{"scratch", "frozen", "finetuned"}, j.Encoder) {
			return unknown("encoder", j.Encoder, []string{"scratch", "frozen", "finetuned"})
		}
		if folders[j.folder(o.Out)] {
			return fmt.Errorf("%w: two jobs would be in %s; hint: each run, with a name of its own, and each number once", errUsage, j.folder(o.Out))
		}
		folders[j.folder(o.Out)] = true
		if err := o.labelled(j).Validate(); err != nil {
			return err
		}
	}
	return o.Config.Validate()
}

// labelled is what the training of a job is told.
func (o studyOptions) labelled(j job) trainer.Labelled {
	l := trainer.LabelledDefaults()
	l.From, l.Labels, l.ClassifierHidden = j.Run, j.Labels, o.ClassifierHidden
	switch j.Encoder {
	case "scratch":
		l.FromScratch, l.EncoderLRScale = true, o.EncoderLRScale
	case "frozen":
		l.EncoderLRScale = 0
	case "finetuned":
		l.EncoderLRScale = o.EncoderLRScale
	}
	return l
}

func studyLabels(c *cli.Context) error {
	o := studyDefaults()
	origins, err := layersOf(c, withoutNames(settings.Fields(&o), perJob...), c.String(configFlag))
	if err != nil {
		return err
	}
	if err := o.validate(); err != nil {
		return err
	}
	if err := settings.Check(origins, &o.Config); err != nil {
		return err
	}
	log := newLog(c.App.ErrWriter, o.Output)
	jobs := o.jobs()
	var outcomes []outcome
	for i, j := range jobs {
		done, err := o.perform(c.Context, j, origins, i, len(jobs), log)
		if err != nil {
			return err
		}
		outcomes = append(outcomes, done)
	}
	study := summarise(outcomes)
	if err := study.write(o.Out); err != nil {
		return err
	}
	return study.print(c.App.Writer, o.Out)
}

// perform makes one job's run, goes on with it, or reads what it gave.
func (o studyOptions) perform(ctx context.Context, j job, origins map[string]settings.Origin, at, of int, log *console) (outcome, error) {
	done := outcome{job: j, Folder: j.folder(o.Out)}
	all := finetuneDefaults()
	all.Config, all.Labelled, all.Output = o.Config, o.labelled(j), o.Output
	all.Seed, all.Run, all.Resume = j.Seed, done.Folder, true
	model, err := trainer.OpenModel(j.Run, all.FromCheckpoint)
	if err == nil {
		err = model.CanEncode()
	}
	if err != nil {
		return done, err
	}
	told := maps.Clone(origins)
	if err := all.adoptData(model, told); err != nil {
		return done, err
	}
	if err := all.begun(told); err != nil {
		return done, err
	}
	run := &trainer.Run{Dir: done.Folder}
	if _, err := run.Final(); err != nil {
		if err := os.MkdirAll(o.Out, 0o755); err != nil {
			return done, fmt.Errorf("%w: %w; hint: choose an --out that can be written to", trainer.ErrRun, err)
		}
		log.log.Info(fmt.Sprintf("job %d of %d", at+1, of), "run", done.Folder)
		if _, err := all.train(ctx, log, told); err != nil {
			return done, err
		}
	}
	final, err := run.Final()
	if err != nil {
		return done, err
	}
	result, err := pictures.ReadClassification(done.Folder)
	if err != nil {
		return done, err
	}
	info, err := trainer.ReadRunInfo(done.Folder)
	if err != nil {
		return done, err
	}
	done.Images = info.Data.Train
	done.Accuracy, done.Epochs, done.Seconds = result.Accuracy, final.Epochs, final.Seconds
	return done, nil
}

// begun returns an error if the folder of the job holds a run with other
// settings.
func (o *finetuneOptions) begun(given map[string]settings.Origin) error {
	info, err := trainer.ReadRunInfo(o.Run)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	old := o.Classifier
	if err := info.Fill(&old); err != nil {
		return err
	}
	if given["validation"] == "" { // then the run has chosen it
		o.Validation = old.Validation
	}
	return unchanged(settings.Fields(&o.Classifier), texts(settings.Fields(&old)), o.Run, info)
}

// summary is what the jobs of a study gave, by run, encoder and labels.
type summary struct {
	Rows     []summaryRow `json:"rows"`
	Outcomes []outcome    `json:"outcomes"`
}

type summaryRow struct {
	Run     string  `json:"run"`
	Encoder string  `json:"encoder"`
	Labels  int     `json:"labels"` // 0: all
	Images  int     `json:"images"` // as many as that were labelled, held out ones among them
	Seeds   int     `json:"seeds"`
	Mean    float64 `json:"mean"`   // accuracy
	Spread  float64 `json:"spread"` // standard deviation over the seeds
}

func summarise(outcomes []outcome) summary {
	s := summary{Outcomes: outcomes}
	accuracies, images := make(map[job][]float64), make(map[job]int)
	var order []job
	for _, o := range outcomes {
		key := o.job
		key.Seed = 0
		if accuracies[key] == nil {
			order = append(order, key)
		}
		accuracies[key], images[key] = append(accuracies[key], o.Accuracy), o.Images
	}
	for _, key := range order {
		mean, spread := stat.MeanStdDev(accuracies[key], nil)
		if len(accuracies[key]) == 1 {
			spread = 0
		}
		s.Rows = append(s.Rows, summaryRow{key.Run, key.Encoder, key.Labels, images[key], len(accuracies[key]), mean, spread})
	}
	return s
}

func (s summary) write(dir string) error {
	curves := s.curves()
	for name, write := range map[string]func(io.Writer) error{
		"study.json": func(w io.Writer) error { return printJSON(w, s) }, "study.svg": curves.SVG, "study.png": curves.PNG,
	} {
		if err := viz.WriteFile(filepath.Join(dir, name), write); err != nil {
			return fmt.Errorf("%w: %w; hint: is the disk full or the folder read-only?", trainer.ErrRun, err)
		}
	}
	return nil
}

// curves draws the accuracy of each encoder of each run against the number of
// labels; all of them stand at as many as there were.
func (s summary) curves() viz.Lines {
	figure := viz.Lines{Title: "Accuracy against the number of labels", XLabel: "labelled images", YLabel: "accuracy on test images, %", LogX: true}
	for _, r := range s.Rows {
		name := s.column(r)
		i := slices.IndexFunc(figure.Lines, func(l viz.Line) bool { return l.Name == name })
		if i < 0 {
			i = len(figure.Lines)
			figure.Lines = append(figure.Lines, viz.Line{Name: name})
		}
		l := &figure.Lines[i]
		l.X, l.Y, l.Spread = append(l.X, float64(r.Images)), append(l.Y, 100*r.Mean), append(l.Spread, 100*r.Spread)
	}
	return figure
}

// column names a row's curve and its column of the table: the encoder and, where
// there are several, the run it is of.
func (s summary) column(r summaryRow) string {
	if slices.ContainsFunc(s.Rows, func(other summaryRow) bool { return other.Run != r.Run }) {
		return r.Encoder + " " + filepath.Base(r.Run)
	}
	return r.Encoder
}

// print writes a table with a row for each number of labels and a column for
// each encoder of each run.
func (s summary) print(w io.Writer, dir string) error {
	var columns, labels []string
	cells := make(map[[2]string]string)
	for _, r := range s.Rows {
		column, row := s.column(r), labelCount(r.Labels)
		if !slices.Contains(columns, column) {
			columns = append(columns, column)
		}
		if !slices.Contains(labels, row) {
			labels = append(labels, row)
		}
		cells[[2]string{row, column}] = fmt.Sprintf("%.2f ± %.2f %%", 100*r.Mean, 100*r.Spread)
	}
	rows := [][]string{append([]string{"labels"}, columns...)}
	for _, row := range labels {
		line := []string{row}
		for _, column := range columns {
			line = append(line, cells[[2]string{row, column}])
		}
		rows = append(rows, line)
	}
	fmt.Fprintf(w, "accuracy on test images, mean and standard deviation over seeds; every run is in %s\n\n", dir)
	return table(w, rows...)
}

func labelCount(labels int) string {
	if labels == 0 {
		return "all"
	}
	return fmt.Sprint(labels)
}
