package cmd

import (
	"fmt"
	"io"
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
	list := slices.DeleteFunc(flags(&o.Config, &o.Output), func(f cli.Flag) bool { return flagName(f) == "run" })
	for _, f := range list {
		if setting, ok := f.(*settingFlag); ok && !changesGraph(flagName(f)) {
			setting.hidden = true // it is parsed to report that it has no effect
		}
	}
	return slices.Concat(list, modelFlags(model), withDefault(flags(&own), "out", "<model>-<detail>"), []cli.Flag{configFileFlag()})
}

// changesGraph reports whether a setting of train is one of graph too.
func changesGraph(name string) bool {
	return len(owners(name)) > 0 || slices.Contains(slices.Concat(ofGraph, []string{"model", "log-format", "quiet", configFlag}), name)
}

func graphVerb(model string) *cli.Command {
	return &cli.Command{
		Name:  "graph",
		Usage: "draw the expression graph of a model as SVG and DOT, without training",
		Description: modelHelp("graph", model) + `

With --detail layers, the picture has one box for each layer, with the shapes and the number of
its parameters. With --detail operations, it has every operation of a training step, and the
gradients are grey. Shapes have B for the number of images in a batch. If a model is trained
against a discriminator, as gan is, the picture has both networks.

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
	if err := trainer.LoadFeatures(recipes.Find, t.model, t.Config); err != nil {
		return nil, err
	}
	return trainer.NewSketch(t.Config, t.recipe.Name, t.model, source)
}
