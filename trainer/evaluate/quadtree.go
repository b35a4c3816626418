package evaluate

import "math"

// quadtree sums points of the plane at all scales, so that the effect of a distant cell
// on a point can be computed from the mean of its points (Barnes & Hut 1986).
type quadtree []cell // the first is the root

// cell is a square and the points in it. A leaf has no children. It has one
// point, or several that nearly coincide.
type cell struct {
	x, y, half float64  // centre of the square and half its side
	sumX, sumY float64  // of the points
	count      float64  // of the points
	children   [4]int32 // 0: none
	parent     bool
}

// maxDepth limits the tree if points coincide or nearly coincide.
const maxDepth = 32

// newQuadtree makes the tree of points (N×2), inserted in order. It reuses the memory of
// an old tree.
func newQuadtree(old quadtree, points []float64) quadtree {
	inf := math.Inf(1)
	low, high := [2]float64{inf, inf}, [2]float64{-inf, -inf}
	for i, v := range points {
		low[i%2], high[i%2] = math.Min(low[i%2], v), math.Max(high[i%2], v)
	}
	half := math.Max(high[0]-low[0], high[1]-low[1]) / 2
	q := append(old[:0], cell{x: (low[0] + high[0]) / 2, y: (low[1] + high[1]) / 2, half: half})
	for i := 0; i < len(points); i += 2 {
		q.insert(points[i], points[i+1])
	}
	return q
}

// insert adds a point to every cell on the path to its leaf. A leaf that already has a
// point is divided.
func (q *quadtree) insert(x, y float64) {
	at := int32(0)
	for depth := range maxDepth {
		leaf := (*q)[at]
		if !leaf.parent && leaf.count > 0 && depth < maxDepth-1 {
			(*q)[at].parent = true
			(*q)[q.child(at, leaf.sumX/leaf.count, leaf.sumY/leaf.count)].add(leaf.sumX, leaf.sumY, leaf.count)
		}
		(*q)[at].add(x, y, 1)
		if !(*q)[at].parent {
			return
		}
		at = q.child(at, x, y)
	}
}

func (c *cell) add(x, y, count float64) { c.sumX, c.sumY, c.count = c.sumX+x, c.sumY+y, c.count+count }

// child returns the quarter of a cell that contains a point. It makes the quarter if
// necessary.
func (q *quadtree) child(at int32, x, y float64) int32 {
	c := &(*q)[at]
	half := c.half / 2
	quarter, below := 0, cell{x: c.x - half, y: c.y - half, half: half}
	if x > c.x {
		quarter, below.x = 1, c.x+half
	}
	if y > c.y {
		quarter, below.y = quarter+2, c.y+half
	}
	found := c.children[quarter]
	if found == 0 {
		found = int32(len(*q))
		c.children[quarter] = found
		*q = append(*q, below)
	}
	return found
}

// repulsion is the effect of all points on one: Σ w²·(y_i − y_j) and Σ w, with
// w = 1/(1 + ‖y_i − y_j‖²).
type repulsion struct{ x, y, weight float64 }

// repel adds to r the effect of the points in a cell on (x, y). A cell whose ratio of
// side to distance is below theta is treated as one point.
func (q quadtree) repel(r *repulsion, at int32, x, y, theta float64) {
	c := &q[at]
	dx, dy := x-c.sumX/c.count, y-c.sumY/c.count
	squared := dx*dx + dy*dy
	if c.parent && 4*c.half*c.half >= theta*theta*squared {
		for _, child := range c.children {
			if child != 0 {
				q.repel(r, child, x, y, theta)
			}
		}
		return
	}
	w := 1 / (1 + squared)
	r.weight += c.count * w
	r.x += c.count * w * w * dx
	r.y += c.count * w * w * dy
}
