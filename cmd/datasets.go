package cmd

import (
	"fmt"

	"github.com/urfave/cli/v2"

	"gaetrain/loaders"
)

type datasetOptions struct {
	DataDir string `toml:"data-dir" group:"input" help:"folder to look for data sets in first"`
	Output
}

func datasetsVerb() *cli.Command {
	return &cli.Command{
		Name:  "datasets",
		Usage: "list, fetch or verify data sets",
		Description: `A named set is looked for in --data-dir, then the user's cache, then
/usr/share/datasets, then downloaded.

EXAMPLES:
   gaetrain datasets list
   gaetrain datasets fetch fashion-mnist
   gaetrain datasets verify --data-dir data fashion-mnist`,
		Subcommands: []*cli.Command{
			{Name: "list", Usage: "list what --dataset takes", Action: listDatasets},
			datasetVerb("fetch", "download a data set into the user's cache", fetchDataset),
			datasetVerb("verify", "check the files of a data set against the published checksums", verifyDataset),
		},
		Action: func(c *cli.Context) error {
			if name := c.Args().First(); name != "" {
				return unknown("verb", "datasets "+name, []string{"datasets list", "datasets fetch", "datasets verify"})
			}
			return cli.ShowSubcommandHelp(c)
		},
		ArgsUsage: "list | fetch NAME | verify NAME",
	}
}

func listDatasets(c *cli.Context) error {
	rows := [][]string{{"NAME", "TRAIN", "TEST", "SHAPE", "CLASSES", "LICENCE", "SUMMARY"}}
	for _, d := range loaders.List() {
		row := []string{d.Name, "", "", "", "", d.Licence, d.Summary}
		if d.Train > 0 {
			row[1], row[2], row[3], row[4] = fmt.Sprint(d.Train), fmt.Sprint(d.Test), d.Shape.String(), fmt.Sprint(d.Classes)
		}
		rows = append(rows, row)
	}
	return table(c.App.Writer, rows...)
}

// datasetVerb is a verb on one named data set; flags stand before the name.
func datasetVerb(name, usage string, run func(*cli.Context, string, loaders.Options) error) *cli.Command {
	defaults := datasetOptions{Output: Output{LogFormat: "text"}}
	return &cli.Command{
		Name: name, Usage: usage, ArgsUsage: "NAME",
		Description: fmt.Sprintf("EXAMPLE:\n   gaetrain datasets %s fashion-mnist", name),
		Flags:       flags(clone(defaults)),
		Action: func(c *cli.Context) error {
			if c.NArg() != 1 {
				return fmt.Errorf("%w: %d arguments; hint: gaetrain datasets %s [flags] NAME, flags before the name", errUsage, c.NArg(), name)
			}
			o := defaults
			if _, err := layers(c, &o, ""); err != nil {
				return err
			}
			if err := o.validate(); err != nil {
				return err
			}
			options := loaderOptions(newLog(c.App.ErrWriter, o.Output))
			options.DataDir = o.DataDir
			return run(c, c.Args().First(), options)
		},
	}
}

func fetchDataset(c *cli.Context, name string, o loaders.Options) error {
	if err := loaders.Fetch(c.Context, name, o); err != nil {
		return err
	}
	return verifyDataset(c, name, o)
}

func verifyDataset(c *cli.Context, name string, o loaders.Options) error {
	files, err := loaders.Verify(c.Context, name, o)
	var rows [][]string
	for _, f := range files {
		rows = append(rows, []string{f.File, string(f.State), f.Digest, f.Path, f.Reason})
	}
	if printing := table(c.App.Writer, rows...); err == nil {
		err = printing
	}
	return err
}
