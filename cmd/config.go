package cmd

import (
	"strings"

	"github.com/urfave/cli/v2"

	"gaetrain/trainer"
)

func configVerb() *cli.Command {
	return &cli.Command{
		Name:  "config",
		Usage: "print the configuration that train would use, and where each value comes from",
		Description: `Takes the flags, environment and file of train. The output is a TOML file that --config
reads again.

EXAMPLES:
   gaetrain config --model dense --code 64
   GAETRAIN_EPOCHS=5 gaetrain config > gaetrain.toml`,
		Flags: trainFlags(),
		Action: func(c *cli.Context) error {
			o, origins, err := resolve(c)
			if err != nil {
				return err
			}
			var rows [][]string
			settings := trainer.Settings(&o.Config, origins)
			for _, f := range trainer.Fields(&o.Config) {
				s := settings[f.Name]
				value := strings.ReplaceAll(string(s.Value), "\x7f", `\u007f`) // the one that JSON leaves and TOML forbids
				rows = append(rows, []string{f.Name + " = " + value, "# " + string(s.Origin)})
			}
			return table(c.App.Writer, rows...)
		},
	}
}
