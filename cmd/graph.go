package cmd

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/urfave/cli/v2"

	"gaetrain/graph"
	"gaetrain/loaders"
	"gaetrain/loaders/files"
	"gaetrain/trainer"
	"gaetrain/trainer/pictures"
	"gaetrain/trainer/recipes"
	"gaetrain/trainer/settings"
)

// graphOptions are the settings of graph in addition to those of train that change the
// graph.
type graphOptions struct {
	Run        string    `toml:"run" group:"input" help:"Folder of a run whose model is drawn; its data are not read"`
	Shape      itemShape `toml:"shape" group:"data" help:"Shape of images, such as 3x64x64 or 28x28, or number of columns, instead of a data set"`
	ClassCount int       `toml:"class-count" group:"data" help:"Number of classes with --shape, for models that are conditional on classes"`
	Stage      string    `toml:"stage" group:"output" help:"Stage of training to draw, such as layer-1 of model stacked (default: the last stage)"`
	Detail     string    `toml:"detail" group:"output" help:"What is drawn: layers, with one box per layer, or operations, with every operation and the gradients"`
	Out        string    `toml:"out" group:"output" help:"Name of the files NAME.svg and NAME.dot to write"`
}

// The values of --detail.
const (
	layersDetail     = "layers"
	operationsDetail = "operations"
)

// ofGraph are the settings of the data that can change the graph of a model. The others
// say which images are used and where they are kept.
var ofGraph = []string{"dataset", "background", "size", "fit", "grey", "strict", "layout", "label", "ignore", "missing", "scale", "motion"}

// graphFlags are the flags of graph: those of train that can change the graph, and its own.
func graphFlags(model string) []cli.Flag {
	o, own := trainDefaults(), graphOptions{Detail: layersDetail}
	if r, err := listed(model); err == nil {
		o = recipeDefaults(r)
		o.Model = trainer.Defaults().Model
	}
	list := slices.DeleteFunc(flags(&o.Config, &o.Output), func(f cli.Flag) bool { return f.Names()[0] == "run" })
	for _, f := range list {
		if !changesGraph(f.Names()[0]) {
			hide(f)
		}
	}
	return slices.Concat(list, modelFlags(model), withDefault(flags(&own), "out", "<model>-<detail>"), []cli.Flag{configFileFlag()})
}

// changesGraph reports whether a setting of train is one of graph too.
func changesGraph(name string) bool {
	return len(owners(name)) > 0 || slices.Contains(slices.Concat(ofGraph, []string{"model", "log-format", "quiet", configFlag}), name)
}

// hide hides a flag from help. It is parsed to report that it has no effect.
func hide(f cli.Flag) {
	switch f := f.(type) {
	case *cli.GenericFlag:
		f.Hidden = true
	case *cli.BoolFlag:
		f.Hidden = true
	}
}

func graphVerb(model string) *cli.Command {
	return &cli.Command{
		Name:  "graph",
		Usage: "draw the expression graph of a model as SVG and DOT, without training",
		Description: modelHelp("graph", model) + `

With --detail layers, the picture has one box for each layer, with the shapes and the number of
its parameters. With --detail operations, it has every operation of a training step, and the
gradients are grey. Shapes have B for the number of images in a batch. If a model has an
opponent, such as the discriminator of a gan, the picture has both networks.

This verb reads only your own data. The shape of named data sets is known, and --shape stands
for any data. The DOT file is the same graph for Graphviz. Settings of train that cannot change
the graph, such as the number of epochs, are no flags of this verb, and are ignored in a file and
in the environment.

` + fmt.Sprintf(ruleOfOut, "dense-layers-2.svg") + `

EXAMPLES:
   gaetrain graph --model conv
   gaetrain graph --model conv --shape 3x64x64 --detail operations
   gaetrain graph --encoder 'conv:16,3,s2 dense:32' --out small
   gaetrain graph --run runs/dense-sample-1`,
		Flags: graphFlags(model),
		Action: func(c *cli.Context) error {
			own := graphOptions{Detail: layersDetail}
			list, err := sources(c, c.String(configFlag))
			if err != nil {
				return err
			}
			list = slices.DeleteFunc(list, func(g given) bool { return g.name == "run" && g.origin == settings.FromFile }) // it names the run to train
			_, rest, err := fill(settings.Fields(&own), list)
			if err != nil {
				return err
			}
			if err := own.validate(); err != nil {
				return err
			}
			return own.draw(c, rest)
		},
	}
}

func (o *graphOptions) validate() error {
	switch {
	case o.Detail != layersDetail && o.Detail != operationsDetail:
		return fmt.Errorf("%w: detail is %q; hint: %s or %s", errUsage, o.Detail, layersDetail, operationsDetail)
	case o.ClassCount < 0:
		return fmt.Errorf("%w: class-count is %d; hint: the number of classes", errUsage, o.ClassCount)
	case o.ClassCount > 0 && o.Shape == itemShape{}:
		return fmt.Errorf("%w: class-count has no effect without --shape, because the data have their classes; hint: --shape 1x28x28", errUsage)
	}
	return nil
}

// draw draws the model of the run, or of the settings of train that were given.
func (o *graphOptions) draw(c *cli.Context, rest []given) error {
	sketch, err := o.sketch(c, rest)
	if err != nil {
		return err
	}
	stage, err := sketch.Stage(o.Stage)
	if err != nil {
		return err
	}
	name := sketch.Name
	if o.Stage != "" {
		name += "-" + stage.Name
	}
	if o.Out == "" {
		o.Out = name + "-" + o.Detail
	}
	if o.Out, err = freeOut(c, o.Out, ".svg", ".dot"); err != nil {
		return err
	}
	nodes, err := sketch.Describe(stage, o.Detail == operationsDetail)
	if err != nil {
		return err
	}
	drawing := pictures.Layers
	if o.Detail == operationsDetail {
		drawing = pictures.Operations
	}
	d := drawing(strings.ReplaceAll(name, "-", " ")+" for "+itemsText(loaders.Shape(sketch.Source.Shape)), nodes)
	err = writeNew(
		files.File{Path: o.Out + ".svg", Fill: func(w io.Writer) error { return d.SVG(files.Until(c.Context, w)) }},
		files.File{Path: o.Out + ".dot", Fill: func(w io.Writer) error { return d.DOT(files.Until(c.Context, w)) }},
	)
	if err != nil {
		return err
	}
	printf(c.App.Writer, "%s in %s\n", d.Title, fileNames(o.Out, []string{".svg", ".dot"}))
	return nil
}

// itemsText describes the items of a shape.
func itemsText(shape loaders.Shape) string {
	if shape.IsTable() {
		return fmt.Sprintf("rows of %d values", shape.Width)
	}
	return "images of " + shape.String()
}

// sketch places the model of the run, or of the settings of train.
func (o *graphOptions) sketch(c *cli.Context, rest []given) (*trainer.Sketch, error) {
	if o.Run != "" {
		if (o.Shape != itemShape{}) {
			rest = append(rest, given{name: "shape", where: "--shape"})
		}
		for _, g := range rest {
			if g.origin != settings.FromEnvironment && g.name != "quiet" && g.name != "log-format" {
				return nil, fmt.Errorf("%w: %s has no effect with --run, because the model of the run is drawn; hint: leave out one of them", errUsage, g.where)
			}
		}
		return trainer.SketchRun(recipes.Find, o.Run)
	}
	for _, g := range rest {
		if g.origin == settings.FromFlag && !changesGraph(g.name) {
			return nil, fmt.Errorf("%w: %s cannot change the graph; hint: leave it out", errUsage, g.where)
		}
	}
	rest = slices.DeleteFunc(rest, func(g given) bool { return slices.Contains([]string{"resume", "more-epochs"}, g.name) })
	t, origins, err := resolveNew(rest)
	if err != nil {
		return nil, err
	}
	if origin := origins["dataset"]; (o.Shape != itemShape{}) && origin == settings.FromFlag {
		return nil, fmt.Errorf("%w: dataset and shape are both given; hint: leave out one of them", errUsage)
	}
	if err := o.checkClasses(t); err != nil {
		return nil, err
	}
	source, err := o.source(c.Context, &t, newLog(c.App.ErrWriter, t.Output), origins)
	if err != nil {
		return nil, err
	}
	return trainer.NewSketch(t.Config, t.recipe.Name, t.model, source)
}

// checkClasses reports a number of classes that is missing or has no effect.
func (o *graphOptions) checkClasses(t trainOptions) error {
	_, conditional := t.model.(trainer.Conditional)
	switch {
	case (o.Shape != itemShape{}) && conditional && o.ClassCount == 0:
		return fmt.Errorf("%w: model %s is conditional on classes, and shape does not say how many there are; hint: --class-count 10", errUsage, t.recipe.Name)
	case o.ClassCount > 0 && !conditional:
		return fmt.Errorf("%w: class-count has no effect with model %s, which is not conditional on classes; hint: leave it out", errUsage, t.recipe.Name)
	}
	return nil
}

// source returns the shape of the items and the number of their classes, and sets the
// values that depend on the data. It reads the data only if their shape is not known.
func (o *graphOptions) source(ctx context.Context, t *trainOptions, log *console, origins map[string]settings.Origin) (trainer.Source, error) {
	shape, classes := loaders.Shape(o.Shape), o.ClassCount
	if shape == (loaders.Shape{}) {
		shape, classes = knownShape(t.Dataset)
	}
	if shape == (loaders.Shape{}) {
		data, err := trainer.OpenData(ctx, t.Config, loaderOptions(log))
		if err != nil {
			return trainer.Source{}, err
		}
		if err := t.Config.HoldOut(ctx, data); err != nil {
			return trainer.Source{}, err
		}
		return trainer.SourceOf(data), t.settle(ctx, log, data, origins)
	}
	if t.Motion != (loaders.Motion{}) && !shape.IsImage() {
		return trainer.Source{}, fmt.Errorf("%w: motion is %s, but the items are not images; hint: a shape such as 28x28, or --motion none with another model than synchrony", trainer.ErrConfiguration, t.Motion)
	}
	data := &loaders.Dataset{Train: loaders.Split{Shape: shape}.Pairs(t.Motion, t.Seed), Range: loaders.Range{High: 1}}
	if shape.IsTable() {
		data.Scaling = new(loaders.Scaling) // numbers, not pixels
	}
	note, err := recipes.Fit(t.model, &t.Config, data, origins)
	if note != "" {
		log.note(note)
	}
	return trainer.Source{Shape: graph.Shape(data.Train.Shape), Classes: classes}, err
}

// knownShape returns the shape of the images of a named data set and the number of their
// classes. The shape of any other data is zero.
func knownShape(dataset string) (loaders.Shape, int) {
	for _, info := range loaders.List() {
		if info.Name == dataset {
			return info.Shape, info.Classes
		}
	}
	return loaders.Shape{}, 0
}

// itemShape is a value of --shape. The zero value is none.
type itemShape loaders.Shape

// String returns what UnmarshalText reads.
func (s itemShape) String() string {
	if s == (itemShape{}) {
		return ""
	}
	return fmt.Sprintf("%dx%dx%d", s.Channels, s.Height, s.Width)
}

// UnmarshalText reads "3x64x64", "64x64" for one channel, or "30" for rows of 30 values.
func (s *itemShape) UnmarshalText(text []byte) error {
	if len(text) == 0 {
		*s = itemShape{}
		return nil
	}
	words := strings.Split(string(text), "x")
	sides := [3]int{1, 1, 1}
	err := errUsage
	if len(words) <= len(sides) {
		err = nil
	}
	for i, word := range words {
		if err == nil {
			sides[len(sides)-len(words)+i], err = strconv.Atoi(word)
		}
	}
	shape := graph.Shape{Channels: sides[0], Height: sides[1], Width: sides[2]}
	if err != nil || shape.Validate() != nil {
		return fmt.Errorf("%q is not a shape; hint: 3x64x64 (channels, height, width), 28x28, or the number of columns of a table", text)
	}
	*s = itemShape(shape)
	return nil
}
