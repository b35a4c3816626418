package cmd

import (
	"context"
	"fmt"
	"image"
	"io"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"

	"gaetrain/loaders"
	"gaetrain/loaders/files"
	"gaetrain/trainer"
	"gaetrain/trainer/pictures"
	"gaetrain/trainer/settings"
	"gaetrain/viz"
	"gaetrain/viz/plain"
)

// describeOptions are the settings of datasets describe: those of train that say how a
// data set is read, and the output.
type describeOptions struct {
	trainer.Data
	Out  string `toml:"out" group:"output" help:"Picture to write, such as faces.png"`
	JSON bool   `toml:"json" group:"output" help:"Print JSON instead of tables"`
	Output
}

// ofTraining are the settings of trainer.Data that say what is trained on, not what is
// read. Values are described before they are scaled. The data set itself is an argument.
var ofTraining = []string{"dataset", "train-images", "test-images", "validation", "motion", "augment", "binarise", "scale", "classes", "contaminate"}

// describeDefaults are the defaults of train, but missing values are counted.
func describeDefaults() describeOptions {
	o := describeOptions{Data: trainer.DataDefaults(), Out: "dataset", Output: Output{LogFormat: "text"}}
	o.Missing = "mean"
	return o
}

func (o *describeOptions) fields() []settings.Field {
	return withoutNames(settings.Fields(o), ofTraining...)
}

func describeVerb() *cli.Command {
	defaults := describeDefaults()
	return &cli.Command{
		Name: "describe", Usage: "describe a data set: values, classes, duplicates and a picture", ArgsUsage: "SOURCE",
		Description: `SOURCE is a value of --dataset of train, such as sample or folder:photos. This verb prints the
number of images, their shape and values, the classes, and which files were not read. It compares
all images and reports those that are exactly equal, because test figures are too good if test
images are also training images. The picture shows some images of each class, or histograms of
the columns of a table.

` + fmt.Sprintf(ruleOfOut, "dataset-2.png") + `

EXAMPLES:
   gaetrain datasets describe sample
   gaetrain datasets describe --out faces.png folder:faces
   gaetrain datasets describe --json folder:faces`,
		Flags: withoutFlags(flags(clone(defaults)), ofTraining...),
		Action: func(c *cli.Context) error {
			if c.NArg() != 1 {
				return fmt.Errorf("%w: %d arguments; hint: gaetrain datasets describe [flags] SOURCE, with the flags before the source", errUsage, c.NArg())
			}
			o := defaults
			origins, err := layersOf(c, o.fields(), "")
			if err != nil {
				return err
			}
			if err := o.check(c, origins); err != nil {
				return err
			}
			return o.describe(c.Context, c.App.Writer, newLog(c.App.ErrWriter, o.Output))
		},
	}
}

// check reports invalid options, and chooses the name of the picture.
func (o *describeOptions) check(c *cli.Context, origins map[string]settings.Origin) (err error) {
	o.Dataset = c.Args().First()
	if err := o.validate(); err != nil {
		return err
	}
	if err := settings.Validate(&o.Data); err != nil {
		return err
	}
	if err := settings.Check(origins, &o.Data); err != nil {
		return err
	}
	o.Out, err = freeOut(c, o.Out, ".png")
	return err
}

// describe reads the data set, draws it and prints what was found.
func (o *describeOptions) describe(ctx context.Context, w io.Writer, log *console) error {
	config := trainer.Defaults()
	config.Data = o.Data
	d := described{Picture: o.Out + ".png"}
	options := loaderOptions(log)
	options.Log = func(message string) { d.Notes = append(d.Notes, message) }
	data, err := trainer.OpenData(ctx, config, options)
	if err != nil {
		for _, note := range d.Notes {
			log.warn(note)
		}
		return err
	}
	images := data.Train.Len() + data.Test.Len()
	progress := log.progress("reading images", images)
	found, err := data.Describe(ctx, progress)
	if err != nil {
		return err
	}
	progress(images)
	d.fill(data, found)
	picture, err := d.draw(data, found)
	if err != nil {
		return err
	}
	if err := writeNew(files.File{Path: d.Picture, Fill: func(w io.Writer) error { return viz.EncodePNG(files.Until(ctx, w), picture) }}); err != nil {
		return err
	}
	if o.JSON {
		return printJSON(w, d)
	}
	return d.print(w)
}

// described is the JSON object that the verb prints.
type described struct {
	Dataset     string              `json:"dataset"`
	Shape       string              `json:"shape"`
	Train       describedSplit      `json:"train"` // without the validation set
	Validation  *describedSplit     `json:"validation,omitempty"`
	Test        describedSplit      `json:"test"`
	HeldOut     int                 `json:"held_out,omitempty"` // number of images that are the test set because the data have none
	Classes     []describedClass    `json:"classes,omitempty"`
	Columns     []describedColumn   `json:"columns,omitempty"` // of a table, or channels of images in colour
	Duplicates  describedDuplicates `json:"duplicates"`
	Background  string              `json:"background,omitempty"`
	Attribution string              `json:"attribution,omitempty"`
	Digest      map[string]string   `json:"digest,omitempty"`
	Notes       []string            `json:"notes,omitempty"` // what was not read, and other warnings
	Picture     string              `json:"picture"`

	noun string // image or row
}

type describedSplit struct {
	Images int             `json:"images"`
	Values loaders.Moments `json:"values"`
}

type describedClass struct {
	Name       string `json:"name"`
	Train      int    `json:"train"`
	Validation int    `json:"validation"`
	Test       int    `json:"test"`
}

type describedColumn struct {
	Name   string          `json:"name"`
	Values loaders.Moments `json:"values"` // of the training rows
}

// fill fills in what was found.
func (d *described) fill(data *loaders.Dataset, found loaders.Description) {
	split := func(p loaders.Part) describedSplit {
		return describedSplit{found.Splits[p].Images, found.Splits[p].Values}
	}
	d.noun = "image"
	if data.Train.Shape.IsTable() {
		d.noun = "row"
	}
	d.Dataset, d.Shape, d.HeldOut = data.Name, data.Train.Shape.String(), data.HeldOut
	d.Background, d.Attribution, d.Digest = data.Background, data.Attribution, data.Digest
	d.Train, d.Test = split(loaders.TrainPart), split(loaders.TestPart)
	if data.Validation > 0 {
		validation := split(loaders.ValidationPart)
		d.Validation = &validation
	}
	count := func(p loaders.Part, class int) int {
		if found.Splits[p].Classes == nil {
			return 0
		}
		return found.Splits[p].Classes[class]
	}
	for class, name := range data.Classes {
		d.Classes = append(d.Classes, describedClass{name, count(loaders.TrainPart, class), count(loaders.ValidationPart, class), count(loaders.TestPart, class)})
	}
	if len(found.Columns) > 1 || data.Train.Shape.IsTable() {
		for i, name := range columnNames(data, len(found.Columns)) {
			d.Columns = append(d.Columns, describedColumn{name, found.Columns[i]})
		}
	}
	d.Duplicates = describeDuplicates(data, found)
}

// columnNames are the names of the columns of a table, or of the channels of images.
func columnNames(data *loaders.Dataset, n int) (names []string) {
	if data.Features != nil {
		return data.Features
	}
	for i := range n {
		switch {
		case !data.Train.Shape.IsTable() && n == 3:
			names = append(names, []string{"red", "green", "blue"}[i])
		case !data.Train.Shape.IsTable():
			names = append(names, fmt.Sprintf("channel %d", i))
		default:
			names = append(names, fmt.Sprintf("column %d", i))
		}
	}
	return names
}

// draw draws some images of each class, or histograms of a table.
func (d *described) draw(data *loaders.Dataset, found loaders.Description) (image.Image, error) {
	train, test := found.Splits[loaders.TrainPart], found.Splits[loaders.TestPart]
	title := fmt.Sprintf("%s: %s training and %s test", data.Name, plain.Thousands(train.Images), plain.Thousands(test.Images))
	if data.Train.Shape.IsTable() {
		return pictures.Histograms(title+" rows", data.Part(loaders.TrainPart), data.Classes, columnNames(data, len(found.Columns)), found.Columns)
	}
	title += fmt.Sprintf(" images of %s", d.Shape)
	return pictures.Sheet(title, data, train.Values.Min, train.Values.Max)
}

// Numbers of lines of the tables that are printed. JSON has all of them, except for
// duplicates.
const (
	shownClasses    = 50
	shownColumns    = 50
	shownDuplicates = 10
	shownNotes      = 20
)

// print prints the tables.
func (d *described) print(w io.Writer) error {
	if err := table(w, d.summary()...); err != nil {
		return err
	}
	for _, list := range []struct {
		head   []string
		rows   [][]string
		most   int
		noun   string
		remain string
	}{
		{d.classHead(), d.classRows(), shownClasses, "class", "classes"},
		{[]string{"column", "mean", "standard deviation", "minimum", "maximum", "missing"}, d.columnRows(), shownColumns, "column", "columns"},
		{[]string{"duplicate", "of", "class"}, d.Duplicates.rows(), shownDuplicates, "duplicate", "duplicates"},
	} {
		if len(list.rows) == 0 {
			continue
		}
		printf(w, "\n")
		if err := table(w, slices.Concat([][]string{list.head}, list.rows[:min(len(list.rows), list.most)])...); err != nil {
			return err
		}
		total := len(list.rows)
		if list.noun == "duplicate" {
			total = d.Duplicates.Count
		}
		if more := total - list.most; more > 0 {
			printf(w, "%s more %s; --json lists more\n", plain.Thousands(more), list.remain)
		}
	}
	return nil
}

// summary are the lines of the first table.
func (d *described) summary() [][]string {
	images := fmt.Sprintf("%s training", plain.Thousands(d.Train.Images))
	if d.Validation != nil {
		images += fmt.Sprintf(", %s validation", plain.Thousands(d.Validation.Images))
	}
	images += fmt.Sprintf(", %s test", plain.Thousands(d.Test.Images))
	if d.HeldOut > 0 {
		images += " (held out, because the data have no test set)"
	}
	rows := [][]string{
		{"data set", d.Dataset}, {"shape", d.Shape}, {d.noun + "s", images},
		{"training values", momentsText(d.Train.Values)}, {"test values", momentsText(d.Test.Values)},
	}
	if d.Classes == nil {
		rows = append(rows, []string{"classes", "none: there are no labels"})
	} else {
		rows = append(rows, []string{"classes", fmt.Sprint(len(d.Classes)) + emptyText(d.Classes)})
	}
	rows = append(rows, []string{"duplicates", d.Duplicates.text(d.noun)})
	if d.Background != "" {
		rows = append(rows, []string{"background", d.Background + " behind transparent pixels"})
	}
	if d.Attribution != "" {
		rows = append(rows, []string{"licence", d.Attribution})
	}
	for _, note := range d.Notes[:min(len(d.Notes), shownNotes)] {
		rows = append(rows, []string{"note", note})
	}
	if more := len(d.Notes) - shownNotes; more > 0 {
		rows = append(rows, []string{"note", fmt.Sprintf("%d more notes; --json lists them", more)})
	}
	return append(rows, []string{"picture", d.Picture})
}

func momentsText(m loaders.Moments) string {
	text := fmt.Sprintf("mean %.5g, standard deviation %.5g, from %.5g to %.5g", m.Mean, m.Deviation(), m.Min, m.Max)
	if m.Missing > 0 {
		text += fmt.Sprintf(", %s missing", plain.Thousands(m.Missing))
	}
	return text
}

// emptyText names the classes without training items.
func emptyText(classes []describedClass) string {
	var empty []string
	for _, class := range classes {
		if class.Train == 0 {
			empty = append(empty, class.Name)
		}
	}
	if empty == nil {
		return ""
	}
	return fmt.Sprintf(", of which %d are not in the training set: %s", len(empty), strings.Join(empty[:min(len(empty), 5)], ", "))
}

func (d *described) classHead() []string {
	head := []string{"class", "training", "test"}
	if d.Validation != nil {
		head = slices.Insert(head, 2, "validation")
	}
	return head
}

func (d *described) classRows() (rows [][]string) {
	for _, class := range d.Classes {
		row := []string{class.Name, fmt.Sprint(class.Train), fmt.Sprint(class.Test)}
		if d.Validation != nil {
			row = slices.Insert(row, 2, fmt.Sprint(class.Validation))
		}
		rows = append(rows, row)
	}
	return rows
}

func (d *described) columnRows() (rows [][]string) {
	number := func(v float64) string { return fmt.Sprintf("%.5g", v) }
	for _, c := range d.Columns {
		v := c.Values
		rows = append(rows, []string{c.Name, number(v.Mean), number(v.Deviation()), number(float64(v.Min)), number(float64(v.Max)), fmt.Sprint(v.Missing)})
	}
	return rows
}
