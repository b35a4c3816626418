package settings

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
)

// Validator is implemented by structs that check their values.
type Validator interface{ Validate() error }

// Validate calls Validate of structs, given by pointers, and of those that they embed.
// It returns the first error.
func Validate(structs ...any) (err error) {
	for _, s := range structs {
		walk(s, func(at reflect.Value) {
			if v, ok := at.Addr().Interface().(Validator); ok && err == nil {
				err = v.Validate()
			}
		})
	}
	return err
}

// Number is a value, and whether it is in its range. The hint describes the range.
type Number struct {
	OK    bool
	Name  string
	Value any
	Hint  string
}

// Numbers returns an error about the first number that is not in its range. The
// error wraps ErrConfiguration.
func Numbers(numbers ...Number) error {
	for _, n := range numbers {
		if !n.OK {
			return fmt.Errorf("%w: %s is %v; hint: %s", ErrConfiguration, n.Name, n.Value, n.Hint)
		}
	}
	return nil
}

// Choice returns an error if a value is not one of the choices of a setting. The error
// wraps ErrConfiguration.
func Choice(name, value string, choices ...string) error {
	if slices.Contains(choices, value) {
		return nil
	}
	return fmt.Errorf("%w: unknown %s %q; hint: one of %s", ErrConfiguration, name, value, strings.Join(choices, ", "))
}

// Widths returns an error about a layer without units. The parameter of names the units,
// such as "channels". The error wraps ErrConfiguration.
func Widths(name, of string, widths []int) error {
	for _, width := range widths {
		if width < 1 {
			return fmt.Errorf("%w: %s has a layer of %d %s; hint: at least 1", ErrConfiguration, name, width, of)
		}
	}
	return nil
}

// Finite reports whether a number is neither infinite nor NaN.
func Finite(v float64) bool { return v-v == 0 }
