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
	LogFormat string `toml:"log-format" group:"output" help:"of progress on stderr when it is not a terminal: text or json"`
	Quiet     bool   `toml:"quiet" group:"output" help:"print results and errors only"`
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
		if err := readFile(options, file, origins); err != nil {
			return nil, err
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

// readFile fills options from a TOML file, whose values mean what the same text
// means behind a flag.
func readFile(options any, file string, origins map[string]trainer.Origin) error {
	values := make(map[string]any)
	meta, err := toml.DecodeFile(file, &values)
	if err != nil {
		return fileError(file, err)
	}
	fields := trainer.Fields(options)
	for _, key := range meta.Keys() {
		i := slices.IndexFunc(fields, func(f trainer.Field) bool { return f.Name == key.String() })
		if i < 0 {
			valid := names(options, func(f trainer.Field) string { return f.Name })
			return fmt.Errorf("%w: %s: unknown key %s; hint: did you mean %s?", errUsage, file, key, nearest(key.String(), valid))
		}
		text, err := textOf(values[key.String()])
		if err == nil {
			err = fields[i].Set(text)
		}
		if err != nil {
			return fmt.Errorf("%w: %s: %s: %w", errUsage, file, key, err)
		}
		origins[key.String()] = trainer.FromFile
	}
	return nil
}

// textOf writes a TOML value as a flag takes it.
func textOf(value any) (string, error) {
	switch v := value.(type) {
	case map[string]any, []map[string]any:
		return "", errors.New("is a table, should be a value")
	case []any:
		words := make([]string, len(v))
		for i, element := range v {
			text, err := textOf(element)
			if err != nil {
				return "", err
			}
			words[i] = text
		}
		return strings.Join(words, ","), nil
	}
	return fmt.Sprint(value), nil
}

func fileError(file string, err error) error {
	var parse toml.ParseError
	if errors.As(err, &parse) {
		message := strings.TrimSuffix(parse.Message, ".")
		if rest, ok := strings.CutPrefix(message, "Key "); ok {
			message = "key " + rest
		}
		return fmt.Errorf("%w: %s line %d: %s; hint: lines of a TOML file are such as: epochs = 20", errUsage, file, parse.Position.Line, message)
	}
	return fmt.Errorf("%w: %s: %w; hint: --config names a TOML file", errUsage, file, reason(err))
}

// reason strips the operation and the path from a file system error: the
// message names the file itself.
func reason(err error) error {
	var path *fs.PathError
	if errors.As(err, &path) {
		return path.Err
	}
	return err
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
	spec, fields := variables(options)
	if err := envconfig.Process(trainer.EnvironmentPrefix, spec); err != nil {
		var parse *envconfig.ParseError
		if errors.As(err, &parse) {
			return fmt.Errorf("%w: %s: %w", errUsage, parse.KeyName, parse.Err)
		}
		return fmt.Errorf("%w: environment: %w", errUsage, err)
	}
	for _, f := range fields {
		if _, ok := os.LookupEnv(f.Env); ok {
			origins[f.Name] = trainer.FromEnvironment
		}
	}
	return nil
}

// variables makes the struct that envconfig fills: one field for each of
// options, which reads a variable as it reads a flag.
func variables(options any) (spec any, fields []trainer.Field) {
	fields = trainer.Fields(options)
	types := make([]reflect.StructField, len(fields))
	for i, f := range fields {
		name := strings.ToUpper(strings.ReplaceAll(f.Name, "-", "_"))
		types[i] = reflect.StructField{Name: name, Type: reflect.TypeFor[trainer.Field]()}
	}
	value := reflect.New(reflect.StructOf(types))
	for i, f := range fields {
		value.Elem().Field(i).Set(reflect.ValueOf(f))
	}
	return value.Interface(), fields
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
