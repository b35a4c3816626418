package kernel

// Enlargement scales images up by a whole factor along both sides. The zero
// value leaves them unchanged.
type Enlargement struct {
	Factor   int  // 0 and 1: none
	Bilinear bool // interpolates between the centres of pixels instead of repeating them
}

// Input is the shape of the images before they are scaled up to a given shape.
func (e Enlargement) Input(larger Images) Images {
	larger.Height /= max(1, e.Factor)
	larger.Width /= max(1, e.Factor)
	return larger
}

// weightings lists the inputs of each position along an axis of the larger
// images.
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
