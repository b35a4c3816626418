package cmd

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"

	"gaetrain/trainer"
)

// runsFlag is the flag of verbs that work on several runs. Its value is a list with
// commas.
const runsFlag = "runs"

// arrange brings the arguments of a verb into an order that the parser of flags accepts,
// see gatherRuns and fileLast.
func arrange(verbs []*cli.Command, args []string) []string {
	return fileLast(verbs, gatherRuns(verbs, args))
}

// fileLast moves the arguments of a verb that takes a file or a folder behind its flags.
func fileLast(verbs []*cli.Command, args []string) []string {
	verb, names := verbOf(verbs, args)
	if verb == nil || verb.ArgsUsage != fileUsage && verb.ArgsUsage != folderUsage {
		return args
	}
	var flags, operands []string
	for rest := args[names:]; len(rest) > 0; rest = rest[1:] {
		name, _, assigned := strings.Cut(strings.TrimLeft(rest[0], "-"), "=")
		switch isFlag := len(rest[0]) > 1 && rest[0][0] == '-'; {
		case rest[0] == "--":
			operands, rest = append(operands, rest[1:]...), rest[:1]
		case !isFlag:
			operands = append(operands, rest[0])
		case !assigned && takesValue(verb, name) && len(rest) > 1:
			flags, rest = append(flags, rest[:2]...), rest[1:]
		default:
			flags = append(flags, rest[0])
		}
	}
	if operands == nil {
		return args
	}
	return slices.Concat(args[:names], flags, []string{"--"}, operands)
}

// verbOf returns the verb that the arguments begin with, or the verb below it, and the number
// of arguments up to its name; nil if there is none.
func verbOf(verbs []*cli.Command, args []string) (verb *cli.Command, names int) {
	for names = 1; names < len(args); names++ {
		i := slices.IndexFunc(verbs, func(v *cli.Command) bool { return v.Name == args[names] })
		if i < 0 {
			break
		}
		verb, verbs = verbs[i], verbs[i].Subcommands
	}
	return verb, names
}

// Usage of the arguments of verbs that take a file, and of those that may be given a folder.
const (
	fileUsage   = "FILE"
	folderUsage = "[DIR]"
)

// gatherRuns moves the arguments of a verb that are not flags into its flag --runs,
// because a shell expands --runs runs/lr-* to several arguments. Arguments of verbs
// without this flag are not changed.
func gatherRuns(verbs []*cli.Command, args []string) []string {
	verb, at := (*cli.Command)(nil), 1
	for ; at < len(args); at++ {
		i := slices.IndexFunc(verbs, func(v *cli.Command) bool { return v.Name == args[at] })
		if i < 0 {
			break
		}
		verb, verbs = verbs[i], verbs[i].Subcommands
	}
	if verb == nil || !slices.Contains(flagNames(verb), "--"+runsFlag) || len(verb.Subcommands) > 0 {
		return args
	}
	var others, runs []string
	for rest := args[at:]; len(rest) > 0; rest = rest[1:] {
		name, value, assigned := strings.Cut(strings.TrimLeft(rest[0], "-"), "=")
		isFlag := len(rest[0]) > 1 && rest[0][0] == '-'
		switch takes := isFlag && !assigned && takesValue(verb, name) && len(rest) > 1; {
		case !isFlag:
			runs = append(runs, rest[0])
		case name == runsFlag && assigned:
			runs = append(runs, value)
		case name == runsFlag && takes:
			runs, rest = append(runs, rest[1]), rest[1:]
		case takes:
			others, rest = append(others, rest[:2]...), rest[1:]
		default:
			others = append(others, rest[0])
		}
	}
	args = slices.Concat(args[:at], others)
	if runs == nil {
		return args
	}
	return append(args, "--"+runsFlag, strings.Join(runs, ","))
}

// takesValue reports whether a flag of a verb is followed by its value.
func takesValue(verb *cli.Command, name string) bool {
	for _, f := range verb.Flags {
		if slices.Contains(f.Names(), name) {
			return !isSwitch(f)
		}
	}
	return false
}

// listRuns lists the folders that a value of --runs names. A name with *, ? or [] that is
// not a folder is a pattern, and stands for all runs that it matches.
func listRuns(value string) (runs []string, err error) {
	for name := range strings.SplitSeq(value, ",") {
		if name = strings.TrimSpace(name); name == "" {
			continue
		}
		names := []string{name}
		if _, err := os.Stat(name); err != nil && isPattern(name) {
			if names, err = matchRuns(name); err != nil {
				return nil, err
			}
		}
		for _, run := range names {
			if run = filepath.Clean(run); slices.Contains(runs, run) {
				return nil, fmt.Errorf("%w: --runs names %s twice", errUsage, run)
			}
			runs = append(runs, run)
		}
	}
	return runs, nil
}

// isPattern reports whether a name is a pattern. An unclosed bracket is part of a name.
func isPattern(name string) bool {
	_, err := filepath.Match(name, "")
	return err == nil && strings.ContainsAny(name, "*?[")
}

// matchRuns lists the runs that a pattern matches, sorted.
func matchRuns(pattern string) (runs []string, err error) {
	matches, err := filepath.Glob(pattern)
	if err != nil {
		return nil, err
	}
	for _, match := range matches {
		if trainer.IsRun(match) {
			runs = append(runs, match)
		}
	}
	if len(runs) > 0 {
		return runs, nil
	}
	dir := filepath.Dir(pattern)
	for isPattern(dir) {
		dir = filepath.Dir(dir)
	}
	hint := "there are no runs in " + dir
	if there := trainer.RunsIn(dir); len(there) > 0 {
		hint = "the latest runs there are " + strings.Join(there, ", ")
	}
	return nil, fmt.Errorf("%w: --runs %s matches no run; hint: %s", errUsage, pattern, hint)
}
