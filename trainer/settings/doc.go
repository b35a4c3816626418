// Package settings reads and describes settings: the fields of structs that have
// a toml tag. A setting belongs to the struct that uses it. One list of settings
// can come from several structs, such as those of the trainer and of a model.
//
// The tag toml holds the name, the tag group the heading in help, and the tag
// help a line of text with fewer than 100 characters. Flags, variables of the
// environment, files and run.json all use these names. The tag optional marks a
// setting that run.json of an older run may lack.
package settings

import (
	"encoding/json"
	"errors"
)

// ErrConfiguration is wrapped by errors about settings that cannot be used.
var ErrConfiguration = errors.New("configuration")

// EnvironmentPrefix begins the name of every variable of the environment.
const EnvironmentPrefix = "GAETRAIN"

// Origin is the source of a value.
type Origin string

// The origins, from the lowest precedence to the highest.
const (
	FromDefault     Origin = "default"
	FromRecipe      Origin = "recipe"
	FromData        Origin = "data" // chosen because of the values of the data
	FromFile        Origin = "file"
	FromEnvironment Origin = "environment"
	FromFlag        Origin = "flag"
	FromRun         Origin = "run" // from the run that is resumed or used
)

// Explicit reports whether a user gave the value for this call.
func (o Origin) Explicit() bool {
	return o == FromFile || o == FromEnvironment || o == FromFlag
}

// Setting is a value with its origin, as run.json holds it.
type Setting struct {
	Value  json.RawMessage `json:"value"`
	Origin Origin          `json:"origin"`
}
