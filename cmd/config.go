package cmd

import (
	"strings"

	"github.com/urfave/cli/v2"

	"gaetrain/trainer/settings"
)

func configVerb(model string) *cli.Command {
	return &cli.Command{
		Name:  "config",
		Usage: "print the settings that train would use, and the origin of each value",
		Description: modelHelp("config", model) + `

This verb takes the flags, the environment and the file of train. It prints a TOML file, which
--config reads again. Settings that have no effect, such as momentum with the solver adam, are
left out.

EXAMPLES:
   gaetrain config --model dense --code 64
   GAETRAIN_EPOCHS=5 gaetrain config > gaetrain.toml`,
		Flags: trainFlags(model),
		Action: func(c *cli.Context) error {
			o, origins, err := resolve(c)
			if err != nil {
				return err
			}
			var useless []string
			for _, w := range settings.Useless(o.recorded()...) {
				useless = append(useless, w.Name)
			}
			var rows [][]string
			recorded := settings.Record(origins, o.recorded()...)
			for _, f := range withoutNames(settings.Fields(o.recorded()...), useless...) {
				s := recorded[f.Name]
				value := strings.ReplaceAll(string(s.Value), "\x7f", `\u007f`) // JSON allows it, TOML does not
				rows = append(rows, []string{f.Name + " = " + value, "# " + string(s.Origin)})
			}
			return align(c.App.Writer, rows...)
		},
	}
}
