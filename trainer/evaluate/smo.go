package evaluate

import "math"

// Limits of sequential minimal optimisation, as in LIBSVM: the largest violation of the
// optimality conditions at the end, and the number of steps for each observation.
const (
	smoTolerance = 1e-3
	smoSteps     = 1000
)

// separate finds the margin between the rows of two classes. It minimises
//
//	½ Σ_ij α_i α_j y_i y_j K_ij − Σ_i α_i,  0 ≤ α ≤ C,  Σ_i α_i y_i = 0,
//
// by sequential minimal optimisation: each step moves the two α that violate the
// optimality conditions most, with second-order information (Fan, Chen & Lin 2005).
func (p *margin) separate(kernel Matrix, first, second []int, penalty float64) {
	d := dual{rows: append(append([]int(nil), first...), second...), kernel: kernel, penalty: penalty}
	n := len(d.rows)
	d.y, d.alpha, d.gradient = make([]float64, n), make([]float64, n), make([]float64, n)
	for k := range n {
		d.y[k], d.gradient[k] = 1, -1
		if k >= len(first) {
			d.y[k] = -1
		}
	}
	p.optimal = d.minimise(smoSteps * n)
	p.rho = d.offset()
	for k, a := range d.alpha {
		if a > 0 {
			p.rows, p.weights = append(p.rows, d.rows[k]), append(p.weights, a*d.y[k])
		}
	}
}

// dual is the problem of one pair of classes.
type dual struct {
	rows               []int // in the kernel
	kernel             Matrix
	penalty            float64
	y, alpha, gradient []float64
}

// minimise takes at most some steps, and reports whether it has reached the optimum.
func (d *dual) minimise(steps int) bool {
	for range steps {
		i, j := d.violators()
		if j < 0 {
			return true
		}
		d.step(i, j)
	}
	return false
}

func (d *dual) k(i, j int) float64 { return float64(d.kernel.Row(d.rows[i])[d.rows[j]]) }

// up and low report whether α_i may move in the direction of y_i, or against it.
func (d *dual) up(i int) bool {
	return d.y[i] > 0 && d.alpha[i] < d.penalty || d.y[i] < 0 && d.alpha[i] > 0
}

func (d *dual) low(i int) bool {
	return d.y[i] > 0 && d.alpha[i] > 0 || d.y[i] < 0 && d.alpha[i] < d.penalty
}

// violators returns the pair of the next step. j is −1 at the optimum.
func (d *dual) violators() (i, j int) {
	i, j = -1, -1
	highest, lowest := math.Inf(-1), math.Inf(1)
	for t, g := range d.gradient {
		if v := -d.y[t] * g; d.up(t) && v >= highest {
			i, highest = t, v
		}
	}
	if i < 0 {
		return i, -1
	}
	row, best := d.kernel.Row(d.rows[i]), math.Inf(1)
	for t, g := range d.gradient {
		if !d.low(t) {
			continue
		}
		v := -d.y[t] * g
		lowest = min(lowest, v)
		if difference := highest - v; difference > 0 {
			curvature := max(d.k(i, i)+d.k(t, t)-2*float64(row[d.rows[t]]), 1e-12)
			if gain := -difference * difference / curvature; gain <= best {
				j, best = t, gain
			}
		}
	}
	if highest-lowest < smoTolerance {
		return i, -1
	}
	return i, j
}

// step moves α_i and α_j to the minimum along the line on which Σ α·y does not change.
func (d *dual) step(i, j int) {
	a, b := d.alpha[i], d.alpha[j]
	curvature := max(d.k(i, i)+d.k(j, j)-2*d.k(i, j), 1e-12)
	move := (-d.y[i]*d.gradient[i] + d.y[j]*d.gradient[j]) / curvature // along y_i, against y_j
	move = min(move, d.room(i, d.y[i]), d.room(j, -d.y[j]))
	d.alpha[i] = d.clamped(a + float64(d.y[i]*move))
	d.alpha[j] = d.clamped(b - float64(d.y[j]*move))
	di, dj := (d.alpha[i]-a)*d.y[i], (d.alpha[j]-b)*d.y[j]
	ki, kj := d.kernel.Row(d.rows[i]), d.kernel.Row(d.rows[j])
	for t, row := range d.rows {
		d.gradient[t] += d.y[t] * (float64(di*float64(ki[row])) + float64(dj*float64(kj[row])))
	}
}

// room is how far α_i can move in a direction, 1 or −1.
func (d *dual) room(i int, direction float64) float64 {
	if direction > 0 {
		return d.penalty - d.alpha[i]
	}
	return d.alpha[i]
}

// clamped removes rounding errors at the bounds.
func (d *dual) clamped(a float64) float64 {
	const rounding = 1e-12
	switch {
	case a < rounding*d.penalty:
		return 0
	case a > d.penalty*(1-rounding):
		return d.penalty
	}
	return a
}

// offset is ρ: the mean of y·gradient over the α between their bounds or, if there is none,
// the middle of its possible values.
func (d *dual) offset() float64 {
	free, sum := 0, 0.0
	above, below := math.Inf(1), math.Inf(-1)
	for i, g := range d.gradient {
		v := d.y[i] * g
		switch {
		case d.up(i) && d.low(i):
			free++
			sum += v
		case d.up(i):
			above = min(above, v)
		default:
			below = max(below, v)
		}
	}
	if free > 0 {
		return sum / float64(free)
	}
	return (above + below) / 2
}
