package cmd

import (
	"context"
	"fmt"
	"io"

	"github.com/urfave/cli/v2"

	"gaetrain/loaders"
	"gaetrain/trainer"
	"gaetrain/trainer/measure"
	"gaetrain/trainer/pictures"
)

type searchOptions struct {
	RunOptions
	FileOptions
	Query      []int `toml:"query" group:"search" help:"Indices of the test images to search for"`
	Neighbours int   `toml:"neighbours" group:"search" help:"Number of images to find for each query, 1 or more"`
	Queries    int   `toml:"queries" group:"search" help:"Number of test images that measure the precision, stratified by class; 0 for no measurement"`
	Output
}

// searchFile is the file that search writes into the run folder.
const searchFile = "search.json"

func searchVerb() *cli.Command {
	defaults := searchOptions{RunOptions: runDefaults(), Query: []int{0, 1, 2, 3, 4, 5, 6, 7}, Neighbours: 10, Queries: 1000, Output: Output{LogFormat: "text"}}
	defaults.Split = "train"
	return &cli.Command{
		Name:  "search",
		Usage: "find the images whose codes are nearest to the code of an image",
		Description: `This verb searches the images of --split by the Euclidean distance of codes. The search is exact.
If the images have labels, the verb measures retrieval with test images as queries. precision@k
is the share of the k nearest images that have the label of the query. mAP is the mean average
precision of a ranking of all images. Both are measured for codes, for as many principal
components as a code has values, and for pixels. The run folder gets the queries with the images
found in pictures/search.png, and the figures in search.json.

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
			if err := s.validate(wasGiven(c, "query")); err != nil {
				return err
			}
			s.shrink(c)
			if err := s.choose(c.Context, newLog(c.App.ErrWriter, o.Output)); err != nil {
				return err
			}
			if s.found, err = measure.Search(c.Context, model, split, s.queries, s.settings()); err != nil {
				return err
			}
			return s.report(c.App.Writer)
		},
	}
}

// search is one call of the verb.
type search struct {
	searchOptions
	model   *trainer.Trained
	split   loaders.Split // the images that are searched
	data    *runData
	queries loaders.Split
	names   []string // of the queries
	found   measure.Searched
}

// settings are those of the measure.
func (s *search) settings() measure.SearchOptions {
	o := measure.SearchOptions{Neighbours: s.Neighbours}
	if s.Images == "" && s.Split == "test" {
		o.Positions = s.Query
	}
	if s.Queries > 0 && s.Split != "test" {
		o.Measured = s.data.Test.Stratified(s.Queries)
	}
	return o
}

// shrink reduces the defaults if there are few images.
func (s *search) shrink(c *cli.Context) {
	log, test := newLog(c.App.ErrWriter, s.Output), s.data.Test.Len()
	if s.Images == "" {
		shrink(c, log, &s.Query, "query", below(s.Query, test), counted(test, "test"))
	}
	others := max(1, s.split.Len()-1)
	shrink(c, log, &s.Neighbours, "neighbours", min(s.Neighbours, others), counted(s.split.Len(), s.Split))
}

// validate reports invalid options. An index beyond the test images is an error only if the
// user has given it, because shrink removes it from the defaults.
func (s *search) validate(given bool) error {
	if err := s.FileOptions.validate(); err != nil {
		return err
	}
	switch {
	case s.Queries < 0:
		return fmt.Errorf("%w: queries is %d; hint: 0 for no measurement, or 1 or more", errUsage, s.Queries)
	case s.Images == "" && len(s.Query) == 0:
		return fmt.Errorf("%w: there is no image to search for; hint: --query 0,1,2 or --images FILE", errUsage)
	}
	for _, i := range s.Query {
		if given && s.Images == "" && (i < 0 || i >= s.data.Test.Len()) {
			return fmt.Errorf("%w: query is %d; hint: test images have indices from 0 to %d", errUsage, i, s.data.Test.Len()-1)
		}
	}
	return nil
}

// choose reads the images to search for.
func (s *search) choose(ctx context.Context, log *console) (err error) {
	if s.Images == "" {
		s.queries = s.data.Test.Select(s.Query)
		for i, query := range s.Query {
			name := s.split.Shape.Words(fmt.Sprintf("test image %d", query))
			if s.queries.Labels != nil {
				name += ", " + s.data.Classes[s.queries.Labels[i]]
			}
			s.names = append(s.names, name)
		}
		return nil
	}
	s.queries, s.names, err = s.read(ctx, log, s.model)
	return err
}

// report draws and writes the results into the run folder, and prints them.
func (s *search) report(w io.Writer) error {
	title := fmt.Sprintf("%s: "+s.heading(), pictures.Heading(s.Run, s.model.Config.Model, s.data.Name), s.split.Len(), s.Split)
	path, err := pictures.Found{Title: title, View: pictures.ViewOf(s.model), Queries: s.queries, Names: s.names, Split: s.split, Neighbour: s.found.Neighbours}.Draw(s.Run)
	if err != nil {
		return err
	}
	if err := pictures.WriteJSON(s.Run, searchFile, s.results()); err != nil {
		return err
	}
	printf(w, "%s in %d "+s.split.Shape.Words("images")+" of %s, %s (codes of %s), %.2f ms per query, in %s\n", queries(len(s.found.Neighbours)), s.found.Images, s.data.Name, s.Split, many(s.found.Values, "value"), 1000*s.found.Seconds, path)
	if len(s.found.Retrieval) == 0 {
		return nil
	}
	return table(w, retrievalRows(s.split.Shape, s.found.Retrieval)...)
}

// heading is the title of the picture, with the number and the split of the images.
func (s *search) heading() string {
	if s.split.Shape.IsImage() {
		return "queries (left), and the nearest of %d %s images by code"
	}
	return "queries (dark), and the nearest of %d %s rows by code"
}

// queries is a number of queries in words.
func queries(n int) string {
	if n == 1 {
		return "1 query"
	}
	return fmt.Sprint(n, " queries")
}

// retrievalRows are the lines of the table of retrieval.
func retrievalRows(shape loaders.Shape, all []measure.Retrieval) [][]string {
	rows := [][]string{{"features", "values"}}
	for _, rank := range measure.RetrievalRanks {
		rows[0] = append(rows[0], fmt.Sprintf("precision@%d", rank))
	}
	rows[0] = append(rows[0], "mAP")
	for _, f := range all {
		row := []string{shape.Words(f.Features), fmt.Sprint(f.Values)}
		for _, rank := range measure.RetrievalRanks {
			cell := "–"
			if p, ok := f.Precision[fmt.Sprint(rank)]; ok {
				cell = fmt.Sprintf("%.4f", p)
			}
			row = append(row, cell)
		}
		rows = append(rows, append(row, fmt.Sprintf("%.4f", f.MeanAveragePrecision)))
	}
	return rows
}

// results is the content of search.json.
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
	queries := make([]query, len(s.found.Neighbours))
	for i, found := range s.found.Neighbours {
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
		"seconds_per_query": s.found.Seconds, "queries": queries, "measured_queries": min(s.Queries, s.data.Test.Len()), "retrieval": s.found.Retrieval,
	}
}
