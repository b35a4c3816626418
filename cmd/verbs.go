package cmd

import (
	"slices"
	"strings"

	"github.com/urfave/cli/v2"
)

// verb is a verb of the program. The model is that of the arguments, or "".
type verb struct {
	name string
	make func(model string) *cli.Command
}

// verbs lists the verbs in the order in which the help names them.
func verbs() []verb {
	always := func(make func() *cli.Command) func(string) *cli.Command {
		return func(string) *cli.Command { return make() }
	}
	return []verb{
		{"train", trainVerb}, {"finetune", always(finetuneVerb)}, {"study", always(studyVerb)}, {"sweep", always(sweepVerb)},
		{"eval", always(evalVerb)}, {"reconstruct", always(reconstructVerb)}, {"encode", always(encodeVerb)}, {"decode", always(decodeVerb)},
		{"sample", always(sampleVerb)}, {"interpolate", always(interpolateVerb)}, {"traverse", always(traverseVerb)},
		{"judge", always(judgeVerb)}, {"detect", always(detectVerb)}, {"pca", always(pcaVerb)}, {"probe", always(probeVerb)},
		{"cluster", always(clusterVerb)}, {"search", always(searchVerb)}, {"compress", always(compressVerb)}, {"decompress", always(decompressVerb)},
		{"compare", always(compareVerb)}, {"watch", always(watchVerb)}, {"report", always(reportVerb)}, {"export", always(exportVerb)},
		{"graph", graphVerb}, {"bench", benchVerb}, {"models", always(modelsVerb)}, {"datasets", always(datasetsVerb)},
		{"config", configVerb}, {"health", always(healthVerb)}, {"version", always(versionVerb)}, {"help", always(helpVerb)},
	}
}

func verbNames() (names []string) {
	for _, v := range verbs() {
		names = append(names, v.name)
	}
	return names
}

// allVerbs makes all verbs. The help shows the settings of the model if one is named.
func allVerbs(model string) (list []*cli.Command) {
	for _, v := range verbs() {
		list = append(list, v.command(model))
	}
	return list
}

// needed makes the verb that the arguments of the program begin with. It makes all verbs for
// arguments that need their help. The flags of all verbs would take longer to make than the rest
// of the program to start.
func needed(model string, args []string) []*cli.Command {
	if list := verbs(); len(args) > 1 && args[1] != "help" {
		if i := slices.IndexFunc(list, func(v verb) bool { return v.name == args[1] }); i >= 0 {
			return []*cli.Command{list[i].command(model)}
		}
	}
	return allVerbs(model)
}

func (v verb) command(model string) *cli.Command {
	command := v.make(model)
	finish(command)
	return command
}

// finish adds to a verb and its subcommands what all verbs share: the exit codes in
// the help, one form of usage errors, and an error about unexpected arguments.
func finish(verb *cli.Command) {
	verb.OnUsageError = usageError
	verb.HideHelpCommand = true
	verb.Description = strings.TrimSpace(verb.Description) + "\n\n" + strings.TrimSpace(exitCodes)
	if action := verb.Action; action != nil && verb.ArgsUsage == "" {
		verb.Action = func(c *cli.Context) error {
			if c.Args().Present() {
				return unexpected(c)
			}
			return action(c)
		}
	}
	for _, sub := range verb.Subcommands {
		finish(sub)
	}
}
