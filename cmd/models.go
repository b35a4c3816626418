package cmd

import (
	"fmt"
	"io"

	"github.com/urfave/cli/v2"

	"gaetrain/trainer"
	"gaetrain/trainer/recipes"
	"gaetrain/trainer/settings"
)

func modelsVerb() *cli.Command {
	return &cli.Command{
		Name:      "models",
		Usage:     "list the models, or describe one model with its paper and its settings",
		ArgsUsage: "[MODEL]",
		Description: `Without a name, this verb lists the models. With a name, it prints the idea of the model, its
paper, its settings with their defaults, and a BibTeX entry of the paper. --bibtex prints only
the BibTeX entry, or the entries of all models if no model is named.

EXAMPLES:
   gaetrain models
   gaetrain models dense
   gaetrain models --bibtex vae >> references.bib`,
		Flags: []cli.Flag{&cli.BoolFlag{Name: bibtexFlag, Usage: "Print only BibTeX entries, of the named model or of all models"}},
		Action: func(c *cli.Context) error {
			names, bibtex := c.Args().Slice(), c.Bool(bibtexFlag)
			// The flag package stops at the first name, but users often add the flag last.
			if n := len(names); n > 0 && names[n-1] == "--"+bibtexFlag {
				names, bibtex = names[:n-1], true
			}
			chosen := recipes.List()
			switch {
			case len(names) > 1:
				return fmt.Errorf("%w: %d models; hint: name one, or none for the list", errUsage, len(names))
			case len(names) == 1:
				r, err := recipes.Find(names[0])
				if err != nil {
					return err
				}
				if !bibtex {
					return describe(c.App.Writer, r)
				}
				chosen = []trainer.Recipe{r}
			}
			if bibtex {
				return printBibTeX(c.App.Writer, chosen)
			}
			var rows [][]string
			for _, r := range chosen {
				rows = append(rows, []string{r.Name, r.Summary})
			}
			return table(c.App.Writer, rows...)
		},
	}
}

const bibtexFlag = "bibtex"

// printBibTeX prints the entry of each recipe's paper.
func printBibTeX(w io.Writer, of []trainer.Recipe) error {
	for _, r := range of {
		if _, err := io.WriteString(w, r.BibTeX+"\n"); err != nil { // not printf, which would escape line feeds
			return err
		}
	}
	return nil
}

// describe prints the idea of a model, its own settings with their defaults, the
// settings of the trainer whose defaults it changes, and how to cite it.
func describe(w io.Writer, r trainer.Recipe) error {
	idea := fmt.Sprintf("%s: %s\n\n%s\n\n%s\n\nSettings of the model, with their defaults:\n", r.Name, r.Summary, r.Idea, r.Citation)
	if _, err := io.WriteString(w, idea); err != nil { // not printf, which would escape line feeds
		return err
	}
	o := recipeDefaults(r)
	var rows [][]string
	for _, f := range settings.Fields(o.model) {
		rows = append(rows, []string{"  --" + f.Name, shown(f.String()), f.Help})
	}
	if err := table(w, rows...); err != nil {
		return err
	}
	rows = nil
	plain := trainer.Defaults()
	defaults := settings.Fields(&plain)
	for i, f := range settings.Fields(&o.Config) {
		if f.Name != "model" && !f.Equal(defaults[i]) {
			rows = append(rows, []string{"  --" + f.Name, shown(f.String()), "other models: " + shown(defaults[i].String())})
		}
	}
	if len(rows) > 0 {
		printf(w, "\nDefaults of training that differ from those of other models:\n")
	}
	if err := table(w, rows...); err != nil {
		return err
	}
	help := "train --model " + r.Name
	if r.Name == recipes.Classifier.Name {
		help = "finetune"
	}
	printf(w, "\n'gaetrain %s --help' shows all settings.\n\nTo cite the paper:\n\n", help)
	return printBibTeX(w, []trainer.Recipe{r})
}
