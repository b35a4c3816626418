package viz

import "math"

const placeSweeps = 24

// placeAcross finds the horizontal places: each row in turn moves as near as it can to where its joints pull it.
func placeAcross(rows [][]*stop, s spacing) {
	for _, row := range rows {
		x := 0.0
		for i, at := range row {
			if i > 0 {
				x += distance(row[i-1], at, s)
			}
			at.x = x
		}
		for _, at := range row {
			at.x -= x / 2
		}
	}
	for range placeSweeps {
		for _, row := range rows {
			settle(row, true, false, s)
		}
		for r := range rows {
			settle(rows[len(rows)-1-r], false, true, s)
		}
	}
}

// distance is the least distance from the left of a to the left of its right neighbour b.
func distance(a, b *stop, s spacing) float64 {
	switch {
	case a.box != nil && a.width == 0 && b.box != nil && b.width == 0:
		return 2
	case a.box == nil && b.box == nil:
		return a.width + 14
	}
	return a.width + s.across
}

// settle moves one row to the least squares of its pulls, subject to the distances between neighbours: with the
// distances subtracted this is isotonic regression, solved by pooling adjacent violators.
func settle(row []*stop, byUp, byDown bool, s spacing) {
	type pool struct {
		sum, weight float64
		count       int
	}
	var pools []pool
	offsets := make([]float64, len(row))
	for i, at := range row {
		if i > 0 {
			offsets[i] = offsets[i-1] + distance(row[i-1], at, s)
		}
		target, weight := at.pull(byUp, byDown)
		pools = append(pools, pool{(target - offsets[i]) * weight, weight, 1})
		for n := len(pools); n > 1 && pools[n-2].sum/pools[n-2].weight > pools[n-1].sum/pools[n-1].weight; n-- {
			last := pools[n-1]
			pools = pools[:n-1]
			pools[n-2].sum += last.sum
			pools[n-2].weight += last.weight
			pools[n-2].count += last.count
		}
	}
	i := 0
	for _, p := range pools {
		for range p.count {
			row[i].x = p.sum/p.weight + offsets[i]
			i++
		}
	}
}

// pull is the mean of the places that straighten the joints of a stop, and its weight.
func (at *stop) pull(byUp, byDown bool) (x, weight float64) {
	sum := 0.0
	if byUp {
		for _, j := range at.up {
			sum += j.weight * (j.upper.x + j.upperOffset - j.lowerOffset)
			weight += j.weight
		}
	}
	if byDown {
		for _, j := range at.down {
			sum += j.weight * (j.lower.x + j.lowerOffset - j.upperOffset)
			weight += j.weight
		}
	}
	if weight == 0 {
		return at.x, 0.01
	}
	return sum / weight, weight
}

// straighten gives runs of a link's stops one common place as far as their neighbours leave room, beginning under the
// place the link comes from: least squares alone would spread one bend over many rows.
func straighten(links []*link, rows [][]*stop, s spacing) {
	rowOf := map[*stop][]*stop{}
	for _, row := range rows {
		for _, at := range row {
			rowOf[at] = row
		}
	}
	for _, l := range links {
		first, last := l.stops[0].up[0], l.stops[len(l.stops)-1].down[0]
		source, target := first.upper.x+first.upperOffset, last.lower.x+last.lowerOffset
		wanted := source
		for begin := 0; begin < len(l.stops); {
			low, high := math.Inf(-1), math.Inf(1)
			end := begin
			for ; end < len(l.stops); end++ {
				a, b := l.stops[end].room(rowOf[l.stops[end]], s)
				if math.Max(low, a) > math.Min(high, b) {
					break
				}
				low, high = math.Max(low, a), math.Min(high, b)
			}
			end = max(end, begin+1)
			if end == len(l.stops) && (wanted < low || wanted > high || math.Abs(target-source) < 3) {
				wanted = target
			}
			wanted = math.Min(math.Max(wanted, low), high)
			for _, at := range l.stops[begin:end] {
				at.x = wanted - at.width/2
			}
			begin = end
		}
	}
}

// room is where the middle of a stop may be between its neighbours.
func (at *stop) room(row []*stop, s spacing) (low, high float64) {
	low, high = math.Inf(-1), math.Inf(1)
	if at.place > 0 {
		left := row[at.place-1]
		low = left.x + distance(left, at, s) + at.width/2
	}
	if at.place < len(row)-1 {
		right := row[at.place+1]
		high = right.x - distance(at, right, s) + at.width/2
	}
	return low, math.Max(low, high)
}

// shiftToZero moves everything so that the leftmost stop is at 0 and returns the width.
func shiftToZero(rows [][]*stop) float64 {
	left, right := math.Inf(1), math.Inf(-1)
	for _, row := range rows {
		for _, at := range row {
			left, right = math.Min(left, at.x), math.Max(right, at.x+at.width)
		}
	}
	for _, row := range rows {
		for _, at := range row {
			at.x -= left
		}
	}
	return right - left
}

// placeDown stacks the rows, sets the places of the boxes and the paths of the links, and returns the height.
func placeDown(boxes []*box, links []*link, rows [][]*stop, s spacing) float64 {
	tops, bottoms := make([]float64, len(rows)), make([]float64, len(rows))
	y := 0.0
	for r, row := range rows {
		height := 0.0
		for _, at := range row {
			switch {
			case at.box != nil:
				height = math.Max(height, at.box.height)
			case at.width > 0:
				height = math.Max(height, s.label)
			}
		}
		if r > 0 {
			if bordering(rows, r) || bordering(rows, r-1) {
				y += s.edge
			} else {
				y += s.down
			}
		}
		tops[r], bottoms[r] = y, y+height
		y += height
	}
	for r, row := range rows {
		for _, at := range row {
			if at.box != nil {
				at.box.x, at.box.y = at.x, (tops[r]+bottoms[r]-at.box.height)/2
			}
		}
	}
	for _, l := range links {
		l.trace(boxes, tops, bottoms)
	}
	return y
}

// bordering reports whether row r, or the row of stops beside it, holds the boxes forced to be first or last.
func bordering(rows [][]*stop, r int) bool {
	for _, k := range []int{r - 1, r, r + 1} {
		if (k == r || r%2 == 1) && k >= 0 && k < len(rows) && len(rows[k]) > 0 {
			if b := rows[k][0].box; b != nil && (b.first || b.last) {
				return true
			}
		}
	}
	return false
}

// trace sets the path and the place of the label.
func (l *link) trace(boxes []*box, tops, bottoms []float64) {
	from, to := boxes[l.from], boxes[l.to]
	x := from.x + l.stops[0].up[0].upperOffset
	l.path = append(l.path, point{x, from.y + from.height}, point{x, bottoms[2*from.rank]})
	for i, at := range l.stops {
		r := 2*from.rank + 1 + i
		x = at.x + at.width/2
		l.path = append(l.path, point{x, tops[r]}, point{x, bottoms[r]})
		if at.width > 0 {
			l.label = point{x, (tops[r] + bottoms[r]) / 2}
		}
	}
	x = to.x + l.stops[len(l.stops)-1].down[0].lowerOffset
	l.path = append(l.path, point{x, tops[2*to.rank]}, point{x, to.y})
}
