package cmd

import (
	"fmt"
	"slices"

	"github.com/urfave/cli/v2"
)

func helpVerb() *cli.Command {
	return &cli.Command{
		Name: "help", Usage: "tell what the program or one of its verbs does", ArgsUsage: "[VERB]",
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
