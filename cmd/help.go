package cmd

import (
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

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
			case !slices.Contains(verbNames(), verb):
				return unknown("verb", verb, verbNames())
			default:
				return c.App.RunContext(c.Context, []string{c.App.Name, verb, "--help"})
			}
		},
	}
}

// helpColumns is the number of columns that a line of help fits, except for examples.
const helpColumns = 100

// printHelp prints help as the flag package does. The text of a flag that does not fit one
// line continues in the column in which it begins.
func printHelp(w io.Writer, template string, data any) {
	var help strings.Builder
	cli.HelpPrinterCustom(&help, template, data, nil)
	inOptions := false
	for line := range strings.Lines(help.String()) {
		inOptions = inOptions || line == "OPTIONS:\n"
		if inOptions {
			line = broken(line)
		}
		_, _ = io.WriteString(w, line) // an output keeps its error
	}
}

// helpedFlag matches the name of a flag in help and the space before its text.
var helpedFlag = regexp.MustCompile(`^ +-.*?  +`)

// broken breaks the line of a flag at spaces.
func broken(line string) string {
	name := helpedFlag.FindString(line)
	if name == "" || utf8.RuneCountInString(line) <= helpColumns {
		return line
	}
	var text strings.Builder
	column := 0
	unbroken := strings.ReplaceAll(strings.TrimSpace(line[len(name):]), "(default: ", "(default:\u00a0")
	for i, word := range strings.Split(unbroken, " ") {
		width := utf8.RuneCountInString(word)
		switch {
		case i == 0:
			text.WriteString(name)
			column = len(name)
		case column+1+width > helpColumns:
			text.WriteString("\n" + strings.Repeat(" ", len(name)))
			column = len(name)
		default:
			text.WriteString(" ")
			column++
		}
		text.WriteString(strings.ReplaceAll(word, "\u00a0", " "))
		column += width
	}
	return text.String() + "\n"
}
