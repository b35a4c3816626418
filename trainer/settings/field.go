package settings

import (
	"encoding"
	"fmt"
	"reflect"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Field is one setting of a struct. It reads and writes the struct's field. It
// is a flag.Getter.
type Field struct {
	Name  string // of the flag and of the key in files: "learning-rate"
	Env   string // "GAETRAIN_LEARNING_RATE"
	Group string
	Help  string
	// optional marks a setting that older runs do not have. They keep its default.
	optional bool
	value    reflect.Value
}

// Fields lists the settings of structs, given by pointers, in order. Settings of
// embedded structs are included. It panics if two settings have the same name, because a
// flag could then not identify one of them.
func Fields(structs ...any) []Field {
	var fields []Field
	owners := make(map[string]reflect.Type)
	for _, s := range structs {
		walk(s, func(at reflect.Value) {
			for _, tagged := range taggedIn(at.Type()) {
				if owner, ok := owners[tagged.Name]; ok {
					panic(fmt.Sprintf("settings: both %s and %s have a setting %s", owner, at.Type(), tagged.Name))
				}
				owners[tagged.Name] = at.Type()
				field := tagged.Field
				field.value = at.Field(tagged.index)
				fields = append(fields, field)
			}
		})
	}
	return fields
}

// tagged is a setting of a type of struct, without a value.
type tagged struct {
	Field
	index int // of the struct's field
}

// read holds the settings of the types that taggedIn has read, because it takes longer to
// parse tags than to copy settings.
var read sync.Map // reflect.Type → []tagged

// taggedIn lists the settings of a type of struct, without those of embedded structs.
func taggedIn(t reflect.Type) []tagged {
	if list, ok := read.Load(t); ok {
		return list.([]tagged)
	}
	var list []tagged
	for i := range t.NumField() {
		tag := t.Field(i).Tag
		if name := tag.Get("toml"); name != "" && !t.Field(i).Anonymous {
			list = append(list, tagged{Field{Name: name, Env: Variable(name), Group: tag.Get("group"), Help: tag.Get("help"), optional: tag.Get("optional") == "true"}, i})
		}
	}
	read.Store(t, list)
	return list
}

// walk visits a struct, given by a pointer, and then those that it embeds.
func walk(pointer any, visit func(reflect.Value)) {
	at := reflect.ValueOf(pointer)
	if at.Kind() != reflect.Pointer || at.Elem().Kind() != reflect.Struct {
		panic(fmt.Sprintf("settings: %T is not a pointer to a struct", pointer))
	}
	at = at.Elem()
	visit(at)
	for i := range at.NumField() {
		if at.Type().Field(i).Anonymous && at.Field(i).Kind() == reflect.Struct {
			walk(accessible(at.Field(i)), visit)
		}
	}
}

// accessible returns a pointer to an addressable value. Unlike Addr, it allows
// methods to be called where the type of an embedded struct is not exported.
func accessible(v reflect.Value) any {
	return reflect.NewAt(v.Type(), v.Addr().UnsafePointer()).Interface()
}

// Variable is the name of a setting in the environment.
func Variable(name string) string {
	return EnvironmentPrefix + "_" + strings.ToUpper(strings.ReplaceAll(name, "-", "_"))
}

// Named returns the field with a name.
func Named(fields []Field, name string) (Field, bool) {
	for _, f := range fields {
		if f.Name == name {
			return f, true
		}
	}
	return Field{}, false
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

// Get returns the value as text.
func (f Field) Get() any { return f.String() }

// IsBool reports whether the value is true or false.
func (f Field) IsBool() bool { return f.value.Kind() == reflect.Bool }

// IsScalar reports whether the value is one number, duration or truth value. Text
// may be a list of words.
func (f Field) IsScalar() bool {
	switch f.value.Interface().(type) {
	case bool, int, uint64, float64, time.Duration:
		return true
	}
	return false
}

// Equal reports whether another field of the same kind has the same value.
func (f Field) Equal(other Field) bool { return f.String() == other.String() }

// Set reads the value from text. The elements of a list are separated by commas,
// and "none" is the empty list. After an error the value is unchanged.
func (f Field) Set(text string) error {
	if _, ok := f.value.Addr().Interface().(encoding.TextUnmarshaler); ok {
		read := reflect.New(f.value.Type())
		if err := read.Interface().(encoding.TextUnmarshaler).UnmarshalText([]byte(text)); err != nil {
			return err
		}
		f.value.Set(read.Elem())
		return nil
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
		panic(fmt.Sprintf("settings: %s has the type %s, which cannot be set", f.Name, f.value.Type()))
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
	for word := range strings.SplitSeq(text, ",") {
		n, err := strconv.Atoi(strings.TrimSpace(word))
		if err != nil {
			return nil, err
		}
		list = append(list, n)
	}
	return list, nil
}

// kind describes the values that Set accepts.
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
