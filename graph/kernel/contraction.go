package kernel

// SquaredColumnNorms computes norms = Σ_D W² of each column (w: D×H; norms,
// scratch: H).
func SquaredColumnNorms(rows, columns int, w, norms, scratch []float32) {
	t := columnNormsTasks.get()
	*t = columnNormsTask{w[:rows*columns], norms[:columns], scratch[:columns], columns}
	parallel(columns, columnGrain(max(rows, 1)), t)
	columnNormsTasks.put(t)
}

type columnNormsTask struct {
	w, norms, scratch []float32
	columns           int
}

var columnNormsTasks freeList[columnNormsTask]

func (t *columnNormsTask) run(lo, hi int) {
	norms, squares := t.norms[lo:hi], t.scratch[lo:hi]
	clear(norms)
	for first := lo; first < len(t.w); first += t.columns {
		row := t.w[first : first+hi-lo]
		active.multiply(squares, row, row)
		active.add(norms, norms, squares)
	}
}

// Contraction adds to the loss of each row the squared Frobenius norm of the
// Jacobian of a layer y = act(x·W + b) in its input x,
//
//	‖∂y/∂x‖² = Σ_j act′(z_j)²·‖W_:j‖²
//
// (Rifai et al. 2011; y: B×H; norms ‖W_:j‖²: H; loss: B). It writes act′² to
// slopes (B×H) and, if gradient is not nil, scale times the gradient in y
// (B×H). The gradient in z is this one times act′.
func Contraction(act Activation, rows, columns int, scale float32, y, norms, slopes, gradient, loss []float32) {
	n := rows * columns
	t := contractionTasks.get()
	*t = contractionTask{act, columns, scale, y[:n], norms[:columns], slopes[:n], gradient, loss[:rows]}
	if gradient != nil {
		t.gradient = gradient[:n]
	}
	parallel(rows, max(1, heavyGrain/max(columns, 1)), t)
	contractionTasks.put(t)
}

type contractionTask struct {
	act                                Activation
	columns                            int
	scale                              float32
	y, norms, slopes, gradient, losses []float32
}

var contractionTasks freeList[contractionTask]

func (t *contractionTask) run(lo, hi int) {
	for i := lo; i < hi; i++ {
		from, to := i*t.columns, (i+1)*t.columns
		slopes, norms := t.slopes[from:to], t.norms
		var gradient []float32
		if t.gradient != nil {
			gradient = t.gradient[from:to]
		}
		derivatives(t.act, t.y[from:to], slopes, gradient)
		for j := range gradient {
			gradient[j] *= 2 * t.scale * slopes[j] * norms[j]
		}
		var sum float64
		for j, slope := range slopes {
			square := slope * slope
			slopes[j] = square
			sum += float64(square * norms[j])
		}
		t.losses[i] += float32(sum)
	}
}

// GateContraction adds to the loss of each row the squared Frobenius norm of
// the Jacobian of gates s = act(r₁ ⊙ r₂) in the frames x_k, with responses r_k
// = x_k·W_k,
//
//	‖∂s/∂x‖² = Σ_j act′(f_j)²·(r₂ⱼ²·‖W₁:j‖² + r₁ⱼ²·‖W₂:j‖²),
//
// and of s = act(r ⊙ r) with one frame, Σ_j act′(f_j)²·4·rⱼ²·‖W:j‖² (s, slopes:
// B×H; r: B×K·H; norms ‖W_k:j‖²: K·H; loss: B). It writes the factors of the
// norms to shares (B×K·H) and, if ds and dr are not nil, scale times the
// gradients in s and r.
func GateContraction(act Activation, rows, units, frames int, scale float32, s, r, norms, slopes, shares, ds, dr, loss []float32) {
	t := gateContractionTasks.get()
	*t = gateContractionTask{act, units, frames, scale, s, r, norms, slopes, shares, ds, dr, loss}
	parallel(rows, max(1, heavyGrain/max(frames*units, 1)), t)
	gateContractionTasks.put(t)
}

type gateContractionTask struct {
	act                                         Activation
	units, frames                               int
	scale                                       float32
	s, r, norms, slopes, shares, ds, dr, losses []float32
}

var gateContractionTasks freeList[gateContractionTask]

func (t *gateContractionTask) run(lo, hi int) {
	units, all := t.units, t.frames*t.units
	factor := float32(1)
	if t.frames == 1 { // the square of (r²)′ = 2r
		factor = 4
	}
	for i := lo; i < hi; i++ {
		slopes, r, shares := t.slopes[i*units:(i+1)*units], t.r[i*all:(i+1)*all], t.shares[i*all:(i+1)*all]
		var ds, dr []float32
		if t.ds != nil {
			ds, dr = t.ds[i*units:(i+1)*units], t.dr[i*all:(i+1)*all]
		}
		derivatives(t.act, t.s[i*units:(i+1)*units], slopes, ds)
		var sum float64
		for j, slope := range slopes {
			var moved float32 // Σ_k of the change of one frame's norm with the response to the other frame
			for own := j; own < all; own += units {
				other := all - units - own + 2*j
				influence := factor * r[other] * t.norms[own]
				shares[own] = factor * slope * slope * r[other] * r[other]
				moved += float32(influence * r[other])
				if dr != nil {
					dr[other] = 2 * t.scale * slope * slope * influence
				}
			}
			sum += float64(slope * slope * moved)
			if ds != nil {
				ds[j] *= 2 * t.scale * slope * moved
			}
		}
		t.losses[i] += float32(sum)
	}
}

// derivatives computes act′ of y = act(z) in slopes and, if curvature is not
// nil, the derivative of act′ in y, which is act″/act′.
func derivatives(act Activation, y, slopes, curvature []float32) {
	linear := func(a, b float32) { // act′ = (a + b·y) below zero or everywhere
		for j, v := range y {
			slopes[j] = a + float32(b*v)
		}
		for j := range curvature {
			curvature[j] = b
		}
	}
	// pieces is act′ = positive where y > 0, else (a + b·y).
	pieces := func(positive, a, b float32) {
		linear(a, b)
		for j, v := range y {
			if v > 0 {
				slopes[j] = positive
				if curvature != nil {
					curvature[j] = 0
				}
			}
		}
	}
	switch act {
	case Linear:
		linear(1, 0)
	case ReLU:
		pieces(1, 0, 0)
	case LeakyReLU:
		pieces(1, LeakySlope, 0)
	case ELU:
		pieces(1, 1, 1)
	case SELU:
		pieces(seluScale, seluScale*seluAlpha, 1)
	case Sigmoid: // y(1−y)
		for j, v := range y {
			slopes[j] = v * (1 - v)
		}
		for j := range curvature {
			curvature[j] = 1 - 2*y[j]
		}
	case Tanh: // 1 − y²
		for j, v := range y {
			slopes[j] = 1 - float32(v*v)
		}
		for j := range curvature {
			curvature[j] = -2 * y[j]
		}
	case Softplus: // 1 − e^−y
		for j, v := range y {
			slopes[j] = -v
		}
		active.exp(slopes, slopes)
		for j, v := range slopes {
			slopes[j] = 1 - v
		}
		for j := range curvature {
			curvature[j] = 1 - slopes[j]
		}
	}
}

// ScaleColumns computes y = alpha·x·diag(factors) (x, y: D×H; factors: H). It
// multiplies factors by alpha.
func ScaleColumns(rows, columns int, alpha float32, x, factors, y []float32) {
	Scale(alpha, factors[:columns])
	t := scaleColumnsTasks.get()
	*t = scaleColumnsTask{x[:rows*columns], factors[:columns], y[:rows*columns]}
	parallel(rows, max(1, lightGrain/max(columns, 1)), t)
	scaleColumnsTasks.put(t)
}

type scaleColumnsTask struct{ x, factors, y []float32 }

var scaleColumnsTasks freeList[scaleColumnsTask]

func (t *scaleColumnsTask) run(lo, hi int) {
	columns := len(t.factors)
	for i := lo; i < hi; i++ {
		row := t.y[i*columns : (i+1)*columns]
		active.multiply(row, t.x[i*columns:(i+1)*columns], t.factors)
	}
}
