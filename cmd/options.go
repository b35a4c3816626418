package cmd

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"reflect"
	"slices"
	"strings"

	"github.com/BurntSushi/toml"
	"github.com/kelseyhightower/envconfig"
	"github.com/urfave/cli/v2"

	"gaetrain/trainer"
)

// Output is how a verb tells of its progress; part of every verb's options.
type Output struct {
	LogFormat string `toml:"log-format" split_words:"true" group:"output" help:"of progress on stderr when it is not a terminal: text or json"`
	Quiet     bool   `toml:"quiet" split_words:"true" group:"output" help:"print results and errors only"`
}

func (o Output) validate() error {
	if o.LogFormat != "text" && o.LogFormat != "json" {
		return fmt.Errorf("%w: log-format is %q; hint: text or json", errUsage, o.LogFormat)
	}
	return nil
}

// flags makes the flags of options, a pointer to a struct with its defaults.
func flags(options any) []cli.Flag {
	var list []cli.Flag
	for _, f := range trainer.Fields(options) {
		if f.IsBool() {
			list = append(list, &cli.BoolFlag{Name: f.Name, Usage: f.Help, Category: f.Group})
			continue
		}
		list = append(list, &cli.GenericFlag{Name: f.Name, Usage: f.Help, Category: f.Group, Value: f, DefaultText: f.String()})
	}
	return list
}

// layers fills options from the sources: flag > environment > file > what they
// hold. It returns where each value that was told came from. The known structs
// are all that a GAETRAIN_ variable may name besides those of options.
func layers(c *cli.Context, options any, file string, known ...any) (map[string]trainer.Origin, error) {
	origins := make(map[string]trainer.Origin)
	if file != "" {
		meta, err := toml.DecodeFile(file, options)
		if err != nil {
			return nil, fileError(file, err)
		}
		if extra := meta.Undecoded(); len(extra) > 0 {
			return nil, fmt.Errorf("%s: %w", file, unknown("key", extra[0].String(), names(options, func(f trainer.Field) string { return f.Name })))
		}
		for _, key := range meta.Keys() {
			origins[key.String()] = trainer.FromFile
		}
	}
	if err := environment(options, append(known, options), origins); err != nil {
		return nil, err
	}
	for _, f := range trainer.Fields(options) {
		if !c.IsSet(f.Name) {
			continue
		}
		if err := f.Set(fmt.Sprint(c.Value(f.Name))); err != nil {
			return nil, fmt.Errorf("%w: --%s: %w", errUsage, f.Name, err)
		}
		origins[f.Name] = trainer.FromFlag
	}
	return origins, nil
}

func fileError(file string, err error) error {
	var parse toml.ParseError
	if errors.As(err, &parse) {
		return fmt.Errorf("%w: %s line %d: %s", errUsage, file, parse.Position.Line, parse.Message)
	}
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("%w: no file %s; hint: --config names a TOML file", errUsage, file)
	}
	return fmt.Errorf("%w: %s: %w", errUsage, file, err)
}

// environment fills options from GAETRAIN_ variables. A variable that no known
// struct has is an error that names the nearest one.
func environment(options any, known []any, origins map[string]trainer.Origin) error {
	valid := []string{kernelVariable, configVariable}
	for _, k := range known {
		valid = append(valid, names(k, func(f trainer.Field) string { return f.Env })...)
	}
	for _, entry := range os.Environ() {
		name, _, _ := strings.Cut(entry, "=")
		if strings.HasPrefix(name, trainer.EnvironmentPrefix+"_") && !slices.Contains(valid, name) {
			return unknown("variable", name, valid)
		}
	}
	if err := envconfig.Process(trainer.EnvironmentPrefix, options); err != nil {
		var parse *envconfig.ParseError
		if errors.As(err, &parse) {
			for _, f := range trainer.Fields(options) {
				if f.Env == parse.KeyName {
					if err := f.Set(parse.Value); err != nil {
						return fmt.Errorf("%w: %s: %w", errUsage, parse.KeyName, err)
					}
				}
			}
			return fmt.Errorf("%w: %s=%q: %w", errUsage, parse.KeyName, parse.Value, parse.Err)
		}
		return fmt.Errorf("%w: environment: %w", errUsage, err)
	}
	for _, f := range trainer.Fields(options) {
		if _, ok := os.LookupEnv(f.Env); ok {
			origins[f.Name] = trainer.FromEnvironment
		}
	}
	return nil
}

func names(options any, name func(trainer.Field) string) (list []string) {
	for _, f := range trainer.Fields(options) {
		list = append(list, name(f))
	}
	return list
}

const configVariable = trainer.EnvironmentPrefix + "_CONFIG"

// clone copies options, so that flags can be parsed into one copy and layered
// into another.
func clone[T any](options T) *T {
	copied := reflect.New(reflect.TypeOf(options))
	copied.Elem().Set(reflect.ValueOf(options))
	return copied.Interface().(*T)
}
