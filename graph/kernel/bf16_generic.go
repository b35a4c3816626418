package kernel

import "math"

// roundGeneric is the plain Go form of vectorPath.round.
func roundGeneric(dst, src []float32) {
	for i, x := range src {
		dst[i] = bf16(x)
	}
}

// bf16 rounds x to the nearest bfloat16 number, half to even. A NaN stays one.
func bf16(x float32) float32 {
	bits := math.Float32bits(x)
	if x != x {
		bits |= 1 << 22
	} else {
		bits += 0x7fff + bits>>16&1
	}
	y := math.Float32frombits(bits &^ 0xffff)
	if -bf16Least < y && y < bf16Least {
		return 0
	}
	return y
}

// pair packs two numbers.
func pair(first, second float32) float32 {
	return math.Float32frombits(math.Float32bits(bf16(first)) | math.Float32bits(bf16(second))>>16)
}

// pairColumnsGeneric is the plain Go form of pairPath.columns, for any length.
func pairColumnsGeneric(dst, src []float32) {
	for len(src) > 1 {
		dst[0] = pair(src[0], src[1])
		dst, src = dst[1:], src[2:]
	}
	roundGeneric(dst, src)
}
