package cmd

import (
	"encoding/json"
	"strings"

	"github.com/urfave/cli/v2"

	"gaetrain/trainer/settings"
	"gaetrain/viz/plain"
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
				rows = append(rows, []string{f.Name + " = " + tomlOf(s.Value), "# " + string(s.Origin)})
			}
			return align(c.App.Writer, rows...)
		},
	}
}

// tomlOf writes a value of JSON in TOML, which escapes runes beyond U+FFFF in
// another way. All other hidden runes are escaped alike where they are printed.
func tomlOf(value json.RawMessage) string {
	var text strings.Builder
	for _, r := range string(value) {
		if r > 0xffff && plain.Hidden(r) {
			printf(&text, `\U%08x`, r)
			continue
		}
		text.WriteRune(r)
	}
	return text.String()
}
