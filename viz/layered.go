package viz

import (
	"cmp"
	"math"
	"slices"
)

// The layered drawing of Sugiyama, Tagawa and Toda (1981): boxes get ranks by the longest path, links become chains of
// stops through the rows between, the order within a row follows barycentres, and the places across minimise the squared
// bends of links under the distances that keep everything apart.

// point is a place in pixels, y downward.
type point struct{ x, y float64 }

// box is a rectangle to place. Before the layout it has a size and a port, after it a place and a rank.
type box struct {
	width, height float64
	port, spread  float64 // centre and width of the stretch of its edge where links attach, from its left
	first, last   bool    // the box is above or below all others, in a row of such boxes, which have no size
	side          int     // boxes and links of a larger number are on the right of the others in a row
	x, y          float64 // upper left corner
	rank          int
}

// link connects two boxes from the bottom of one to the top of the other.
type link struct {
	from, to         int
	fromPort, toPort float64 // from the left of the box; NaN lets the layout choose
	labelWidth       float64 // 0 for no label
	minor            bool    // other links have priority if only one of two can be straight
	side             int     // see box

	path  []point // pairs between which the link runs straight down; it bends from one pair to the next
	label point   // centre of the label
	stops []*stop
}

// spacing holds the distances of a layout in pixels.
type spacing struct {
	across float64 // between neighbouring boxes of a rank
	down   float64 // between a rank and the labels below or above it
	label  float64 // height of labels
	edge   float64 // between the first or last boxes and their neighbours
}

// stop is an element of a row: a box, or the place where a link passes.
type stop struct {
	box      *box // nil for a link's
	side     int
	width, x float64
	place    int // within its row
	up, down []*joint
}

// joint connects two stops of neighbouring rows at offsets from their left.
type joint struct {
	upper, lower             *stop
	upperOffset, lowerOffset float64
	weight                   float64
}

// layered places the boxes and routes the links, which must not form a cycle. It returns the size of the whole.
func layered(boxes []*box, links []*link, s spacing) (width, height float64) {
	if len(boxes) == 0 {
		return 0, 0
	}
	assignRanks(boxes, links)
	rows := makeRows(boxes, links)
	orderRows(rows)
	spreadPorts(boxes, links)
	placeAcross(rows, s)
	straighten(links, rows, s)
	width = shiftToZero(rows)
	return width, placeDown(boxes, links, rows, s)
}

// assignRanks gives each box the length of the longest path to it; boxes without a predecessor then move down to just
// above their nearest successor.
func assignRanks(boxes []*box, links []*link) {
	pairs := make([][2]int, len(links))
	for i, l := range links {
		pairs[i] = [2]int{l.from, l.to}
	}
	if slices.ContainsFunc(boxes, func(b *box) bool { return b.first }) {
		for _, b := range boxes {
			if !b.first {
				b.rank = 1
			}
		}
	}
	order, _ := sortTopologically(len(boxes), pairs)
	entered := make([]bool, len(boxes))
	for _, i := range order {
		for _, l := range links {
			if l.from == i {
				boxes[l.to].rank, entered[l.to] = max(boxes[l.to].rank, boxes[i].rank+1), true
			}
		}
	}
	deepest := 0
	for i, b := range boxes {
		below := math.MaxInt
		for _, l := range links {
			if l.from == i {
				below = min(below, boxes[l.to].rank)
			}
		}
		if !entered[i] && !b.first && below != math.MaxInt {
			b.rank = below - 1
		}
		if !b.last {
			deepest = max(deepest, b.rank)
		}
	}
	for _, b := range boxes {
		if b.last {
			b.rank = deepest + 1
		}
	}
}

// makeRows fills rows 2r with the boxes of rank r and the odd rows, and the even ones a link passes, with its stops. A
// label stands in the odd row nearest the middle of its link.
func makeRows(boxes []*box, links []*link) [][]*stop {
	deepest := 0
	for _, b := range boxes {
		deepest = max(deepest, b.rank)
	}
	rows := make([][]*stop, 2*deepest+1)
	standing := make([]*stop, len(boxes))
	for i, b := range boxes {
		standing[i] = &stop{box: b, width: b.width, side: b.side}
		rows[2*b.rank] = append(rows[2*b.rank], standing[i])
	}
	for _, l := range links {
		first, last := 2*boxes[l.from].rank+1, 2*boxes[l.to].rank-1
		middle := (first+last)/2 | 1
		previous, offset := standing[l.from], portOr(l.fromPort, boxes[l.from])
		for r := first; r <= last; r++ {
			passing := &stop{side: l.side}
			if r == middle {
				passing.width = l.labelWidth
			}
			rows[r] = append(rows[r], passing)
			l.stops = append(l.stops, passing)
			join(previous, passing, offset, passing.width/2, l.weight(boxes))
			previous, offset = passing, passing.width/2
		}
		join(previous, standing[l.to], offset, portOr(l.toPort, boxes[l.to]), l.weight(boxes))
	}
	for _, row := range rows {
		slices.SortStableFunc(row, bySide)
		number(row)
	}
	return rows
}

func bySide(a, b *stop) int { return a.side - b.side }

func portOr(chosen float64, b *box) float64 {
	if math.IsNaN(chosen) {
		return b.port
	}
	return chosen
}

// weight is how strongly a link pulls its boxes into line: the main flow from rank to rank most.
func (l *link) weight(boxes []*box) float64 {
	if l.minor || boxes[l.to].rank-boxes[l.from].rank > 1 {
		return 0.5
	}
	return 4
}

// join connects two stops. The connection of two stops of one link has the highest priority to be straight.
func join(upper, lower *stop, upperOffset, lowerOffset, weight float64) {
	if upper.box == nil && lower.box == nil {
		weight = 8
	}
	j := &joint{upper: upper, lower: lower, upperOffset: upperOffset, lowerOffset: lowerOffset, weight: weight}
	upper.down, lower.up = append(upper.down, j), append(lower.up, j)
}

func number(row []*stop) {
	for i, s := range row {
		s.place = i
	}
}

const orderSweeps = 12

// orderRows sorts the rows by barycentre, downward and upward in turn, and keeps the order with the fewest crossings.
func orderRows(rows [][]*stop) {
	best, fewest := cloneRows(rows), crossings(rows)
	for sweep := 0; sweep < orderSweeps && fewest > 0; sweep++ {
		for k := range rows {
			row := rows[k]
			if sweep%2 == 1 {
				row = rows[len(rows)-1-k]
			}
			sortByBarycentre(row, sweep%2 == 0)
		}
		if n := crossings(rows); n < fewest {
			best, fewest = cloneRows(rows), n
		}
	}
	for r := range rows {
		copy(rows[r], best[r])
		number(rows[r])
	}
}

func cloneRows(rows [][]*stop) [][]*stop {
	clone := make([][]*stop, len(rows))
	for r := range rows {
		clone[r] = slices.Clone(rows[r])
	}
	return clone
}

// position is where a joint touches a stop of the neighbouring row: its place and the fraction of its width.
func (j *joint) position(upper bool) float64 {
	s, offset := j.lower, j.lowerOffset
	if upper {
		s, offset = j.upper, j.upperOffset
	}
	if s.width == 0 {
		return float64(s.place)
	}
	return float64(s.place) + 0.9*(offset/s.width-0.5)
}

func sortByBarycentre(row []*stop, byUpper bool) {
	centre := make(map[*stop]float64, len(row))
	for _, s := range row {
		joints := s.down
		if byUpper {
			joints = s.up
		}
		centre[s] = float64(s.place)
		if len(joints) > 0 {
			sum := 0.0
			for _, j := range joints {
				sum += j.position(byUpper)
			}
			centre[s] = sum / float64(len(joints))
		}
	}
	slices.SortStableFunc(row, func(a, b *stop) int { return cmp.Or(bySide(a, b), cmp.Compare(centre[a], centre[b])) })
	number(row)
}

// crossings counts the pairs of joints that cross.
func crossings(rows [][]*stop) int {
	count := 0
	for _, row := range rows {
		var joints []*joint
		for _, s := range row {
			joints = append(joints, s.down...)
		}
		for i, a := range joints {
			for _, b := range joints[:i] {
				if (a.position(true)-b.position(true))*(a.position(false)-b.position(false)) < 0 {
					count++
				}
			}
		}
	}
	return count
}

// spreadPorts distributes the links whose port is free along the edge of their box, in the order of their other ends.
func spreadPorts(boxes []*box, links []*link) {
	for i, b := range boxes {
		var leaving, entering []*joint
		for _, l := range links {
			if l.from == i && math.IsNaN(l.fromPort) {
				leaving = append(leaving, l.stops[0].up[0])
			}
			if l.to == i && math.IsNaN(l.toPort) {
				entering = append(entering, l.stops[len(l.stops)-1].down[0])
			}
		}
		slices.SortStableFunc(leaving, func(a, b *joint) int { return a.lower.place - b.lower.place })
		slices.SortStableFunc(entering, func(a, b *joint) int { return a.upper.place - b.upper.place })
		for k, j := range leaving {
			j.upperOffset = b.portAt(k, len(leaving))
		}
		for k, j := range entering {
			j.lowerOffset = b.portAt(k, len(entering))
		}
	}
}

// portAt is the k-th of n ports.
func (b *box) portAt(k, n int) float64 {
	return b.port + (float64(k)-float64(n-1)/2)*math.Min(18, b.spread/float64(n))
}
