package cmd

import (
	"fmt"
	"os"
	"reflect"
	"slices"
	"strings"

	"github.com/kelseyhightower/envconfig"
	"github.com/urfave/cli/v2"

	"gaetrain/cmd/configfile"
	"gaetrain/trainer/settings"
)

// given is a value that a user gave, as text.
type given struct {
	name, text string
	origin     settings.Origin
	where      string // the value's name in errors: "--beta", "GAETRAIN_BETA" or "vae.toml: beta"
	list       bool   // whether the file has it as a list
	err        error  // why the value cannot be written as text
}

const configVariable = settings.EnvironmentPrefix + "_CONFIG"

// sources lists the values that a user gave in a file, in the environment and by
// flags, in this order. Later values take precedence over earlier ones. An empty name
// stands for no file. A variable that no verb and no model reads is an error.
func sources(c *cli.Context, file string) (list []given, err error) {
	if file != "" {
		if list, err = readFile(file); err != nil {
			return nil, err
		}
	}
	environment, err := readEnvironment()
	if err != nil {
		return nil, err
	}
	list = append(list, environment...)
	set := c.LocalFlagNames()
	for _, flag := range c.Command.Flags {
		if name := flagName(flag); slices.Contains(set, name) {
			list = append(list, given{name: name, text: fmt.Sprint(c.Value(name)), origin: settings.FromFlag, where: "--" + name})
		}
	}
	return list, nil
}

// readFile lists the values of a TOML file. A value means the same as the value of a
// flag with the same text.
func readFile(file string) (list []given, err error) {
	values, err := configfile.Read(file)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errUsage, err)
	}
	for _, v := range values {
		list = append(list, given{v.Key, v.Text, settings.FromFile, file + ": " + v.Key, v.List, v.Err})
	}
	return list, nil
}

// knownVariables maps the variables that verbs read to the names of settings.
// Each verb accepts the variables of all verbs, so that a user can export a variable
// once.
func knownVariables(verbs []*cli.Command) map[string]string {
	known := make(map[string]string)
	for _, verb := range verbs {
		for _, flag := range verb.Flags {
			if name := flagName(flag); name != "help" && name != "version" {
				known[settings.Variable(name)] = name
			}
		}
		for variable, name := range knownVariables(verb.Subcommands) {
			known[variable] = name
		}
	}
	return known
}

// readEnvironment lists the values of GAETRAIN_ variables. An unknown variable is an
// error that suggests the nearest name.
func readEnvironment() (list []given, err error) {
	var fields []reflect.StructField
	var known map[string]string // made when the first variable is found, because it needs all verbs
	for _, entry := range os.Environ() {
		variable, _, _ := strings.Cut(entry, "=")
		if !strings.HasPrefix(variable, settings.EnvironmentPrefix+"_") || variable == kernelVariable || variable == configVariable {
			continue
		}
		if known == nil {
			known = knownVariables(allVerbs(""))
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
