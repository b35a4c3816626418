package cmd

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"

	"gaetrain/trainer"
	"gaetrain/trainer/pictures"
	"gaetrain/trainer/recipes"
	"gaetrain/trainer/settings"
)

// studyOptions are the settings of study labels.
type studyOptions struct {
	Runs     string `toml:"runs" group:"study" help:"Folders of trained models, separated by commas or spaces; patterns such as runs/lr-* are expanded"`
	Labels   []int  `toml:"labels" group:"study" help:"Numbers of labelled images to train with; 0 for all"`
	Encoders string `toml:"encoders" group:"study" help:"Encoders to compare: scratch (random weights), frozen, finetuned, or svm (SVM on frozen codes)"`
	Seeds    int    `toml:"seeds" group:"study" help:"Number of runs per classifier, each with another seed and other labelled images, 1 or more"`
	Studied
	Out string `toml:"out" group:"output" help:"Folder of the study, with a run folder for each job, study.json and study.png"`
	trainer.Config
	Output
}

// Studied holds the settings of the model classifier that a study has as well.
type Studied struct {
	ClassifierHidden []int   `toml:"classifier-hidden" group:"study" help:"Widths of hidden layers between the code and the classes"`
	EncoderLRScale   float64 `toml:"encoder-lr-scale" group:"study" help:"Learning rate of the encoder relative to the classifier, 0 or more"`
}

func studyDefaults() studyOptions {
	f := finetuneDefaults()
	f.Config.Pictures = 0
	o := studyOptions{
		Labels: []int{100, 300, 1000, 3000, 10000, 0}, Encoders: "scratch,frozen,finetuned", Seeds: 3,
		Out: "study", Config: f.Config, Output: f.Output,
	}
	if err := adopt(settings.Fields(&o.Studied), settings.Fields(f.model)); err != nil {
		panic(err) // the two structs do not fit together
	}
	return o
}

func studyVerb() *cli.Command {
	return &cli.Command{
		Name:  "study",
		Usage: "train many models and compare them",
		Description: `'gaetrain study labels' measures the accuracy of classifiers for several numbers of labelled
images, with and without pretraining. 'gaetrain study factors' measures how the codes of models
relate to known factors of the images, and how much of it is decided by the seed.
'gaetrain study labels --help' shows its flags.

EXAMPLES:
   gaetrain study labels --runs runs/dense-sample-1 --labels 50,200,1000 --seeds 3
   gaetrain study factors weights.toml`,
		Subcommands: []*cli.Command{{
			Name:  "labels",
			Usage: "measure the accuracy against the number of labels, pretrained or not",
			Description: `This verb trains classifiers on the encoder of each run as finetune does: one for each number of
labels, each seed and each kind of encoder. It compares their accuracies on the test images. A
pretrained encoder helps most with few labels. With many labels, training from scratch is as
good. With svm in --encoders, a support vector machine with a Gaussian kernel classifies codes of
the frozen encoder, for at most 5,000 labelled images. Its width and penalty are chosen by
cross-validation with five folds. The folder --out gets one run folder per job, study.json,
study.png and study.svg. After an interruption, the same command continues with the remaining
jobs.

EXAMPLES:
   gaetrain study labels --runs runs/dense-sample-1 --labels 50,200,1000 --seeds 3
   gaetrain study labels --runs runs/dense,runs/denoising --encoders scratch,finetuned --out few
   gaetrain study labels --runs runs/vae --encoders frozen,svm --labels 100,1000`,
			Flags:  studyFlags(),
			Action: studyLabels,
		}, studyFactorsVerb()},
		Action: func(c *cli.Context) error {
			if name := c.Args().First(); name != "" {
				return unknown("study", name, []string{"labels", "factors"})
			}
			return cli.ShowSubcommandHelp(c)
		},
		ArgsUsage: "labels | factors FILE",
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
	Run     string `json:"run"`     // the run whose encoder is used
	Encoder string `json:"encoder"` // one of encoders
	Labels  int    `json:"labels"`  // 0: all
	Seed    uint64 `json:"seed"`
}

// outcome is a job with its result.
type outcome struct {
	job
	Folder   string  `json:"folder"`
	Images   int     `json:"images"`   // labelled, including the validation set
	Accuracy float64 `json:"accuracy"` // on the test images
	Epochs   int     `json:"epochs"`
	Seconds  float64 `json:"seconds"`
}

func (j job) folder(dir string) string {
	return filepath.Join(dir, fmt.Sprintf("%s-%s-%s-%d", filepath.Base(j.Run), j.Encoder, labelCount(j.Labels), j.Seed))
}

// jobs lists the trainings of a study: first all with one seed, then with the
// next, so that an interrupted study has results.
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

// encoders are the values of --encoders.
var encoders = []string{"scratch", "frozen", "finetuned", svmEncoder}

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
		if !slices.Contains(encoders, j.Encoder) {
			return unknown("encoder", j.Encoder, encoders)
		}
		if folders[j.folder(o.Out)] {
			return fmt.Errorf("%w: two jobs would have the folder %s; hint: name each run and each number once, and give runs different names", errUsage, j.folder(o.Out))
		}
		folders[j.folder(o.Out)] = true
		all, err := o.finetune(j)
		if err == nil {
			err = all.check(nil)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// finetune returns the settings of a job.
func (o studyOptions) finetune(j job) (finetuneOptions, error) {
	all := finetuneDefaults()
	all.Config, all.Output = o.Config, o.Output
	all.From, all.Labels, all.FromScratch = j.Run, j.Labels, j.Encoder == "scratch"
	all.Seed, all.Run, all.Resume = j.Seed, j.folder(o.Out), true
	if j.Encoder == "frozen" {
		o.EncoderLRScale = 0
	}
	of := settings.Fields(&o.Studied)
	var same []settings.Field
	for _, f := range settings.Fields(all.model) {
		if _, ok := settings.Named(of, f.Name); ok {
			same = append(same, f)
		}
	}
	return all, adopt(same, of)
}

func studyLabels(c *cli.Context) error {
	o := studyDefaults()
	origins, err := layersOf(c, withoutNames(settings.Fields(&o), perJob...), c.String(configFlag))
	if err != nil {
		return err
	}
	runs, err := listRuns(o.Runs)
	if err != nil {
		return err
	}
	o.Runs = strings.Join(runs, ",")
	if err := o.validate(); err != nil {
		return err
	}
	if err := settings.Check(origins, &o.Config); err != nil {
		return err
	}
	log := newLog(c.App.ErrWriter, o.Output)
	o.shrink(c, log, origins, runs)
	jobs := o.jobs()
	var kinds []string
	for _, j := range jobs {
		kinds = append(kinds, j.Encoder)
	}
	if err := o.checkSVM(kinds, origins); err != nil {
		return err
	}
	var outcomes []outcome
	for i, j := range jobs {
		done, err := o.perform(c.Context, j, origins, i, len(jobs), log)
		if err != nil {
			return interrupted(c.Context, err, i, len(jobs))
		}
		outcomes = append(outcomes, done)
	}
	study := summarise(outcomes)
	if err := study.write(o.Out); err != nil {
		return err
	}
	return study.print(c.App.Writer, o.Out)
}

// interrupted returns the error of a study whose job failed. A job that was stopped before
// its first checkpoint can be started again if others are done.
func interrupted(ctx context.Context, err error, done, of int) error {
	if errors.Is(err, errUnsaved) && done > 0 {
		return fmt.Errorf("%w: %w; %d of %d jobs are done; hint: the same command continues", trainer.ErrStopped, context.Cause(ctx), done, of)
	}
	return err
}

// shrink removes the default numbers of labels that exceed the number of images that the
// runs were trained on. Unlabelled data are refused later.
func (o *studyOptions) shrink(c *cli.Context, log *console, origins map[string]settings.Origin, runs []string) {
	images := 0
	for _, run := range runs {
		info, err := trainer.ReadRunInfo(run)
		if err != nil || origins["dataset"] != "" || origins["train-images"] != "" {
			return
		}
		images = max(images, info.Data.Train)
	}
	shrink(c, log, &o.Labels, "labels", below(o.Labels, images), counted(images, "train"))
}

// perform starts or resumes the run of a job, or reads its result.
func (o studyOptions) perform(ctx context.Context, j job, origins map[string]settings.Origin, at, of int, log *console) (outcome, error) {
	done := outcome{job: j, Folder: j.folder(o.Out)}
	all, err := o.finetune(j)
	if err != nil {
		return done, err
	}
	model, err := trainer.OpenModel(recipes.Find, j.Run, all.FromCheckpoint)
	if err == nil {
		err = model.CanEncode()
	}
	if err != nil {
		return done, err
	}
	given := maps.Clone(origins)
	if err := all.adoptData(model, given); err != nil {
		return done, err
	}
	if j.Encoder == svmEncoder {
		result, err := all.performSVM(ctx, model, log, func() { log.log.Info(fmt.Sprintf("job %d of %d", at+1, of), "run", done.Folder) })
		done.Images, done.Accuracy, done.Seconds = result.Images, result.Accuracy, result.Seconds
		if n := result.Unfinished; n > 0 {
			log.warn(fmt.Sprintf("%s: the SVM stopped before its optimum for %s of classes, at the limit of its steps, so its accuracy may be too low", done.Folder, many(n, "pair")))
		}
		return done, err
	}
	if err := all.begun(given, model); err != nil {
		return done, err
	}
	run := &trainer.Run{Dir: done.Folder}
	if _, err := run.Final(); err != nil {
		if err := os.MkdirAll(o.Out, 0o755); err != nil {
			return done, fmt.Errorf("%w: %w; hint: choose a folder with --out that can be written to", trainer.ErrRun, err)
		}
		log.log.Info(fmt.Sprintf("job %d of %d", at+1, of), "run", done.Folder)
		if _, err := all.train(ctx, log, given); err != nil {
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
	if j.Labels > done.Images {
		log.once(log.warn, fmt.Sprintf("--labels %d is more than the %d labelled images of %s, which are all used", j.Labels, done.Images, j.Run))
	}
	done.Accuracy, done.Epochs, done.Seconds = result.Accuracy, final.Epochs, final.Seconds
	return done, nil
}

// begun returns an error if the folder of the job holds a run with other settings,
// or one that began with other weights of the model.
func (o *finetuneOptions) begun(given map[string]settings.Origin, model *trainer.Trained) error {
	info, err := trainer.ReadRunInfo(o.Run)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	if of := info.Encoder; of != nil && of.Weights != "" && of.Weights != model.Digest() {
		return fmt.Errorf("%w: %s was started with other weights of %s, which has been trained since; hint: choose another --out, or remove %s", trainer.ErrConfiguration, o.Run, o.From, o.Run)
	}
	old := finetuneDefaults()
	if err := info.Fill(old.recorded()...); err != nil {
		return err
	}
	if given["validation"] == "" { // the run has chosen its own number
		o.Validation = old.Validation
	}
	if given["patience"] == "" && old.Validation == 0 { // settle has changed the patience
		o.Patience = old.Patience
	}
	if o.Background == "auto" { // the data have decided the background
		o.Background = old.Background
	}
	return unchanged(o.fields(), texts(old.fields()), o.Run, info, trainer.Harmless)
}
