package graph

import (
	"fmt"
	"hash/fnv"
	"math"
	"slices"
	"strings"

	"gaetrain/graph/kernel"
	"gaetrain/graph/kernel/noise"
)

// Initialiser is a distribution of initial weights. "in" is the fan-in, the
// number of inputs of a unit. "out" is the fan-out, the number of units that an
// input reaches.
type Initialiser string

// The initialisers.
const (
	GlorotUniform Initialiser = "glorot-uniform" // U(±√(6/(in+out))) (Glorot & Bengio 2010)
	GlorotNormal  Initialiser = "glorot-normal"  // N(0, 2/(in+out))
	HeUniform     Initialiser = "he-uniform"     // U(±√(6/in)) (He 2015)
	HeNormal      Initialiser = "he-normal"      // N(0, 2/in)
	LeCunUniform  Initialiser = "lecun-uniform"  // U(±√(3/in)) (LeCun 1998)
	LeCunNormal   Initialiser = "lecun-normal"   // N(0, 1/in)
	Normal        Initialiser = "normal"         // N(0, 0.01²)
	Uniform       Initialiser = "uniform"        // U(±0.05)
	Zeros         Initialiser = "zeros"
	// Images is 0.01·x with a different training image x for each unit (Konda,
	// Memisevic, Krueger 2015). The weights are zeros until
	// InitialiseFromImages is called.
	Images Initialiser = "images"
)

// Initialisers lists every initialiser.
func Initialisers() []Initialiser {
	return []Initialiser{GlorotUniform, GlorotNormal, HeUniform, HeNormal, LeCunUniform, LeCunNormal, Normal, Uniform, Zeros, Images}
}

// ParseInitialiser finds an initialiser by its name. The error lists all names.
func ParseInitialiser(name string) (Initialiser, error) {
	if i := Initialiser(name); slices.Contains(Initialisers(), i) {
		return i, nil
	}
	var names []string
	for _, known := range Initialisers() {
		names = append(names, string(known))
	}
	return "", fmt.Errorf("unknown initialiser %q; hint: one of %s", name, strings.Join(names, ", "))
}

// UnmarshalText implements encoding.TextUnmarshaler.
func (i *Initialiser) UnmarshalText(text []byte) (err error) {
	*i, err = ParseInitialiser(string(text))
	return err
}

// spread returns the half width of a uniform distribution, or the standard
// deviation of a normal one. It is 0 for weights that start as zeros.
func (i Initialiser) spread(fanIn, fanOut int) (spread float64, normal bool) {
	in, out := float64(fanIn), float64(fanOut)
	switch i {
	case GlorotUniform:
		return math.Sqrt(6 / (in + out)), false
	case GlorotNormal:
		return math.Sqrt(2 / (in + out)), true
	case HeUniform:
		return math.Sqrt(6 / in), false
	case HeNormal:
		return math.Sqrt(2 / in), true
	case LeCunUniform:
		return math.Sqrt(3 / in), false
	case LeCunNormal:
		return math.Sqrt(1 / in), true
	case Normal:
		return 0.01, true
	case Uniform:
		return 0.05, false
	}
	return 0, false
}

// Fill returns a function for Spec.Fill that draws the initial weights of the
// tensor with the given name. They depend only on the seed and the name, not on
// the other tensors of the model.
func (i Initialiser) Fill(name string, fanIn, fanOut int) func(values []float32, seed uint64) {
	return func(values []float32, seed uint64) {
		spread, normal := i.spread(fanIn, fanOut)
		key := InitialKey(seed, name)
		switch {
		case spread == 0:
			clear(values)
		case normal:
			noise.Normal(values, key)
			kernel.Scale(float32(spread), values)
		default:
			noise.Uniform(values, key)
			for j, u := range values {
				values[j] = float32(spread) * (2*u - 1)
			}
		}
	}
}

// Constant returns a function for Spec.Fill that sets all values to one number.
func Constant(value float32) func(values []float32, seed uint64) {
	return func(values []float32, _ uint64) {
		for i := range values {
			values[i] = value
		}
	}
}

// streamInitialise is the stream of initial weights; the step is a hash of the
// name.
const streamInitialise noise.Stream = 1

// InitialKey is the key of the random numbers that initialise the tensor with
// the given name.
func InitialKey(seed uint64, name string) noise.Key {
	h := fnv.New64a()
	h.Write([]byte(name))
	return noise.Key{Seed: seed, Stream: streamInitialise, Step: h.Sum64()}
}
