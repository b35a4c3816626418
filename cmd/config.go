package cmd

import (
	"encoding/json"
	"errors"
	"slices"
	"strconv"
	"strings"

	"github.com/urfave/cli/v2"

	"gaetrain/loaders"
	"gaetrain/trainer/recipes"
	"gaetrain/trainer/settings"
	"gaetrain/viz/plain"
)

func configVerb(model string) *cli.Command {
	return &cli.Command{
		Name:  "config",
		Usage: "print the settings that train would use and the origin of each value",
		Description: modelHelp("config", model) + `

This verb takes the same flags, variables and file as train. It prints a TOML file that --config
can read. Settings without an effect, such as momentum with the solver adam, are not printed.
For array:FILE, the loss is not printed either, because it depends on the range of the data.

EXAMPLES:
   gaetrain config --model dense --code 64
   GAETRAIN_EPOCHS=5 gaetrain config > gaetrain.toml`,
		Flags: trainFlags(model),
		Action: func(c *cli.Context) error {
			o, origins, err := resolve(c)
			if err != nil {
				return err
			}
			var rows [][]string
			recorded := settings.Record(origins, o.recorded()...)
			for _, f := range settings.Effective(o.recorded()...) {
				s := recorded[f.Name]
				if loaders.IsArray(o.Dataset) && slices.Contains(recipes.Fitted, f.Name) && !s.Origin.Explicit() {
					printf(c.App.Writer, "# %s depends on the range of the data\n", f.Name)
					continue // as a value of the file, it would be the choice of the user
				}
				rows = append(rows, []string{f.Name + " = " + tomlOf(s.Value), "# " + string(s.Origin)})
			}
			return align(c.App.Writer, rows...)
		},
	}
}

// tomlOf writes a JSON value in TOML. A whole number that is too large for TOML becomes
// text, which --config reads as well. TOML and JSON escape runes beyond U+FFFF in
// different ways. They escape all other hidden runes in the same way, when they are
// printed.
func tomlOf(value json.RawMessage) string {
	if _, err := strconv.ParseInt(string(value), 10, 64); errors.Is(err, strconv.ErrRange) {
		return strconv.Quote(string(value))
	}
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
