package sweep

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
)

// Scales of a range.
const (
	Uniform    = "uniform"
	Log        = "log"         // the logarithm is uniform
	Integer    = "integer"     // whole numbers, each as likely as the others
	LogInteger = "log-integer" // whole numbers, rounded down from a number with uniform logarithm
)

var scales = []string{Uniform, Log, Integer, LogInteger}

// Range describes the random values of a setting: numbers of an interval, or choices that
// are all equally likely.
type Range struct {
	Name     string
	Scale    string
	From, To float64 // both included
	Choices  []Value // nil: numbers
}

// drawnDigits is the number of significant digits of a drawn number. Rounded numbers are the
// same on all processors, whose logarithms can differ in the last bit.
const drawnDigits = 4

// largestInteger bounds drawn whole numbers, which must be exact.
const largestInteger = 1 << 53

func (r Range) check() error {
	if r.Choices != nil {
		if len(r.Choices) == 0 {
			return fmt.Errorf("%s in [random] has no values; hint: a list of choices, or {from = 0.0, to = 0.5}", r.Name)
		}
		return nil
	}
	whole := r.Scale == Integer || r.Scale == LogInteger
	switch {
	case !slices.Contains(scales, r.Scale):
		return fmt.Errorf("%s in [random]: unknown scale %q; hint: one of %s", r.Name, r.Scale, strings.Join(scales, ", "))
	case !(r.From < r.To) || math.IsInf(r.To-r.From, 0):
		return fmt.Errorf("%s in [random] is from %v to %v; hint: from must be below to", r.Name, r.From, r.To)
	case (r.Scale == Log || r.Scale == LogInteger) && r.From <= 0:
		return fmt.Errorf("%s in [random] is from %v with scale %s; hint: from above 0", r.Name, r.From, r.Scale)
	case whole && (r.From != math.Trunc(r.From) || r.To != math.Trunc(r.To) || math.Abs(r.From) > largestInteger || math.Abs(r.To) > largestInteger):
		return fmt.Errorf("%s in [random] is from %v to %v with scale %s; hint: whole numbers", r.Name, r.From, r.To, r.Scale)
	}
	return nil
}

// draw makes the draws. It leaves out those that repeat an earlier one.
func (s *Sweep) draw() {
	if s.Draws == 0 {
		s.draws = [][]Value{nil}
		return
	}
	seen := make(map[string]bool, s.Draws)
	for n := range s.Draws {
		values := make([]Value, len(s.Random))
		for i, r := range s.Random {
			values[i] = r.at(uniform(s.DrawSeed, r.Name, n))
		}
		name := Job{Values: values}.String()
		if seen[name] {
			s.Repeated++
			continue
		}
		seen[name] = true
		s.draws = append(s.draws, values)
	}
}

// uniform is a random number in [0, 1). It depends only on the seed, the name of the
// setting and the number of the draw, so that neither more draws nor other settings
// change it.
func uniform(seed uint64, name string, draw int) float64 {
	digest := sha256.Sum256(fmt.Appendf(nil, "%d %d %s", seed, draw, name))
	return float64(binary.BigEndian.Uint64(digest[:])>>11) / (1 << 53)
}

// at returns the value of a range for a random number u in [0, 1).
func (r Range) at(u float64) Value {
	if r.Choices != nil {
		return r.Choices[int(u*float64(len(r.Choices)))]
	}
	var v float64
	switch r.Scale {
	case Uniform:
		v = r.From + u*(r.To-r.From)
	case Log:
		v = r.From * math.Exp(u*math.Log(r.To/r.From))
	case Integer:
		v = math.Floor(r.From + u*(r.To-r.From+1))
	case LogInteger:
		v = math.Floor(r.From * math.Exp(u*math.Log((r.To+1)/r.From)))
	}
	if r.Scale == Integer || r.Scale == LogInteger {
		return Value{Name: r.Name, Text: strconv.FormatFloat(min(max(v, r.From), r.To), 'f', 0, 64)}
	}
	if rounded, err := strconv.ParseFloat(strconv.FormatFloat(v, 'g', drawnDigits, 64), 64); err == nil {
		v = rounded
	}
	return Value{Name: r.Name, Text: strconv.FormatFloat(min(max(v, r.From), r.To), 'g', -1, 64)}
}
