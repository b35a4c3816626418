package cmd

import (
	"context"
	"fmt"
	"io"

	"github.com/urfave/cli/v2"

	"gaetrain/loaders"
)

type datasetOptions struct {
	DataDir string `toml:"data-dir" group:"input" help:"Folder that is searched first for data sets"`
	Output
}

func datasetsVerb() *cli.Command {
	return &cli.Command{
		Name:  "datasets",
		Usage: "list, fetch, verify or describe data sets",
		Description: `A data set is searched for in --data-dir, then in the user's cache, and then in
/usr/share/datasets. If it is in none of them, it is downloaded.

EXAMPLES:
   gaetrain datasets list
   gaetrain datasets fetch fashion-mnist
   gaetrain datasets verify --data-dir data fashion-mnist
   gaetrain datasets describe folder:photos`,
		Subcommands: []*cli.Command{
			{
				Name: "list", Usage: "list the values of --dataset", Description: "EXAMPLE:\n   gaetrain datasets list",
				Action: func(c *cli.Context) error { return listDatasets(c.App.Writer) },
			},
			datasetVerb("fetch", "download a data set into the user's cache", fetchDataset),
			datasetVerb("verify", "check the files of a data set against the published checksums", verifyDataset),
			describeVerb(),
		},
		Action: func(c *cli.Context) error {
			if name := c.Args().First(); name != "" {
				return unknown("verb", "datasets "+name, []string{"datasets list", "datasets fetch", "datasets verify", "datasets describe"})
			}
			return cli.ShowSubcommandHelp(c)
		},
		ArgsUsage: "list | fetch NAME | verify NAME | describe SOURCE",
	}
}

func listDatasets(w io.Writer) error {
	rows := [][]string{{"NAME", "TRAIN", "TEST", "SHAPE", "CLASSES", "LICENCE", "SUMMARY"}}
	for _, d := range loaders.List() {
		row := []string{d.Name, "", "", "", "", d.Licence, d.Summary}
		if d.Train > 0 {
			row[1], row[2], row[3], row[4] = fmt.Sprint(d.Train), fmt.Sprint(d.Test), d.Shape.String(), fmt.Sprint(d.Classes)
		}
		rows = append(rows, row)
	}
	return table(w, rows...)
}

// datasetVerb is a verb that works on one named data set. Flags stand before the name.
func datasetVerb(name, usage string, run func(context.Context, io.Writer, string, loaders.Options) error) *cli.Command {
	defaults := datasetOptions{Output: Output{LogFormat: "text"}}
	return &cli.Command{
		Name: name, Usage: usage, ArgsUsage: "NAME",
		Description: fmt.Sprintf("EXAMPLE:\n   gaetrain datasets %s fashion-mnist", name),
		Flags:       flags(clone(defaults)),
		Action: func(c *cli.Context) error {
			if c.NArg() != 1 {
				return fmt.Errorf("%w: %d arguments; hint: gaetrain datasets %s [flags] NAME, with the flags before the name", errUsage, c.NArg(), name)
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
			return run(c.Context, c.App.Writer, c.Args().First(), options)
		},
	}
}

func fetchDataset(ctx context.Context, w io.Writer, name string, o loaders.Options) error {
	if err := loaders.Fetch(ctx, name, o); err != nil {
		return err
	}
	return verifyDataset(ctx, w, name, o)
}

func verifyDataset(ctx context.Context, w io.Writer, name string, o loaders.Options) error {
	files, err := loaders.Verify(ctx, name, o)
	var rows [][]string
	for _, f := range files {
		rows = append(rows, []string{f.File, string(f.State), f.Digest, f.Path, f.Reason})
	}
	if printing := table(w, rows...); err == nil {
		err = printing
	}
	return err
}
