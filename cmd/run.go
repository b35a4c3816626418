// Package cmd holds the verbs of the program, one file each: their options,
// their help and what they print. It alone reads flags, the environment and the
// terminal.
package cmd

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"regexp"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"

	"github.com/urfave/cli/v2"

	"gaetrain/graph"
	"gaetrain/graph/kernel"
	"gaetrain/loaders"
	"gaetrain/trainer"
	"gaetrain/trainer/compression"
	"gaetrain/trainer/evaluate"
	"gaetrain/trainer/settings"
	"gaetrain/viz/plain"
)

// errUsage is wrapped by errors about how the program was called.
var errUsage = errors.New("usage")

// Run runs the program with its arguments (the first is its name) and returns
// the exit code.
func Run(args []string, stdout, stderr io.Writer) int {
	applyLimits()
	results, messages := newOutput(stdout), newOutput(stderr)
	ctx, finish := withSignals(context.Background(), messages)
	err := run(ctx, args, results, messages)
	if unprinted := results.finish(); err == nil {
		err = unprinted
	}
	if byContext := errors.Is(err, context.Canceled) || errors.Is(err, errSignal); byContext && ctx.Err() != nil && !errors.Is(err, trainer.ErrStopped) && !errors.Is(err, errUnsaved) {
		err = fmt.Errorf("stopped: %w", context.Cause(ctx))
	}
	finish()
	if err != nil && !errors.Is(err, errReader) {
		printf(messages, "gaetrain: %s\n", oneLine(err))
	}
	return exitCode(err)
}

func run(ctx context.Context, args []string, stdout, stderr io.Writer) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("unexpected: %v; hint: this is a bug, please report it with the command line", r)
		}
	}()
	if err := chooseKernel(); err != nil {
		return err
	}
	model, err := namedModel(args)
	if err != nil {
		return err
	}
	app := newApp(needed(model, args), stdout, stderr)
	if os.Getenv("GOGC") == "" { // not before, because making all flags would take some collections
		debug.SetGCPercent(4) // a step allocates almost nothing, so frequent collections cost no time; images and weights need no scan
	}
	return app.RunContext(ctx, arrange(app.Commands, args))
}

// exitCode is the one place where errors become exit codes.
func exitCode(err error) int {
	failed := failedJobs{}
	switch {
	case err == nil:
		return 0
	case errors.As(err, &failed):
		return failed.code
	case errors.Is(err, trainer.ErrStopped):
		return 75
	case errors.Is(err, trainer.ErrDiverged):
		return 4
	case errors.Is(err, trainer.ErrCheckpoint), errors.Is(err, trainer.ErrRun):
		return 5
	case errors.Is(err, errUsage), errors.Is(err, trainer.ErrConfiguration), errors.Is(err, trainer.ErrRunExists),
		errors.Is(err, loaders.ErrUnknown), errors.Is(err, graph.ErrArchitecture), errors.Is(err, evaluate.ErrInput):
		return 2
	case errors.Is(err, loaders.ErrData), errors.Is(err, compression.ErrFormat), errors.Is(err, compression.ErrInput):
		return 3
	case errors.Is(err, errUnsaved), errors.Is(err, errSignal):
		return 130
	case errors.Is(err, errReader):
		return 141
	}
	return 1
}

const exitCodes = `EXIT CODES:
   0 done · 1 unexpected error · 2 usage or configuration · 3 data · 4 diverged (NaN or Inf)
   5 unusable checkpoint or locked run folder · 75 stopped by a signal or the time limit, and
   the run has a checkpoint: --resume continues · 130 interrupted twice, or stopped with nothing
   saved · 141 stdout was closed before all results were printed, but all work is done
`

// newApp makes the program with its verbs.
func newApp(verbs []*cli.Command, stdout, stderr io.Writer) *cli.App {
	cli.HelpPrinter = printHelp
	cli.VersionPrinter = func(c *cli.Context) { printf(c.App.Writer, "gaetrain %s\n", trainer.Version()) }
	return &cli.App{
		Name:        "gaetrain",
		Usage:       "train autoencoders declared as Gorgonia graphs, and examine what they learn",
		UsageText:   "gaetrain VERB [flags]\n\ngaetrain train         trains the default model on the embedded data\ngaetrain VERB --help   shows the help of a verb, with examples",
		Description: "EXAMPLES:\n   gaetrain train --model vae --epochs 5\n   gaetrain help train\n\n" + strings.TrimSpace(exitCodes),
		Version:     trainer.Version(),
		Writer:      stdout, ErrWriter: stderr,
		HideHelpCommand: true, Flags: []cli.Flag{cli.HelpFlag}, // else the verb help would replace both
		ExitErrHandler: func(*cli.Context, error) {},
		OnUsageError:   usageError,
		Commands:       verbs,
		Action: func(c *cli.Context) error {
			if verb := c.Args().First(); verb != "" {
				return unknown("verb", verb, verbNames())
			}
			return cli.ShowAppHelp(c)
		},
	}
}

// unexpected is the error about an argument of a verb that takes flags only. The
// user may have meant the argument as the value of a boolean flag.
func unexpected(c *cli.Context) error {
	argument := c.Args().First()
	if _, err := strconv.ParseBool(argument); err == nil {
		for _, flag := range c.Command.Flags {
			if name := flagName(flag); isSwitch(flag) && c.IsSet(name) {
				return fmt.Errorf("%w: unexpected argument %q; hint: a flag that is true or false takes its value with =, such as --%s=%s", errUsage, argument, name, argument)
			}
		}
	}
	return fmt.Errorf("%w: unexpected argument %q; hint: %s takes flags only", errUsage, argument, c.Command.Name)
}

// usageError explains what is wrong with a flag: it is unknown, it stands before its
// verb, it has no value, or its value is invalid.
func usageError(c *cli.Context, err error, _ bool) error {
	text := err.Error()
	if name, ok := strings.CutPrefix(text, "flag provided but not defined: -"); ok {
		name = "--" + strings.TrimLeft(name, "-")
		known := flagNames(c.Command)
		if slices.Contains(known, name) {
			return fmt.Errorf("%w: %s stands before the verb; hint: gaetrain VERB %s", errUsage, name, name)
		}
		if now := "--" + renamed[strings.TrimPrefix(name, "--")]; slices.Contains(known, now) {
			return renamedError(name, now)
		}
		return unknown("flag", name, known)
	}
	if name, ok := strings.CutPrefix(text, "flag needs an argument: -"); ok {
		return fmt.Errorf("%w: --%s needs a value; hint: %s --help", errUsage, strings.TrimLeft(name, "-"), c.Command.HelpName)
	}
	if parts := invalidValue.FindStringSubmatch(text); parts != nil {
		problem := parts[4]
		if problem == "parse error" { // from a flag of the flag package, not from a settings field
			problem = fmt.Sprintf("%s is not %s", parts[2], map[bool]string{true: "true or false", false: "a number"}[parts[1] != ""])
		}
		return fmt.Errorf("%w: --%s: %s", errUsage, parts[3], problem)
	}
	return fmt.Errorf("%w: %s", errUsage, err)
}

// invalidValue matches the error of the flag package about a value that Set refuses.
var invalidValue = regexp.MustCompile(`(?s)^invalid (boolean )?value (".*") for (?:flag )?-([a-z0-9-]+): (.*)$`)

// flagNames lists the flags of a verb and of its subcommands.
func flagNames(verb *cli.Command) (list []string) {
	for _, f := range verb.Flags {
		list = append(list, "--"+flagName(f))
	}
	for _, sub := range verb.Subcommands {
		list = append(list, flagNames(sub)...)
	}
	return list
}

// chooseKernel selects the kernel path that GAETRAIN_KERNEL names.
func chooseKernel() error {
	name := os.Getenv(kernelVariable)
	if name == "" {
		return nil
	}
	if err := kernel.Use(name); err != nil {
		return fmt.Errorf("%w: %s: %w", errUsage, kernelVariable, err)
	}
	return nil
}

const kernelVariable = settings.EnvironmentPrefix + "_KERNEL"

// Largest lengths in runes of a word and of an error. A longer error quotes a path or a
// value that would fill the screen.
const longestWord, longestLine = 300, 2000

// oneLine keeps an error on one line of bounded length, whatever text of a library, a
// file or an argument it quotes.
func oneLine(err error) string {
	words := strings.Fields(err.Error())
	for i, word := range words {
		words[i] = plain.Clip(plain.Line(word), longestWord)
	}
	return plain.Clip(strings.Join(words, " "), longestLine)
}
