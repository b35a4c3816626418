package settings

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Record returns the values of structs, given by pointers, with their origins by
// name. A name that origins does not have is recorded as a default. Settings
// without an effect are left out, because their values say nothing about the run.
func Record(origins map[string]Origin, structs ...any) map[string]Setting {
	recorded := make(map[string]Setting)
	for _, f := range Effective(structs...) {
		origin, ok := origins[f.Name]
		if !ok {
			origin = FromDefault
		}
		recorded[f.Name] = Setting{f.json(), origin}
	}
	return recorded
}

// json writes numbers, truth values and lists as such, and all other values as text.
func (f Field) json() json.RawMessage {
	value := f.value.Interface()
	switch v := value.(type) {
	case bool, int, uint64, float64:
	case []int:
		value = append([]int{}, v...) // an empty list must not become null
	default:
		value = f.String()
	}
	text, err := json.Marshal(value)
	if err != nil { // NaN or infinity, which Validate does not accept
		return json.RawMessage("null")
	}
	return text
}

// String returns the value in the form that Field.Set reads.
func (s Setting) String() string {
	var text string
	if json.Unmarshal(s.Value, &text) == nil {
		return text
	}
	var list []json.Number
	if json.Unmarshal(s.Value, &list) != nil {
		return string(s.Value)
	}
	words := make([]string, len(list))
	for i, n := range list {
		words[i] = n.String()
	}
	return strings.Join(words, ",")
}

// UnknownError lists recorded names that no struct has.
type UnknownError struct{ Names []string }

func (e *UnknownError) Error() string {
	return "unknown setting " + strings.Join(e.Names, ", ")
}

// Fill sets the fields of structs, given by pointers, to recorded values. A field
// that was not recorded keeps its value. It is an error if that value has an effect,
// unless the setting is optional.
// If no struct has a recorded name, the error is an *UnknownError, and all other
// fields are set nevertheless.
func Fill(recorded map[string]Setting, structs ...any) error {
	unknown := maps.Clone(recorded)
	for _, f := range Fields(structs...) {
		setting, ok := recorded[f.Name]
		if !ok {
			continue
		}
		delete(unknown, f.Name)
		if err := f.fill(setting.Value); err != nil {
			return fmt.Errorf("key %s: %w", f.Name, err)
		}
	}
	for _, f := range Effective(structs...) {
		if _, ok := recorded[f.Name]; !ok && !f.optional {
			return fmt.Errorf("setting %s is missing", f.Name)
		}
	}
	if len(unknown) > 0 {
		return &UnknownError{slices.Sorted(maps.Keys(unknown))}
	}
	return nil
}

// fill sets the value from what json has written.
func (f Field) fill(value json.RawMessage) error {
	if text := ""; json.Unmarshal(value, &text) == nil {
		return f.Set(text)
	}
	return json.Unmarshal(value, accessible(f.value))
}
