package cmd

import (
	"fmt"
	"slices"

	"github.com/urfave/cli/v2"
)

func helpVerb() *cli.Command {
	return &cli.Command{
		Name: "help", Usage: "show the help of the program or of a verb", ArgsUsage: "[VERB]",
		Description: "EXAMPLE:\n   gaetrain help train",
		Action: func(c *cli.Context) error {
			switch verb := c.Args().First(); {
			case c.NArg() > 1:
				return fmt.Errorf("%w: %d verbs; hint: name one, or none for the list", errUsage, c.NArg())
			case verb == "":
				return cli.ShowAppHelp(c)
			case !slices.Contains(verbNames(c.App), verb):
				return unknown("verb", verb, verbNames(c.App))
			default:
				return c.App.RunContext(c.Context, []string{c.App.Name, verb, "--help"})
			}
		},
	}
}
