package trainer

import (
	"encoding"
	"encoding/json"
	"fmt"
	"reflect"
	"strconv"
	"strings"
	"time"
)

// Origin says where a value of a configuration came from.
type Origin string

// The origins, the weakest first.
const (
	FromDefault     Origin = "default"
	FromRecipe      Origin = "recipe"
	FromFile        Origin = "file"
	FromEnvironment Origin = "environment"
	FromFlag        Origin = "flag"
	FromRun         Origin = "run" // of a run that goes on
)

// Setting is one value of a configuration as run.json keeps it.
type Setting struct {
	Value  json.RawMessage `json:"value"`
	Origin Origin          `json:"origin"`
}

// Field is one value of a struct such as Config, by its names. It is a
// flag.Getter.
type Field struct {
	Name  string // of the flag and the key in files: "learning-rate"
	Env   string // "GAETRAIN_LEARNING_RATE"
	Group string
	Help  string
	value reflect.Value
}

// EnvironmentPrefix stands before every environment variable.
const EnvironmentPrefix = "GAETRAIN"

// Fields lists the fields of the struct that options points to, in order, those
// of embedded structs among them. Only fields with a toml name count.
func Fields(options any) []Field {
	var fields []Field
	v := reflect.ValueOf(options).Elem()
	for i := range v.NumField() {
		if v.Type().Field(i).Anonymous {
			fields = append(fields, Fields(v.Field(i).Addr().Interface())...)
			continue
		}
		tag := v.Type().Field(i).Tag
		name := tag.Get("toml")
		if name == "" {
			continue
		}
		env := EnvironmentPrefix + "_" + strings.ToUpper(strings.ReplaceAll(name, "-", "_"))
		fields = append(fields, Field{name, env, tag.Get("group"), tag.Get("help"), v.Field(i)})
	}
	return fields
}

// String returns the value as Set reads it.
func (f Field) String() string {
	if !f.value.IsValid() {
		return ""
	}
	switch v := f.value.Interface().(type) {
	case []int:
		words := make([]string, len(v))
		for i, n := range v {
			words[i] = strconv.Itoa(n)
		}
		return strings.Join(words, ",")
	case float64:
		return strconv.FormatFloat(v, 'g', -1, 64)
	default:
		return fmt.Sprint(v)
	}
}

// Get returns the value as text; it makes a Field a flag.Getter.
func (f Field) Get() any { return f.String() }

// Set reads the value from text; a list is separated by commas, and "none" is
// the empty list.
func (f Field) Set(text string) error {
	if u, ok := f.value.Addr().Interface().(encoding.TextUnmarshaler); ok {
		return u.UnmarshalText([]byte(text))
	}
	var value any
	var err error
	switch f.value.Interface().(type) {
	case string:
		value = text
	case bool:
		value, err = strconv.ParseBool(text)
	case int:
		value, err = strconv.Atoi(text)
	case uint64:
		value, err = strconv.ParseUint(text, 10, 64)
	case float64:
		value, err = strconv.ParseFloat(text, 64)
	case time.Duration:
		value, err = time.ParseDuration(text)
	case []int:
		value, err = parseList(text)
	default:
		err = fmt.Errorf("a value of type %s cannot be set", f.value.Type())
	}
	if err != nil {
		return fmt.Errorf("%q is not %s", text, f.kind())
	}
	f.value.Set(reflect.ValueOf(value))
	return nil
}

func parseList(text string) ([]int, error) {
	list := []int{}
	if text == "" || text == "none" {
		return list, nil
	}
	for _, word := range strings.Split(text, ",") {
		n, err := strconv.Atoi(strings.TrimSpace(word))
		if err != nil {
			return nil, err
		}
		list = append(list, n)
	}
	return list, nil
}

// kind says what a value must be.
func (f Field) kind() string {
	switch f.value.Interface().(type) {
	case bool:
		return "true or false"
	case int:
		return "a whole number"
	case uint64:
		return "a whole number from 0"
	case float64:
		return "a number"
	case time.Duration:
		return "a duration such as 90s or 2h"
	case []int:
		return "a list of whole numbers such as 512,256"
	}
	return "text"
}

// IsBool reports whether the value is true or false.
func (f Field) IsBool() bool { return f.value.Kind() == reflect.Bool }

// Equal reports whether another field of the same kind has the same value.
func (f Field) Equal(other Field) bool { return f.String() == other.String() }

// setting returns the value as JSON: numbers and lists as such, the rest as text.
func (f Field) setting(origin Origin) Setting {
	value := f.value.Interface()
	switch v := value.(type) {
	case bool, int, uint64, float64:
	case []int:
		value = append([]int{}, v...) // an empty list is no null
	default:
		value = f.String()
	}
	text, err := json.Marshal(value)
	if err != nil { // no such value passes Validate
		text = []byte("null")
	}
	return Setting{text, origin}
}

// Settings returns the values of the struct that options points to with their
// origins by name; a name that origins lacks has its default.
func Settings(options any, origins map[string]Origin) map[string]Setting {
	settings := make(map[string]Setting)
	for _, f := range Fields(options) {
		origin, ok := origins[f.Name]
		if !ok {
			origin = FromDefault
		}
		settings[f.Name] = f.setting(origin)
	}
	return settings
}

// ConfigOf returns the configuration that run.json keeps.
func ConfigOf(info RunInfo) (Config, error) {
	c := Defaults()
	return c, info.Fill(&c)
}

// Fill sets the fields of the struct that options points to as run.json has
// them; what it lacks stays.
func (info RunInfo) Fill(options any) error {
	for _, f := range Fields(options) {
		setting, ok := info.Configuration[f.Name]
		if !ok {
			continue
		}
		var err error
		if text := ""; json.Unmarshal(setting.Value, &text) == nil {
			err = f.Set(text)
		} else {
			err = json.Unmarshal(setting.Value, f.value.Addr().Interface())
		}
		if err != nil {
			return fmt.Errorf("%w: %s: key %s: %w", ErrRun, runFile, f.Name, err)
		}
	}
	return nil
}
