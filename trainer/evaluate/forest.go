package evaluate

import (
	"cmp"
	"context"
	"math/rand/v2"
	"slices"
)

// A forest predicts a factor from the values of a code by the mean of regression trees, each
// fitted to a bootstrap sample of the images (Breiman 2001). It considers all values of the
// code at each split. A factor with classes is predicted as one number per class, 1 for the
// class of an image and 0 for the others; the variance that a split removes is then the
// Gini impurity.
const (
	forestTrees = 20
	forestDepth = 10
	forestLeaf  = 5 // fewest images of a leaf
)

// tree is a regression tree. Its first node is the root.
type tree struct {
	nodes      []node
	importance []float64 // L: squared error that the splits of a value of the code remove
}

type node struct {
	column      int     // of the code that is compared; −1: a leaf
	threshold   float32 // images with at most this value go left
	left, right int
	mean        []float64 // T, of the targets; leaves only
}

// grower fits one tree to images that can occur several times.
type grower struct {
	ctx     context.Context // no node is split after its end
	codes   Matrix
	targets []float64 // N×T
	width   int       // T
	random  *rand.Rand
	// sorted has the images by each column of the codes. Those of a node are at the same
	// places of each list.
	sorted [][]int
	isLeft []bool // N, of the present split
	right  []int
	tree
}

func newTree(ctx context.Context, codes Matrix, targets []float64, width int, rows []int, random *rand.Rand) tree {
	g := grower{ctx: ctx, codes: codes, targets: targets, width: width, random: random, isLeft: make([]bool, codes.Rows)}
	g.importance = make([]float64, codes.Columns)
	for column := range codes.Columns {
		list := slices.Clone(rows)
		slices.SortFunc(list, func(a, b int) int {
			return cmp.Or(cmp.Compare(g.value(a, column), g.value(b, column)), cmp.Compare(a, b))
		})
		g.sorted = append(g.sorted, list)
	}
	g.grow(0, len(rows), 0)
	return g.tree
}

func (g *grower) value(row, column int) float32 { return g.codes.Values[row*g.codes.Columns+column] }

// grow adds the node of the images at places [from, to), and the nodes below. It returns its
// number.
func (g *grower) grow(from, to, depth int) int {
	at := len(g.nodes)
	g.nodes = append(g.nodes, node{column: -1})
	column, cut, gain := -1, 0, 0.0
	if depth < forestDepth && to-from >= 2*forestLeaf && g.ctx.Err() == nil {
		column, cut, gain = g.best(from, to)
	}
	if column < 0 {
		g.nodes[at].mean = meanTarget(g.targets, g.width, g.sorted[0][from:to])
		return at
	}
	g.importance[column] += gain
	list := g.sorted[column]
	low, high := g.value(list[cut-1], column), g.value(list[cut], column)
	threshold := low + (high-low)/2
	if threshold >= high { // rounded up
		threshold = low
	}
	g.partition(column, from, cut, to)
	left := g.grow(from, cut, depth+1)
	right := g.grow(cut, to, depth+1)
	g.nodes[at] = node{column: column, threshold: threshold, left: left, right: right}
	return at
}

// best returns the column and the place of the split that removes most of the squared error;
// the column −1 if none does. Of equally good splits, a random one is chosen.
func (g *grower) best(from, to int) (column, cut int, gain float64) {
	column, gain = -1, 1e-9*float64(to-from) // less is rounding
	total, left := make([]float64, g.width), make([]float64, g.width)
	for _, row := range g.sorted[0][from:to] {
		for t := range total {
			total[t] += g.targets[row*g.width+t]
		}
	}
	for _, c := range g.random.Perm(g.codes.Columns) {
		clear(left)
		list := g.sorted[c]
		for place := from; place < to-forestLeaf; place++ {
			row := list[place]
			for t := range left {
				left[t] += g.targets[row*g.width+t]
			}
			n, rest := float64(place+1-from), float64(to-place-1)
			if n < forestLeaf || g.value(row, c) == g.value(list[place+1], c) {
				continue
			}
			removed := 0.0
			for t, sum := range left {
				difference := sum/n - (total[t]-sum)/rest
				removed += difference * difference
			}
			if removed *= n * rest / (n + rest); removed > gain {
				column, cut, gain = c, place+1, removed
			}
		}
	}
	return column, cut, gain
}

// partition moves the images that a split sends to the left before the others in each list,
// and keeps the order of each side.
func (g *grower) partition(column, from, cut, to int) {
	for place, row := range g.sorted[column][from:to] {
		g.isLeft[row] = from+place < cut
	}
	for _, list := range g.sorted {
		g.right = g.right[:0]
		next := from
		for _, row := range list[from:to] {
			if g.isLeft[row] {
				list[next] = row
				next++
			} else {
				g.right = append(g.right, row)
			}
		}
		copy(list[next:to], g.right)
	}
}

// meanTarget returns the mean of the targets N×T of some rows.
func meanTarget(targets []float64, width int, rows []int) []float64 {
	mean := make([]float64, width)
	for _, row := range rows {
		for t, v := range targets[row*width : (row+1)*width] {
			mean[t] += v / float64(len(rows))
		}
	}
	return mean
}

// predict adds the prediction for a code to sum.
func (t tree) predict(sum []float64, values []float32) {
	n := t.nodes[0]
	for n.column >= 0 {
		if values[n.column] <= n.threshold {
			n = t.nodes[n.left]
		} else {
			n = t.nodes[n.right]
		}
	}
	for i, v := range n.mean {
		sum[i] += v
	}
}

// fitForest fits trees to the rows fit. It returns how much each value of the code
// contributes, which sums to 1, or to 0 if no split helps, and the share of the variance of
// the rows test that the forest predicts.
// The error is that of a context that has ended.
func fitForest(ctx context.Context, codes Matrix, targets []float64, width int, fit, test []int, seed uint64) (importance []float64, explained float64, err error) {
	trees := make([]tree, forestTrees)
	parallel(forestTrees, 1, func(from, to int) {
		for k := from; k < to && ctx.Err() == nil; k++ {
			random := rand.New(rand.NewPCG(seed, uint64(k)))
			rows := make([]int, len(fit))
			for i := range rows {
				rows[i] = fit[random.IntN(len(fit))]
			}
			trees[k] = newTree(ctx, codes, targets, width, rows, random)
		}
	})
	if err := ctx.Err(); err != nil {
		return nil, 0, err
	}
	importance = make([]float64, codes.Columns)
	for _, t := range trees {
		total := 0.0
		for _, v := range t.importance {
			total += v
		}
		for column, v := range t.importance {
			if total > 0 {
				importance[column] += v / total
			}
		}
	}
	normalise(importance)
	return importance, explainedBy(trees, codes, targets, width, test), nil
}

// explainedBy returns 1 − Σ‖y − ŷ‖²/Σ‖y − ȳ‖² over some rows, where ȳ is their mean.
func explainedBy(trees []tree, codes Matrix, targets []float64, width int, rows []int) float64 {
	mean := meanTarget(targets, width, rows)
	var wrong, all float64
	predicted := make([]float64, width)
	for _, row := range rows {
		clear(predicted)
		for _, t := range trees {
			t.predict(predicted, codes.Row(row))
		}
		for t, v := range targets[row*width : (row+1)*width] {
			difference := v - predicted[t]/float64(len(trees))
			wrong += difference * difference
			all += (v - mean[t]) * (v - mean[t])
		}
	}
	if all == 0 {
		return 0
	}
	return 1 - wrong/all
}

// normalise divides numbers by their sum, unless it is 0.
func normalise(list []float64) {
	var sum float64
	for _, v := range list {
		sum += v
	}
	for i := range list {
		if sum > 0 {
			list[i] /= sum
		}
	}
}
