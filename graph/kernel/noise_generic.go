package kernel

import (
	"math"
	"math/bits"
)

func uniformGeneric(dst []float32, block uint32, c *philox) {
	for i := range dst {
		if i%4 == 0 {
			words := philoxBlock(block+uint32(i/4), c)
			for j := range min(4, len(dst)-i) {
				dst[i+j] = unit(words[j])
			}
		}
	}
}

func bernoulliGeneric(dst []float32, p float32, block uint32, c *philox) {
	uniformGeneric(dst, block, c)
	for i, u := range dst {
		dst[i] = 0
		if u < p {
			dst[i] = 1
		}
	}
}

func gaussianGeneric(dst []float32, block uint32, c *philox) {
	for i := 0; i < len(dst); i += 4 {
		words := philoxBlock(block+uint32(i/4), c)
		var four [4]float32
		four[0], four[1] = boxMuller(words[0], words[1])
		four[2], four[3] = boxMuller(words[2], words[3])
		copy(dst[i:], four[:])
	}
}

func unit(word uint32) float32 { return float32(word>>8) * (1.0 / (1 << 24)) }

// philoxBlock is the counter-based generator Philox4×32-10 (Salmon et al. 2011)
// at counter (block, stream, step) with the key (seed). It returns four random
// words.
func philoxBlock(block uint32, c *philox) [4]uint32 {
	x := [4]uint32{block, c[20][0], c[21][0], c[22][0]}
	for round := range 10 {
		high0, low0 := bits.Mul32(0xD2511F53, x[0])
		high1, low1 := bits.Mul32(0xCD9E8D57, x[2])
		x = [4]uint32{high1 ^ x[1] ^ c[2*round][0], low1, high0 ^ x[3] ^ c[2*round+1][0], low0}
	}
	return x
}

// boxMuller computes two normal numbers from two words, √(−2·log(1−u))·cos 2πv
// and ·sin 2πv, in float32. Explicit conversions prevent fused multiply-adds,
// so the assembly does the same operations in the same order.
func boxMuller(u, v uint32) (x, y float32) {
	radius := float32(math.Sqrt(float64(-2 * log(1-unit(u)))))

	turns := v >> 8 // in units of 2^−24, split into a quadrant and a rest around 0
	quadrant := (turns + 1<<21) >> 22
	angle := float32(float32(int32(turns-quadrant<<22)) * float32(2*math.Pi/(1<<24)))
	square := angle * angle
	sin := float32(float32(polynomial(square, sinCoefficients[:])*square)*angle) + angle
	cos := float32(float32(float32(polynomial(square, cosCoefficients[:])*square)-0.5)*square) + 1
	if quadrant&1 != 0 {
		sin, cos = cos, sin
	}
	sign := func(quadrant uint32) uint32 { return quadrant << 30 & (1 << 31) }
	x = math.Float32frombits(math.Float32bits(cos*radius) ^ sign(quadrant+1))
	y = math.Float32frombits(math.Float32bits(sin*radius) ^ sign(quadrant))
	return x, y
}

// log returns the logarithm of x in (0, 1]. With x = 2^k·(1+r) and r in [−¼, ½]
// it is r + r²·P(r) + k·log 2.
func log(x float32) float32 {
	const origin, exponent = 0x3f400000, 0xff800000
	k := (math.Float32bits(x) - origin) & exponent
	r := math.Float32frombits(math.Float32bits(x)-k) - 1
	p := float32(float32(polynomial(r, logCoefficients[:])*r)*r) + r
	return p + float32(float32(int32(k))*float32(math.Ln2/(1<<23)))
}

// Minimax coefficients, lowest first, of (log(1+r) − r)/r² in r and of
// (sin a/a − 1)/a² and (cos a − 1 + a²/2)/a⁴ in a².
var (
	logCoefficients = [...]float32{-0.5, 0.333334476, -0.250001967, 0.1999107, -0.166436166,
		0.144678071, -0.131884485, 0.105855219, -0.0461809188}
	sinCoefficients = [...]float32{-0.166666552, 0.00833219104, -0.000195185989}
	cosCoefficients = [...]float32{0.0416666456, -0.00138873013, 2.44306702e-05}
)

// polynomial evaluates c, lowest coefficient first, at x. Every product is
// rounded.
func polynomial(x float32, c []float32) float32 {
	p := c[len(c)-1]
	for i := len(c) - 2; i >= 0; i-- {
		p = float32(p*x) + c[i]
	}
	return p
}
