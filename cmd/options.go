package cmd

import (
	"fmt"
	"reflect"
	"slices"

	"github.com/urfave/cli/v2"

	"gaetrain/trainer/settings"
)

// Output holds the settings of progress messages. Every verb has them.
type Output struct {
	LogFormat string `toml:"log-format" group:"output" help:"Format of progress on stderr if it is not a terminal: text or json"`
	Quiet     bool   `toml:"quiet" group:"output" help:"Print no progress, only results, warnings and errors"`
}

func (o Output) validate() error {
	if o.LogFormat != "text" && o.LogFormat != "json" {
		return fmt.Errorf("%w: log-format is %q; hint: text or json", errUsage, o.LogFormat)
	}
	return nil
}

// settingFlag is the flag of a setting. The flags of package cli compare their names with a
// regular expression whenever they are asked for them, which would take longer than the rest of
// the start of the program.
type settingFlag struct {
	cliFlag
	names  []string // one
	hidden bool     // help does not show it
}

// cliFlag is what package cli asks of a flag that help shows.
type cliFlag interface {
	cli.DocGenerationFlag
	cli.CategorizableFlag
}

func newFlag(name string, f cliFlag) *settingFlag {
	return &settingFlag{cliFlag: f, names: []string{name}}
}

func (f *settingFlag) Names() []string { return f.names }
func (f *settingFlag) String() string  { return cli.FlagStringer(f) }
func (f *settingFlag) IsVisible() bool { return !f.hidden }

// flags makes the flags of structs, given by pointers to their defaults.
func flags(structs ...any) []cli.Flag {
	var list []cli.Flag
	for _, f := range settings.Fields(structs...) {
		if f.IsBool() {
			list = append(list, newFlag(f.Name, &cli.BoolFlag{Name: f.Name, Usage: f.Help, Category: f.Group, DefaultText: f.String()}))
			continue
		}
		list = append(list, newFlag(f.Name, &cli.GenericFlag{Name: f.Name, Usage: f.Help, Category: f.Group, Value: f, DefaultText: f.String()}))
	}
	return list
}

func flagName(f cli.Flag) string { return f.Names()[0] }

// isSwitch reports whether a flag is true or false, so that no value follows it.
func isSwitch(f cli.Flag) bool {
	documented, ok := f.(cli.DocGenerationFlag)
	return ok && !documented.TakesValue()
}

// withDefault sets the text that help shows as the default of a flag, for a default that
// depends on other flags.
func withDefault(flags []cli.Flag, name, text string) []cli.Flag {
	for _, f := range flags {
		if setting, ok := f.(*settingFlag); ok && flagName(f) == name {
			setting.cliFlag.(*cli.GenericFlag).DefaultText = text
		}
	}
	return flags
}

// layers fills the options of a verb that trains no model from the
// sources: flag > environment > file > present values. It returns the origins of
// the values that were given. An empty name stands for no file.
func layers(c *cli.Context, options any, file string) (map[string]settings.Origin, error) {
	return layersOf(c, settings.Fields(options), file)
}

func layersOf(c *cli.Context, fields []settings.Field, file string) (map[string]settings.Origin, error) {
	list, err := sources(c, file)
	if err != nil {
		return nil, err
	}
	origins, rest, err := fill(fields, list)
	if err != nil {
		return nil, err
	}
	return origins, refuse(rest, fields, "")
}

// wasGiven reports whether a flag or the environment sets an option of a verb. The
// sources were read without an error before.
func wasGiven(c *cli.Context, name string) bool {
	list, _ := sources(c, "")
	return slices.ContainsFunc(list, func(g given) bool { return g.name == name })
}

// fill sets fields to the values that were given. It returns the origins of these
// values, and the values that belong to no field.
func fill(fields []settings.Field, list []given) (origins map[string]settings.Origin, rest []given, err error) {
	origins = make(map[string]settings.Origin)
	for _, g := range list {
		f, ok := settings.Named(fields, g.name)
		if !ok {
			rest = append(rest, g)
			continue
		}
		err := g.err
		switch {
		case err != nil:
		case g.list && f.IsScalar():
			err = fmt.Errorf("[%s] is a list, but the setting takes one value", g.text)
		default:
			err = f.Set(g.text)
		}
		if err != nil {
			return nil, nil, fmt.Errorf("%w: %s: %w", errUsage, g.where, err)
		}
		origins[g.name] = g.origin
	}
	return origins, rest, nil
}

// withoutNames removes the fields with these names.
func withoutNames(fields []settings.Field, names ...string) []settings.Field {
	return slices.DeleteFunc(fields, func(f settings.Field) bool { return slices.Contains(names, f.Name) })
}

// adopt sets fields to the values of the fields of the same names in another list.
func adopt(fields, from []settings.Field) error {
	for _, f := range fields {
		value, ok := settings.Named(from, f.Name)
		if !ok {
			return fmt.Errorf("%w: no setting %s to adopt", errUsage, f.Name)
		}
		if err := f.Set(value.String()); err != nil {
			return fmt.Errorf("%w: %s: %w", errUsage, f.Name, err)
		}
	}
	return nil
}

// clone copies options, so that flags can be parsed into one copy and layered
// into another.
func clone[T any](options T) *T {
	copied := reflect.New(reflect.TypeOf(options))
	copied.Elem().Set(reflect.ValueOf(options))
	return copied.Interface().(*T)
}
