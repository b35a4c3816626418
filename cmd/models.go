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
		Usage:     "list the models, or describe one and its settings",
		ArgsUsage: "[MODEL]",
		Description: `EXAMPLES:
   gaetrain models
   gaetrain models dense`,
		Action: func(c *cli.Context) error {
			switch c.NArg() {
			case 0:
				var rows [][]string
				for _, r := range recipes.List() {
					rows = append(rows, []string{r.Name, r.Summary})
				}
				return table(c.App.Writer, rows...)
			case 1:
				r, err := recipes.Find(c.Args().First())
				if err != nil {
					return err
				}
				return describe(c.App.Writer, r)
			}
			return fmt.Errorf("%w: %d models; hint: name one, or none for the list", errUsage, c.NArg())
		},
	}
}

// describe prints what a model is, its own settings with their defaults, and the
// settings of the trainer whose defaults it changes.
func describe(w io.Writer, r trainer.Recipe) error {
	idea := fmt.Sprintf("%s: %s\n\n%s\n\n%s\n\nSettings of the model, with their defaults:\n", r.Name, r.Summary, r.Idea, r.Citation)
	if _, err := io.WriteString(w, idea); err != nil { // the lines of the program itself stay
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
	printf(w, "\n'gaetrain %s --help' shows all settings.\n", help)
	return nil
}
