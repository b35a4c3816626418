package graph

import (
	"cmp"
	"fmt"
	"hash/fnv"
	"math"
	"slices"
	"strings"

	"gaetrain/graph/kernel"
	"gaetrain/graph/kernel/noise"
)

// Initialiser says how weights start. Fan-in is the number of inputs of a
// layer, fan-out the number of its units.
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
	// Images is 0.01·x, of another training image x for each unit (Konda 2014):
	// of the first layer of an encoder, once Parameters.InitialiseFrom has seen
	// the images.
	Images Initialiser = "images"
)

// Initialisers lists every initialiser.
func Initialisers() []Initialiser {
	return []Initialiser{GlorotUniform, GlorotNormal, HeUniform, HeNormal, LeCunUniform, LeCunNormal, Normal, Uniform, Zeros, Images}
}

// ParseInitialiser finds an initialiser by its name.
func ParseInitialiser(name string) (Initialiser, error) {
	names := make([]string, 0, len(Initialisers()))
	for _, known := range Initialisers() {
		if string(known) == name {
			return known, nil
		}
		names = append(names, string(known))
	}
	return "", fmt.Errorf("unknown initialiser %q; hint: one of %s", name, strings.Join(names, ", "))
}

// UnmarshalText implements encoding.TextUnmarshaler.
func (i *Initialiser) UnmarshalText(text []byte) (err error) {
	*i, err = ParseInitialiser(string(text))
	return err
}

// spread reports the half width or the standard deviation of the
// distribution, and whether it is normal.
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

// streamInitialise is the noise of initial values. The step is a hash of the name
// of the tensor.
const streamInitialise noise.Stream = 1

// fill initialises the weights of the tensor called name. They depend on
// (seed, name) alone, not on what other tensors there are.
func (i Initialiser) fill(values []float32, seed uint64, name string, fanIn, fanOut int) {
	spread, normal := i.spread(fanIn, fanOut)
	key := noise.Key{Seed: seed, Stream: streamInitialise, Step: hash(name)}
	switch {
	case spread == 0:
		clear(values)
	case normal:
		noise.Gaussian(values, key)
		kernel.Scale(float32(spread), values)
	default:
		noise.Uniform(values, key)
		for j, u := range values {
			values[j] = float32(spread) * (2*u - 1)
		}
	}
}

// fill initialises weights D×H as Images says, with an image for each of the
// units.
func (s Sample) fill(weights []float32, units int, key noise.Key) {
	const scale = 0.01
	image := make([]float32, len(weights)/units)
	for unit, i := range draw(units, s.Count, key) {
		s.Read(image, i)
		for input, v := range image {
			weights[input*units+unit] = scale * v
		}
	}
}

// draw returns n different ones of the numbers below count, at random.
func draw(n, count int, key noise.Key) []int {
	ranks, order := make([]float32, count), make([]int, count)
	noise.Uniform(ranks, key)
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(i, j int) int { return cmp.Compare(ranks[i], ranks[j]) })
	return order[:n]
}

func hash(name string) uint64 {
	h := fnv.New64a()
	h.Write([]byte(name))
	return h.Sum64()
}
