package kernel

// Enlargement makes images larger by a whole factor along both sides. The zero
// value leaves them as they are.
type Enlargement struct {
	Factor   int  // 0 and 1: none
	Bilinear bool // interpolated between the centres of pixels, rather than repeated
}

// Input is the shape of the images that are enlarged to a given one.
func (e Enlargement) Input(larger Images) Images {
	larger.Height /= max(1, e.Factor)
	larger.Width /= max(1, e.Factor)
	return larger
}

// weightings lists what each position along an axis of the larger images is
// made of.
func (e Enlargement) weightings(small, large int) []weighting {
	all := make([]weighting, large)
	factor := max(1, e.Factor)
	for i := range all {
		if !e.Bilinear {
			all[i] = all[i].add(i/factor, 1, 0, 1)
			continue
		}
		centre := max(0, (float64(i)+0.5)/float64(factor)-0.5)
		low := min(int(centre), small-1)
		part := float32(centre - float64(low))
		all[i] = all[i].add(low, 1, 0, 1-part)
		if part > 0 {
			all[i] = all[i].add(min(low+1, small-1), 1, 0, part)
		}
	}
	return all
}
