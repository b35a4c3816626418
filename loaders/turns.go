package loaders

// turns lets the labelled images of a split take turns: each of them comes once, in a
// random order, before any comes again.
type turns struct {
	images []int // positions in the split
	seed   uint64
	order  []int // of the present round
	round  int
}

func newTurns(s Split, o StreamOptions) turns {
	t := turns{images: o.Labelled, seed: o.Seed, round: -1}
	if t.images == nil && s.Labels != nil {
		t.images = counted(nil, 0, s.Len())
	}
	t.order = make([]int, len(t.images))
	return t
}

// take writes the positions of consecutive images, beginning with a turn counted from 0
// over all epochs.
func (t *turns) take(positions []int, first int) {
	n := len(t.images)
	for i := range positions {
		if round := (first + i) / n; round != t.round {
			permutation(t.order, true, t.seed, round)
			t.round = round
		}
		positions[i] = t.images[t.order[(first+i)%n]]
	}
}
