package cmd

import (
	"context"
	"fmt"
	"io"
	"maps"
	"path/filepath"
	"reflect"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"

	"gaetrain/loaders"
	"gaetrain/loaders/files"
	"gaetrain/trainer"
	"gaetrain/trainer/pictures"
	"gaetrain/trainer/recipes"
	"gaetrain/trainer/settings"
)

type compareOptions struct {
	Runs       string `toml:"runs" group:"input" help:"Folders of two or more runs, separated by commas or spaces; patterns such as runs/lr-* are expanded"`
	Checkpoint string `toml:"checkpoint" group:"input" help:"Checkpoint whose weights are used: last or best"`
	DataDir    string `toml:"data-dir" group:"input" help:"Folder that is searched first for data sets"`
	Images     int    `toml:"images" group:"output" help:"Number of test images to draw, spread over the test set, 1 or more"`
	Out        string `toml:"out" group:"output" help:"Folder for the pictures and the figures"`
	JSON       bool   `toml:"json" group:"output" help:"Print JSON instead of tables"`
	Output
}

// compareFile is the file that compare writes beside its pictures.
const compareFile = "compare.json"

// sideBySide is the JSON object that compare prints.
type sideBySide struct {
	Dataset    string        `json:"dataset"`
	Shape      string        `json:"shape"`
	Images     int           `json:"images"` // of the test split
	Pictured   int           `json:"pictured"`
	Checkpoint string        `json:"checkpoint"`
	Runs       []comparedRun `json:"runs"`
	// Differences are the settings in which the runs differ, as text, in the
	// order of the runs.
	Differences []difference `json:"differences"`
	Comparable  bool         `json:"losses_comparable"` // whether all runs have the same objective
	Alignment   alignment    `json:"cka"`
	Pictures    []string     `json:"pictures"`
}

// comparedRun is one of the runs. Its figures are those of the test images after
// the epoch of the checkpoint.
type comparedRun struct {
	Run        string `json:"run"`
	Model      string `json:"model"`
	Code       int    `json:"code"`
	Parameters int    `json:"parameters"`
	Epochs     int    `json:"epochs"` // of all stages, up to that epoch
	trainer.Figures
	Seconds     float64 `json:"seconds"`      // of training and evaluation, up to that epoch
	PicturedMSE float64 `json:"pictured_mse"` // of the images that are drawn
	// Validation has the figures of the validation set after the same epoch; nil without one.
	Validation *trainer.Figures `json:"validation,omitempty"`
}

type difference struct {
	Setting string   `json:"setting"`
	Values  []string `json:"values"`
}

func compareVerb() *cli.Command {
	defaults := compareOptions{Checkpoint: trainer.LastCheckpoint, Images: 32, Out: "comparison", Output: Output{LogFormat: "text"}}
	return &cli.Command{
		Name:  "compare",
		Usage: "compare runs by their figures, settings and reconstructions of the same images",
		Description: `This verb prints the figures of each run on the test images, and the settings in which the runs
differ. It also prints the linear CKA of the codes of each two runs, for up to 5,000 test images:
1 if they are equal up to a rotation and a scale, near 0 if they are unrelated (Kornblith 2019).
Two runs that differ only in their seed show how much of a difference is chance. The name of a
run is the name of its folder. All runs must have the same test images. The folder --out gets
compare.json, reconstructions.png with test images and their reconstructions by each run, and
mse.png and mse.svg with the errors of all epochs. If the runs have the same objective, it also
gets loss.png and loss.svg. Losses of different objectives cannot be compared.
Earlier comparisons are never replaced. The default folder gets the next free number, such as
comparison-2. If --out names a folder with a comparison, it is refused.

EXAMPLES:
   gaetrain compare --runs runs/dense-sample-1,runs/conv-sample-1
   gaetrain compare --runs runs/lr-*
   gaetrain compare --runs runs/a,runs/b,runs/c --checkpoint best --out best --json`,
		Flags: flags(clone(defaults)),
		Action: func(c *cli.Context) error {
			o := defaults
			if _, err := layers(c, &o, ""); err != nil {
				return err
			}
			if err := o.Output.validate(); err != nil {
				return err
			}
			runs, err := o.runs()
			if err != nil {
				return err
			}
			if o.Out, err = o.folder(c); err != nil {
				return err
			}
			return o.compare(c.Context, c.App.Writer, newLog(c.App.ErrWriter, o.Output), runs)
		},
	}
}

// runs lists the folders of the runs.
func (o compareOptions) runs() ([]string, error) {
	runs, err := listRuns(o.Runs)
	switch {
	case err != nil:
		return nil, err
	case len(runs) < 2:
		return nil, fmt.Errorf("%w: --runs names %s, but a comparison needs at least 2; hint: gaetrain compare --runs runs/dense-sample-1,runs/conv-sample-1", errUsage, many(len(runs), "run"))
	case o.Images < 1:
		return nil, fmt.Errorf("%w: images is %d; hint: at least 1", errUsage, o.Images)
	}
	return runs, nil
}

// folder returns the folder to write to: that of --out, which must hold no comparison,
// or the default with the next free number.
func (o compareOptions) folder(c *cli.Context) (string, error) {
	switch out := strings.TrimSpace(o.Out); {
	case out == "":
		return "", fmt.Errorf("%w: --out is empty; hint: the name of a folder, for example comparison", errUsage)
	case !wasGiven(c, "out"):
		return files.Unused(out, ""), nil
	case files.Taken(filepath.Join(out, compareFile), "") != "":
		return "", fmt.Errorf("%w: --out %s holds a comparison; hint: choose another folder, or remove it first", errUsage, out)
	default:
		return out, nil
	}
}

// trainedRuns leaves out runs without a finished epoch, such as the job of a sweep that
// diverged in its first one, if at least two others can be compared.
func trainedRuns(runs []string, log *console) []string {
	var trained, without []string
	for _, run := range runs {
		records, err := trainer.ReadRecords(run)
		if err == nil && len(records) == 0 && trainer.HasCheckpoint(run) {
			without = append(without, run)
		} else {
			trained = append(trained, run) // an error is reported when the model is read
		}
	}
	if len(trained) < 2 {
		return runs
	}
	for _, run := range without {
		log.note(fmt.Sprintf("%s is left out, because it has not finished an epoch", run))
	}
	return trained
}

func (o compareOptions) compare(ctx context.Context, w io.Writer, log *console, runs []string) error {
	runs = trainedRuns(runs, log)
	models := make([]*trainer.Trained, len(runs))
	for i, run := range runs {
		var err error
		if models[i], err = trainer.OpenModel(recipes.Find, run, o.Checkpoint); err != nil {
			return err
		}
		if models[i].IsClassifier() {
			return fmt.Errorf("%w: %s is a classifier, which reconstructs no images; hint: 'gaetrain study' compares classifiers", errUsage, run)
		}
		if err := sameImages(runs[0], models[0], run, models[i]); err != nil {
			return err
		}
	}
	test, err := o.images(ctx, models[0], log)
	if err != nil {
		return err
	}
	images := test.Stratified(o.Images)
	info := models[0].Info.Data
	result := sideBySide{
		Dataset: info.Name, Shape: info.Shape, Images: info.Test, Pictured: images.Len(), Checkpoint: o.Checkpoint,
		Differences: differences(models), Comparable: true,
	}
	var all []pictures.ComparedRun
	names := shortNames(runs)
	for i, model := range models {
		drawn, figures, err := figuresOf(ctx, runs[i], names[i], model, images)
		if err != nil {
			return err
		}
		all, result.Runs = append(all, drawn), append(result.Runs, figures)
		result.Comparable = result.Comparable && model.SameObjective(models[0])
	}
	if result.Alignment, err = alignCodes(ctx, models, test.Stratified(alignedImages)); err != nil {
		return err
	}
	title := fmt.Sprintf("%s on %s%s", strings.Join(names, ", "), info.Name, sharedCode(result.Runs))
	picture := pictures.Comparison{Title: title, View: pictures.ViewOf(models[0]), Images: images, Runs: all, Losses: result.Comparable}
	if result.Pictures, err = picture.Draw(o.Out); err != nil {
		return err
	}
	if _, err := keep(o.Out, compareFile, result); err != nil {
		return err
	}
	if o.JSON {
		return printJSON(w, result)
	}
	return result.print(w, models[0].Shape().Words("images"), filepath.Join(o.Out, compareFile))
}

// sameImages reports why the test images of two runs are not the same.
func sameImages(first string, a *trainer.Trained, second string, b *trainer.Trained) error {
	different := func(what string, one, other any) error {
		return fmt.Errorf("%w: %s of %s is %v, but that of %s is %v; hint: only runs with the same test images can be compared", errUsage, what, first, one, second, other)
	}
	x, y := a.Info.Data, b.Info.Data
	switch {
	case x.Name != y.Name:
		return different("the data set", x.Name, y.Name)
	case x.Shape != y.Shape:
		return different("the shape of images", x.Shape, y.Shape)
	case x.Test != y.Test:
		return different("the number of test images", x.Test, y.Test)
	case !reflect.DeepEqual(x.Scaling, y.Scaling):
		return fmt.Errorf("%w: the data of %s and %s are scaled in different ways, so their errors have different units; hint: train both with the same --scale, --validation and --train-images", errUsage, first, second)
	case a.Config.Motion != b.Config.Motion:
		return different("the motion", a.Config.Motion, b.Config.Motion)
	}
	others := settings.Fields(&b.Config.ImageOptions, &b.Config.SplitOptions, &b.Config.ClassOptions)
	for i, f := range settings.Fields(&a.Config.ImageOptions, &a.Config.SplitOptions, &a.Config.ClassOptions) {
		if f.Name != "strict" && f.Name != "contaminate" && !f.Equal(others[i]) {
			return different("the setting "+f.Name, f, others[i])
		}
	}
	for file, digest := range x.Digest {
		if other, ok := y.Digest[file]; ok && !trainer.SameDigest(other, digest) {
			return different("the digest of "+file, digest, other)
		}
	}
	return nil
}

// images returns the test images of the data set of the first run.
func (o compareOptions) images(ctx context.Context, model *trainer.Trained, log *console) (loaders.Split, error) {
	from := ModelOptions{DataDir: o.DataDir}
	data, err := from.open(ctx, model, log)
	if err != nil {
		return loaders.Split{}, err
	}
	return data.Test, nil
}

// figuresOf reads a run's figures from its records, and reconstructs the images with its
// model.
func figuresOf(ctx context.Context, run, name string, model *trainer.Trained, images loaders.Split) (pictures.ComparedRun, comparedRun, error) {
	records, err := trainer.ReadRecords(run)
	if err != nil {
		return pictures.ComparedRun{}, comparedRun{}, err
	}
	last := -1
	for i, r := range records {
		if r.Stage == model.Stage.Name && r.Epoch == model.Epoch && r.Split == "test" {
			last = i
		}
	}
	if last < 0 {
		return pictures.ComparedRun{}, comparedRun{}, fmt.Errorf("%w: %s has not finished an epoch, so it has no figures; hint: gaetrain train --resume --run %s", trainer.ErrRun, run, shellWord(run))
	}
	drawn := pictures.ComparedRun{Name: name, Stage: model.Stage.Name, Records: records}
	if drawn.Reconstructed, err = model.Reconstruct(ctx, images); err != nil {
		return drawn, comparedRun{}, err
	}
	figures := comparedRun{
		Run: run, Model: model.Config.Model, Code: model.CodeSize(), Parameters: model.Parameters.Count(),
		Figures: records[last].Figures, PicturedMSE: drawn.MSE(),
	}
	for _, r := range records[:last+1] {
		if same := records[last]; r.Split == "validation" && r.Epoch == same.Epoch && r.Stage == same.Stage {
			figures.Validation = &r.Figures
		}
		figures.Seconds += r.Seconds
		if r.Split == "train" {
			figures.Epochs++
		}
	}
	return drawn, figures, nil
}

// without lists settings that do not change a model, or that the table of runs already
// shows.
var without = append([]string{"model", "dataset"}, trainer.Harmless...)

// differences lists the recorded settings in which models differ. If a model does not have
// a setting, its value is a dash.
func differences(models []*trainer.Trained) (list []difference) {
	names := make(map[string]bool)
	for _, model := range models {
		for name := range model.Info.Configuration {
			names[name] = true
		}
	}
	for _, name := range slices.Sorted(maps.Keys(names)) {
		d := difference{Setting: name}
		for _, model := range models {
			text := "–"
			if setting, ok := model.Info.Configuration[name]; ok {
				text = setting.String()
			}
			d.Values = append(d.Values, text)
		}
		if slices.Contains(without, name) || len(slices.Compact(slices.Clone(d.Values))) == 1 {
			continue
		}
		list = append(list, d)
	}
	return list
}

// sharedCode is the part of a title with the code size, if all runs have the same size.
func sharedCode(runs []comparedRun) string {
	for _, r := range runs {
		if r.Code != runs[0].Code {
			return ""
		}
	}
	return fmt.Sprintf(", code %d", runs[0].Code)
}

// shortNames returns the last parts of paths, or the whole paths if two parts are the same.
func shortNames(paths []string) []string {
	short := make([]string, len(paths))
	for i, path := range paths {
		short[i] = filepath.Base(path)
		if slices.Contains(short[:i], short[i]) {
			return paths
		}
	}
	return short
}

// print prints a table of the runs and one of their differences.
func (s sideBySide) print(w io.Writer, images, file string) error {
	printf(w, "%s: %d test %s of %s\n\n", s.Dataset, s.Images, images, s.Shape)
	rows := [][]string{{"run", "model", "code", "parameters", "epochs", "validation mse", "mse", "loss", "seconds"}}
	header := []string{"setting"}
	for _, r := range s.Runs {
		validation := "–"
		if r.Validation != nil {
			validation = fmt.Sprintf("%.7f", r.Validation.MSE)
		}
		rows = append(rows, []string{
			r.Run, r.Model, fmt.Sprint(r.Code), fmt.Sprint(r.Parameters), fmt.Sprint(r.Epochs), validation,
			fmt.Sprintf("%.7f", r.MSE), fmt.Sprintf("%.5g", r.Loss), fmt.Sprintf("%.1f", r.Seconds),
		})
		header = append(header, r.Run)
	}
	if err := table(w, rows...); err != nil {
		return err
	}
	if slices.ContainsFunc(s.Runs, func(r comparedRun) bool { return r.Validation != nil }) {
		printf(w, "mse and loss are of the test "+images+"; hint: choose settings by the validation mse\n")
	}
	if !s.Comparable {
		printf(w, "the losses cannot be compared, because the runs have different objectives; hint: compare the mse\n")
	}
	if len(s.Differences) > 0 {
		rows = [][]string{header}
		for _, d := range s.Differences {
			row := []string{d.Setting}
			for _, value := range d.Values {
				if value == "" {
					value = "none"
				}
				row = append(row, value)
			}
			rows = append(rows, row)
		}
		printf(w, "\n")
		if err := table(w, rows...); err != nil {
			return err
		}
	}
	if err := s.Alignment.print(w, header); err != nil {
		return err
	}
	printf(w, "\npictures   %s\nfigures    %s\n", strings.Join(s.Pictures, ", "), file)
	return nil
}
