package cmd

import (
	"fmt"
	"time"

	"github.com/urfave/cli/v2"

	"gaetrain/loaders"
	"gaetrain/trainer"
	"gaetrain/trainer/evaluate"
	"gaetrain/trainer/pictures"
)

type searchOptions struct {
	RunOptions
	Query      []int  `toml:"query" group:"search" help:"test images to search for, by index"`
	Images     string `toml:"images" group:"search" help:"PNG or JPEG file, or folder of them, to search for instead"`
	Neighbours int    `toml:"neighbours" group:"search" help:"images to find for each"`
	Queries    int    `toml:"queries" group:"search" help:"test images to measure precision with, the first of them; 0 for no measurement"`
	Output
}

// searchFile is what search writes into the run folder.
const searchFile = "search.json"

func searchVerb() *cli.Command {
	defaults := searchOptions{RunOptions: runDefaults(), Query: []int{0, 1, 2, 3, 4, 5, 6, 7}, Neighbours: 10, Queries: 1000, Output: Output{LogFormat: "text"}}
	defaults.Split = "train"
	return &cli.Command{
		Name:  "search",
		Usage: "find the images whose codes are nearest to that of an image",
		Description: `Searches the images of --split, exactly, by the Euclidean distance of codes. Where there are
labels it measures retrieval with test images as queries: the share of the k nearest with the
query's label (precision@k) and the mean average precision (mAP) of ranking all images, by codes,
by as many principal components, and by pixels. The picture of the queries and what was found is
pictures/search.png in the run folder, the figures are in search.json.

EXAMPLES:
   gaetrain search --run runs/dense-sample-1
   gaetrain search --run runs/dense-sample-1 --query 17,4 --neighbours 15
   gaetrain search --run runs/dense-sample-1 --images shoe.png --queries 0`,
		Flags: flags(clone(defaults)),
		Action: func(c *cli.Context) error {
			o := defaults
			model, split, data, err := openRun(c, &o, func(o *searchOptions) (*RunOptions, Output) { return &o.RunOptions, o.Output })
			if err != nil {
				return err
			}
			s := search{searchOptions: o, model: model, split: split, data: data}
			if err := s.validate(); err != nil {
				return err
			}
			if err := s.find(c); err != nil {
				return err
			}
			if err := s.measure(c); err != nil {
				return err
			}
			return s.tell(c)
		},
	}
}

// search is one run of the verb.
type search struct {
	searchOptions
	model *trainer.Model
	split loaders.Split // that is searched
	data  *loaders.Dataset
	codes evaluate.Matrix // of the split

	queries loaders.Split
	names   []string
	found   [][]evaluate.Neighbour
	seconds float64 // of a search for one query, on average
	figures []retrievalFigures
}

// retrievalFigures are how well one kind of features retrieves.
type retrievalFigures struct {
	Features             string             `json:"features"`
	Values               int                `json:"values"`
	Precision            map[string]float64 `json:"precision"` // by the number of nearest images
	MeanAveragePrecision float64            `json:"mean_average_precision"`
}

// retrievalRanks are the numbers of nearest images at which precision is told.
var retrievalRanks = []int{1, 10, 100}

func (s *search) validate() error {
	switch {
	case s.Neighbours < 1 || s.Neighbours > 50:
		return fmt.Errorf("%w: neighbours is %d; hint: from 1 to 50", errUsage, s.Neighbours)
	case s.Neighbours >= s.split.Len():
		return fmt.Errorf("%w: %d neighbours among %d images; hint: fewer than there are", errUsage, s.Neighbours, s.split.Len())
	case s.Queries < 0:
		return fmt.Errorf("%w: queries is %d; hint: 0 for no measurement, or more", errUsage, s.Queries)
	case s.Images == "" && len(s.Query) == 0:
		return fmt.Errorf("%w: nothing to search for; hint: --query 0,1,2 or --images FILE", errUsage)
	}
	for _, i := range s.Query {
		if i < 0 || i >= s.data.Test.Len() {
			return fmt.Errorf("%w: query %d; hint: from 0 to %d, the test images", errUsage, i, s.data.Test.Len()-1)
		}
	}
	return nil
}

// itself reports whether the queries are among the images that are searched.
func (s *search) itself() bool { return s.Images == "" && s.Split == "test" }

// find searches for the queries, and draws them over what it found.
func (s *search) find(c *cli.Context) (err error) {
	if err := s.choose(c); err != nil {
		return err
	}
	if s.codes, err = encoded(c, s.model, s.split); err != nil {
		return err
	}
	codes, err := encoded(c, s.model, s.queries)
	if err != nil {
		return err
	}
	index, err := evaluate.NewNearestNeighbours(s.codes)
	if err != nil {
		return err
	}
	k := s.Neighbours
	if s.itself() {
		k++
	}
	start := time.Now()
	for i := range codes.Rows {
		found, err := index.Search(codes.Slice(i, i+1), k)
		if err != nil {
			return err
		}
		s.found = append(s.found, found[0])
	}
	s.seconds = time.Since(start).Seconds() / float64(codes.Rows)
	if s.itself() {
		for i, query := range s.Query {
			s.found[i] = evaluate.Without(s.found[i], query)
		}
	}
	return nil
}

// choose reads the images to search for.
func (s *search) choose(c *cli.Context) (err error) {
	if s.Images == "" {
		s.queries = s.data.Test.Select(s.Query)
		for i, query := range s.Query {
			name := fmt.Sprintf("test image %d", query)
			if s.queries.Labels != nil {
				name += ", " + s.data.Classes[s.queries.Labels[i]]
			}
			s.names = append(s.names, name)
		}
		return nil
	}
	s.queries, s.names, err = ownImages(c.Context, s.Images, s.model)
	return err
}

// encoded returns the codes N×L of images.
func encoded(c *cli.Context, model *trainer.Model, split loaders.Split) (evaluate.Matrix, error) {
	codes, err := model.Encode(c.Context, split)
	return evaluate.NewMatrix(codes, model.Stage.Architecture.CodeSize()), err
}

// measure compares retrieval by codes, principal components and pixels, where
// there are labels.
func (s *search) measure(c *cli.Context) error {
	n := min(s.Queries, s.data.Test.Len())
	if n == 0 || s.split.Labels == nil || s.Split == "test" {
		return nil
	}
	test := s.data.Test.Limit(n)
	codes, err := encoded(c, s.model, test)
	if err != nil {
		return err
	}
	pixels, queries := evaluate.Pixels(s.split), evaluate.Pixels(test)
	pca, err := evaluate.NewPCA(pixels, min(s.codes.Columns, pixels.Columns))
	if err != nil {
		return err
	}
	for _, f := range []struct {
		name            string
		points, queries evaluate.Matrix
	}{{"codes", s.codes, codes}, {"principal components", pca.Transform(pixels), pca.Transform(queries)}, {"pixels", pixels, queries}} {
		figures := retrievalFigures{Features: f.name, Values: f.points.Columns, Precision: make(map[string]float64)}
		var ranks []int
		for _, rank := range retrievalRanks {
			if rank <= f.points.Rows {
				ranks = append(ranks, rank)
			}
		}
		index, err := evaluate.NewNearestNeighbours(f.points)
		if err != nil {
			return err
		}
		r, err := index.Retrieve(f.queries, test.Labels, s.split.Labels, ranks)
		if err != nil {
			return err
		}
		for i, rank := range ranks {
			figures.Precision[fmt.Sprint(rank)] = r.Precision[i]
		}
		figures.MeanAveragePrecision = r.MeanAveragePrecision
		s.figures = append(s.figures, figures)
		if err := c.Context.Err(); err != nil {
			return err
		}
	}
	return nil
}

// tell draws and writes what was found and measured into the run folder, and
// prints it.
func (s *search) tell(c *cli.Context) error {
	title := fmt.Sprintf("%s on %s: images searched for (left), and the nearest of %d %s images by code", s.model.Config.Model, s.data.Name, s.split.Len(), s.Split)
	path, err := pictures.Found{Title: title, Queries: s.queries, Names: s.names, Split: s.split, Neighbour: s.found}.Draw(s.Run)
	if err != nil {
		return err
	}
	if err := pictures.WriteJSON(s.Run, searchFile, s.results()); err != nil {
		return err
	}
	fmt.Fprintf(c.App.Writer, "%d queries among %d codes of %d values, %.2f ms each, in %s\n", len(s.found), s.codes.Rows, s.codes.Columns, 1000*s.seconds, path)
	if len(s.figures) == 0 {
		return nil
	}
	rows := [][]string{{"features", "values"}}
	for _, rank := range retrievalRanks {
		rows[0] = append(rows[0], fmt.Sprintf("precision@%d", rank))
	}
	rows[0] = append(rows[0], "mAP")
	for _, f := range s.figures {
		row := []string{f.Features, fmt.Sprint(f.Values)}
		for _, rank := range retrievalRanks {
			cell := "–"
			if p, ok := f.Precision[fmt.Sprint(rank)]; ok {
				cell = fmt.Sprintf("%.4f", p)
			}
			row = append(row, cell)
		}
		rows = append(rows, append(row, fmt.Sprintf("%.4f", f.MeanAveragePrecision)))
	}
	return table(c.App.Writer, rows...)
}

// results are what search.json holds.
func (s *search) results() any {
	type neighbour struct {
		Index    int     `json:"index"`
		Label    *int    `json:"label,omitempty"`
		Distance float64 `json:"distance"`
	}
	type query struct {
		Name       string      `json:"name"`
		Neighbours []neighbour `json:"neighbours"`
	}
	queries := make([]query, len(s.found))
	for i, found := range s.found {
		queries[i].Name = s.names[i]
		for _, f := range found {
			n := neighbour{Index: f.Index, Distance: f.Distance}
			if s.split.Labels != nil {
				label := int(s.split.Labels[f.Index])
				n.Label = &label
			}
			queries[i].Neighbours = append(queries[i].Neighbours, n)
		}
	}
	return map[string]any{
		"checkpoint": s.Checkpoint, "epoch": s.model.Epoch, "dataset": s.data.Name, "split": s.Split, "images": s.split.Len(),
		"seconds_per_query": s.seconds, "queries": queries, "measured_queries": min(s.Queries, s.data.Test.Len()), "retrieval": s.figures,
	}
}
