package cmd

import (
	"fmt"
	"math"
	"strconv"

	"github.com/urfave/cli/v2"

	"gaetrain/loaders"
	"gaetrain/trainer"
	"gaetrain/trainer/evaluate"
	"gaetrain/trainer/pictures"
)

type judgeOptions struct {
	ModelOptions
	By          string  `toml:"by" group:"judge" help:"run of a classifier of the same images, as 'finetune' trains it"`
	Images      int     `toml:"images" group:"judge" help:"samples to judge, beside as many test and training images"`
	Neighbours  int     `toml:"neighbours" group:"judge" help:"neighbour that the balls of precision, recall, density and coverage reach to"`
	Seed        uint64  `toml:"seed" group:"judge" help:"of the samples, as in 'sample'"`
	Temperature float64 `toml:"temperature" group:"judge" help:"of the samples, as in 'sample'"`
	JSON        bool    `toml:"json" group:"output" help:"print JSON instead of tables"`
	Output
}

// judgeFile is what judge writes into the run folder.
const judgeFile = "judge.json"

func judgeVerb() *cli.Command {
	defaults := judgeOptions{ModelOptions: modelDefaults(), Images: 10000, Neighbours: 5, Seed: 1, Temperature: 1, Output: Output{LogFormat: "text"}}
	return &cli.Command{
		Name:  "judge",
		Usage: "measure how good and how new the samples of a model are",
		Description: `Draws images as 'sample' does, of all classes in turn if the model is conditional, and holds them against the test images by what a classifier of the
same images sees in them: the features that its last layer takes, and its classes. Two lines frame
the figures of the samples: training images, the best that a model can hope for, and draws of the
Gaussian of the pixels with as many components as a code has values, which a model should beat.
No one number tells that samples are good; each has a caveat:

   frechet      distance of means and covariances of the features, called the Fréchet distance in
                the features of the judge: it is no FID, has the scale of this judge, falls with
                more images, and sees nothing but two moments
   precision    share of samples within the k-nearest-neighbour balls of test images: rises for
                samples that are all typical, whatever they leave out; outliers make balls large
   recall       share of test images within such balls of samples: odd samples have large balls, so
                noise can raise it
   density      as precision, counting balls over k; 1 is what another sample of the same has
   coverage     share of test images with a sample in their ball: falls for what is left out
   class_kl     divergence of the classes of samples from those of test images, in nats; within a
                class all may be the same, and the judge must choose a class for nonsense too
   confidence   mean probability of the class chosen: of blurred images a judge may well be sure
   nearest      mean distance of 1,000 of the images from the training image nearest to each, in
                pixels and in features. Copies are nearer than test images are; so are blurred
                images in pixels. Look at the picture, which shows both

They go into judge.json of the run, nearest.png and classes.png among its pictures.

EXAMPLES:
   gaetrain train --model conv --code-activation relu --run runs/conv --epochs 1
   gaetrain finetune --from runs/conv --from-scratch --encoder-lr-scale 1 --learning-rate 0.001 --run runs/judge
   gaetrain judge --run runs/vae-sample-1 --by runs/judge`,
		Flags: flags(clone(defaults)),
		Action: func(c *cli.Context) error {
			o := defaults
			model, log, err := openModel(c, &o, func(o *judgeOptions) (*ModelOptions, Output) { return &o.ModelOptions, o.Output })
			if err != nil {
				return err
			}
			t := trial{judgeOptions: o, model: model}
			if err := t.open(c, log); err != nil {
				return err
			}
			if err := t.judge(c); err != nil {
				return err
			}
			return t.tell(c)
		},
	}
}

// trial is one run of the verb.
type trial struct {
	judgeOptions
	model, by *trainer.Model
	prior     *prior
	data      *loaders.Dataset
	classes   []string // of the judge
	count     int      // images of a kind
	test      loaders.Split
	samples   loaders.Split
	verdict   verdict

	logits   evaluate.Matrix // of the samples
	pictured []pictures.Resembling
}

// open checks the options, opens the judge and the images, and draws samples.
func (t *trial) open(c *cli.Context, log *console) (err error) {
	switch {
	case t.By == "":
		return fmt.Errorf("%w: no judge; hint: --by names the run of a classifier, see gaetrain judge --help", errUsage)
	case t.Images < 2:
		return fmt.Errorf("%w: images is %d; hint: 10000, at least 2", errUsage, t.Images)
	}
	if err := checkTemperature(t.Temperature); err != nil {
		return err
	}
	if t.by, err = trainer.OpenModel(t.By, trainer.BestCheckpoint); err != nil {
		return err
	}
	if t.by.Stage.Architecture.Classifier == nil {
		return fmt.Errorf("%w: %s is no classifier; hint: gaetrain finetune trains one", trainer.ErrConfiguration, t.By)
	}
	if t.data, err = t.ModelOptions.open(c, t.model, log); err != nil {
		return err
	}
	if got, want := t.by.Stage.Architecture.Input, t.model.Stage.Architecture.Input; got != want {
		return fmt.Errorf("%w: the judge takes images of %s, the model makes images of %s", trainer.ErrConfiguration, got, want)
	}
	t.count = min(t.Images, t.data.Test.Len(), t.data.Train.Len())
	t.test = t.data.Test.Spread(t.count)
	if t.Neighbours < 1 || t.Neighbours >= t.count {
		return fmt.Errorf("%w: neighbours is %d; hint: at least 1, fewer than the %d images", errUsage, t.Neighbours, t.count)
	}
	if t.prior, err = newPrior(c, t.model, &t.ModelOptions, log); err != nil {
		return err
	}
	images, err := t.model.Decode(c.Context, t.prior.draw(t.count, t.Seed, t.Temperature), t.prior.labels(t.count))
	t.samples = t.valued(images)
	return err
}

// valued are images that no file holds.
func (t *trial) valued(images []float32) loaders.Split {
	return loaders.Split{Shape: shape(t.model), Values: images}
}

// judge finds what is to be found of each set.
func (t *trial) judge(c *cli.Context) error {
	_, known, err := t.by.Classify(c.Context, t.data.Train)
	if err != nil {
		return err
	}
	width := len(known) / t.data.Train.Len()
	pixels := evaluate.Pixels(t.data.Train)
	floor, err := evaluate.NewPCA(pixels, min(t.prior.size(), pixels.Columns))
	if err != nil {
		return err
	}
	noise := evaluate.NewMatrix(trainer.Draw(t.count, len(floor.Variance), t.Seed, 1), len(floor.Variance))
	j := jury{trial: t, width: width}
	for _, training := range []evaluate.Matrix{pixels, evaluate.NewMatrix(known, width)} {
		index, err := evaluate.NewNearestNeighbours(training)
		if err != nil {
			return err
		}
		j.training = append(j.training, index)
	}
	for _, set := range []struct {
		name   string
		images loaders.Split
	}{
		{testSet, t.test}, {sampleSet, t.samples}, {trainingSet, t.data.Train.Spread(t.count)},
		{"Gaussian of pixels", t.valued(clamped(floor.Draw(noise).Values))},
	} {
		if err := j.find(c, set.name, set.images); err != nil {
			return err
		}
	}
	t.verdict.Sets = append(t.verdict.Sets[1:], t.verdict.Sets[0]) // the test images last
	return nil
}

const (
	testSet     = "test images"
	sampleSet   = "samples"
	trainingSet = "training images"
)

// jury holds what sets of images are held against.
type jury struct {
	*trial
	width    int
	features evaluate.Matrix // of the test images
	shares   []float64       // of their classes
	training []*evaluate.NearestNeighbours
}

// find finds what is to be found of a set; that of the test images comes first.
func (j *jury) find(c *cli.Context, name string, images loaders.Split) error {
	logits, values, err := j.by.Classify(c.Context, images)
	if err != nil {
		return err
	}
	classes := len(logits) / images.Len()
	features, f := evaluate.NewMatrix(values, j.width), finding{Set: name}
	if f.Shares, err = evaluate.Sort(evaluate.NewMatrix(logits, classes)); err != nil {
		return err
	}
	if name == testSet {
		j.features, j.shares = features, f.Shares.Shares
		j.introduce(logits, classes)
	} else {
		distance, err := evaluate.Frechet(features, j.features)
		if err != nil {
			return err
		}
		overlap, err := evaluate.Compare(j.features, features, j.Neighbours)
		if err != nil {
			return err
		}
		f.Frechet, f.Overlap = &distance, &overlap
	}
	if divergence := evaluate.Divergence(f.Shares.Shares, j.shares); !math.IsInf(divergence, 1) {
		f.ClassDivergence = &divergence
	}
	if name == sampleSet {
		j.logits = evaluate.NewMatrix(logits, classes)
	}
	if name != trainingSet {
		if err := j.resemble(&f, images, features); err != nil {
			return err
		}
	}
	j.verdict.Sets = append(j.verdict.Sets, f)
	return c.Context.Err()
}

// introduce tells who judges, from what it makes of the test images.
func (j *jury) introduce(logits []float32, classes int) {
	j.classes = j.data.Classes
	if len(j.classes) != classes {
		j.classes = nil
		for class := range classes {
			j.classes = append(j.classes, strconv.Itoa(class))
		}
	}
	j.verdict = verdict{
		Run: j.Run, Checkpoint: j.Checkpoint, Epoch: j.model.Epoch, Dataset: j.data.Name, Codes: j.prior.String(), Seed: j.Seed, Temperature: j.Temperature,
		Judge: j.By, Features: j.width, Images: j.count, Neighbours: j.Neighbours, Classes: j.classes,
	}
	if labels := j.test.Labels; labels != nil {
		for i, class := range evaluate.Classes(logits, classes) {
			if class == int(labels[i]) {
				j.verdict.Accuracy += 1 / float64(j.count)
			}
		}
	}
}

// resemble finds the training images nearest to some of a set.
func (j *jury) resemble(f *finding, images loaders.Split, features evaluate.Matrix) error {
	const most = 1000
	described := loaders.Split{Shape: loaders.Shape{Channels: 1, Height: 1, Width: j.width}, Values: features.Values}
	images, described = images.Spread(most), described.Spread(most)
	seen := pictures.Resembling{Name: f.Set, Images: images}
	for m, of := range []evaluate.Matrix{evaluate.Pixels(images), evaluate.Pixels(described)} {
		found, err := j.training[m].Search(of, 1)
		if err != nil {
			return err
		}
		var sum float64
		indices := make([]int, len(found))
		for i, nearest := range found {
			sum, indices[i] = sum+nearest[0].Distance, nearest[0].Index
		}
		f.Nearest, seen.Nearest = append(f.Nearest, sum/float64(len(found))), append(seen.Nearest, indices)
	}
	if f.Set == testSet || f.Set == sampleSet {
		j.pictured = append(j.pictured, seen)
	}
	return nil
}

// tell draws, keeps and prints what was found.
func (t *trial) tell(c *cli.Context) error {
	v := t.verdict
	title := fmt.Sprintf("%s on %s: test images and samples, and the training images nearest to each", t.model.Config.Model, v.Dataset)
	nearest, err := pictures.DrawNearest(t.Run, title, t.data.Train, nearness, t.pictured...)
	if err != nil {
		return err
	}
	title = fmt.Sprintf("%s on %s: the first samples of each class, by the judge", t.model.Config.Model, v.Dataset)
	sorted, err := pictures.DrawClasses(t.Run, title, t.samples, t.classes, t.logits, v.Sets[0].Shares)
	if err != nil {
		return err
	}
	where, err := keep(t.Run, judgeFile, v)
	if err != nil {
		return err
	}
	if t.JSON {
		return printJSON(c.App.Writer, v)
	}
	fmt.Fprintf(c.App.Writer, "%d samples, codes of %s\n", v.Images, v.Codes)
	fmt.Fprintf(c.App.Writer, "judge %s: %d features%s\n\n", v.Judge, v.Features, v.sureness())
	if err := table(c.App.Writer, v.rows()...); err != nil {
		return err
	}
	fmt.Fprintln(c.App.Writer)
	if err := table(c.App.Writer, v.classes()...); err != nil {
		return err
	}
	fmt.Fprintf(c.App.Writer, "\n%s, pictures in %s and %s\n", where, nearest, sorted)
	return nil
}
