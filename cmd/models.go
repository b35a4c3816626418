package cmd

import (
	"fmt"

	"github.com/urfave/cli/v2"

	"gaetrain/trainer"
	"gaetrain/trainer/recipes"
)

func modelsVerb() *cli.Command {
	return &cli.Command{
		Name:      "models",
		Usage:     "list the models, or tell about one",
		ArgsUsage: "[MODEL]",
		Description: `EXAMPLES:
   gaetrain models
   gaetrain models dense`,
		Action: func(c *cli.Context) error {
			w := c.App.Writer
			switch c.NArg() {
			case 0:
				var rows [][]string
				for _, r := range recipes.List() {
					rows = append(rows, []string{r.Name, r.Summary})
				}
				return table(w, rows...)
			case 1:
				r, err := recipes.Find(c.Args().First())
				if err != nil {
					return err
				}
				fmt.Fprintf(w, "%s: %s\n\n%s\n\n%s\n\nDefaults:\n", r.Name, r.Summary, r.Idea, r.Citation)
				config := r.Configure()
				var rows [][]string
				for _, f := range trainer.Fields(&config) {
					if f.Group == "model" || f.Group == "training" {
						rows = append(rows, []string{"  --" + f.Name, f.String()})
					}
				}
				return table(w, rows...)
			}
			return fmt.Errorf("%w: %d models; hint: name one, or none for the list", errUsage, c.NArg())
		},
	}
}
