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

	"gaetrain/trainer/settings"
)

// given is a value that a user gave, as text.
type given struct {
	name, text string
	origin     settings.Origin
	where      string // the value's name in errors: "--beta", "GAETRAIN_BETA" or "vae.toml: beta"
	err        error  // about a value that has no text
}

const configVariable = settings.EnvironmentPrefix + "_CONFIG"

// sources lists the values that a user gave in a file, in the environment and by
// flags, in this order. Each of them takes precedence over those before it. An
// empty name stands for no file. A variable that no verb and no model reads is an
// error.
func sources(c *cli.Context, file string) (list []given, err error) {
	if file != "" {
		if list, err = readFile(file); err != nil {
			return nil, err
		}
	}
	environment, err := readEnvironment(knownVariables(c.App.Commands))
	if err != nil {
		return nil, err
	}
	list = append(list, environment...)
	for _, flag := range c.Command.Flags {
		if name := flag.Names()[0]; c.IsSet(name) {
			list = append(list, given{name: name, text: fmt.Sprint(c.Value(name)), origin: settings.FromFlag, where: "--" + name})
		}
	}
	return list, nil
}

// readFile lists the values of a TOML file. Each means what the same text means
// after a flag.
func readFile(file string) (list []given, err error) {
	values := make(map[string]any)
	meta, err := toml.DecodeFile(file, &values)
	if err != nil {
		return nil, fileError(file, err)
	}
	for _, key := range meta.Keys() {
		text, err := textOf(values[key.String()])
		list = append(list, given{key.String(), text, settings.FromFile, file + ": " + key.String(), err})
	}
	return list, nil
}

// textOf writes a TOML value in the form that a flag takes.
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

// knownVariables maps the variables that verbs read to the names of settings.
// All verbs accept the variables of the others, so that a variable can be
// exported once.
func knownVariables(verbs []*cli.Command) map[string]string {
	known := make(map[string]string)
	for _, verb := range verbs {
		for _, flag := range verb.Flags {
			if name := flag.Names()[0]; name != "help" && name != "version" {
				known[settings.Variable(name)] = name
			}
		}
		for variable, name := range knownVariables(verb.Subcommands) {
			known[variable] = name
		}
	}
	return known
}

// readEnvironment lists the values of GAETRAIN_ variables. A variable that is
// not known is an error with the nearest name.
func readEnvironment(known map[string]string) (list []given, err error) {
	var fields []reflect.StructField
	for _, entry := range os.Environ() {
		variable, _, _ := strings.Cut(entry, "=")
		if !strings.HasPrefix(variable, settings.EnvironmentPrefix+"_") || variable == kernelVariable || variable == configVariable {
			continue
		}
		if _, ok := known[variable]; !ok {
			return nil, unknownVariable(variable, known)
		}
		name := strings.TrimPrefix(variable, settings.EnvironmentPrefix+"_")
		fields = append(fields, reflect.StructField{Name: name, Type: reflect.TypeFor[string]()})
	}
	slices.SortFunc(fields, func(a, b reflect.StructField) int { return strings.Compare(a.Name, b.Name) })
	spec := reflect.New(reflect.StructOf(fields))
	if err := envconfig.Process(settings.EnvironmentPrefix, spec.Interface()); err != nil {
		return nil, fmt.Errorf("%w: environment: %w", errUsage, err)
	}
	for i, f := range fields {
		variable := settings.EnvironmentPrefix + "_" + f.Name
		list = append(list, given{name: known[variable], text: spec.Elem().Field(i).String(), origin: settings.FromEnvironment, where: variable})
	}
	return list, nil
}

func unknownVariable(variable string, known map[string]string) error {
	valid := []string{kernelVariable, configVariable}
	for v := range known {
		valid = append(valid, v)
	}
	for old, now := range renamed {
		if variable == settings.Variable(old) && slices.Contains(valid, settings.Variable(now)) {
			return renamedError(variable, settings.Variable(now))
		}
	}
	slices.Sort(valid)
	return unknown("variable", variable, valid)
}
