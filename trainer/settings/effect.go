package settings

import (
	"fmt"
	"reflect"
	"slices"
)

// Ineffective is implemented by structs in which some values make other settings
// ineffective. The momentum, for example, has no effect with the solver adam.
type Ineffective interface{ Ineffective() []Without }

// Without is a setting that has no effect under the present values.
type Without struct {
	Name string
	Why  string // completes "momentum has no effect": "with solver adam; hint: --solver momentum"
}

// Useless lists the settings of structs, given by pointers, that have no effect. It
// calls Ineffective of the structs and of those that they embed.
func Useless(structs ...any) []Without {
	var list []Without
	seen := make(map[string]bool)
	for _, s := range structs {
		walk(s, func(at reflect.Value) {
			s, ok := at.Addr().Interface().(Ineffective)
			if !ok {
				return
			}
			for _, w := range s.Ineffective() {
				if !seen[w.Name] { // the outer struct also has the method of an embedded struct
					list = append(list, w)
				}
				seen[w.Name] = true
			}
		})
	}
	return list
}

// Effective lists the settings of structs, given by pointers, that have an effect.
func Effective(structs ...any) []Field {
	useless := Useless(structs...)
	return slices.DeleteFunc(Fields(structs...), func(f Field) bool {
		return slices.ContainsFunc(useless, func(w Without) bool { return w.Name == f.Name })
	})
}

// Check returns an error about the first setting of structs that was given
// explicitly and has no effect. The error wraps ErrConfiguration.
func Check(origins map[string]Origin, structs ...any) error {
	for _, w := range Useless(structs...) {
		switch origin := origins[w.Name]; {
		case !origin.Explicit():
		case origin == FromFlag:
			return fmt.Errorf("%w: %s has no effect %s", ErrConfiguration, w.Name, w.Why)
		default:
			return fmt.Errorf("%w: %s (from the %s) has no effect %s", ErrConfiguration, w.Name, origin, w.Why)
		}
	}
	return nil
}
