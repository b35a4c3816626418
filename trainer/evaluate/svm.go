package evaluate

import (
	"context"
	"fmt"
	"math"
	"slices"

	"gaetrain/loaders"
)

// MaxSVM is the largest number of observations that an SVM is fitted to. Its memory
// grows with the square of that number.
const MaxSVM = 5000

// SVM is a support vector machine with the kernel K(x, x′) = exp(−γ·‖x − x′‖²). It
// separates each pair of classes by a maximum margin, and predicts the class that wins
// most pairs, as LIBSVM does (Cortes & Vapnik 1995, Chang & Lin 2011).
type SVM struct {
	Classes    int
	Gamma      float64 // γ
	Penalty    float64 // C, of the violations of the margin
	Vectors    int     // observations with a weight in some pair
	Unfinished int     // pairs of classes whose optimisation ended at the limit of its steps

	x     Matrix
	pairs []margin
}

// margin separates two classes by Σ_i weights_i·K(x_i, x) > rho, which holds on the side of
// the first.
type margin struct {
	first, second int
	rows          []int     // indices of the support vectors
	weights       []float64 // α_i·y_i
	rho           float64
	optimal       bool // false: the limit of steps was reached
}

// NewSVM fits labels (N) of x (N×D) by minimising ½‖w‖² + C·Σ ξ for each pair of classes.
// gamma and penalty are above 0. Errors wrap ErrInput or are the context's.
func NewSVM(ctx context.Context, x Matrix, labels []loaders.Label, gamma, penalty float64) (*SVM, error) {
	classes, err := checkSVM(x, labels)
	if err != nil {
		return nil, err
	}
	if !(gamma > 0 && penalty > 0) || math.IsInf(gamma, 0) || math.IsInf(penalty, 0) {
		return nil, fmt.Errorf("%w: gamma %g and penalty %g of an SVM; hint: numbers above 0", ErrInput, gamma, penalty)
	}
	return newSimilarities(x).svm(x, labels, classes, gamma, penalty), ctx.Err()
}

// svm fits an SVM to all observations x.
func (k similarities) svm(x Matrix, labels []loaders.Label, classes int, gamma, penalty float64) *SVM {
	k.fill(gamma)
	s := &SVM{Classes: classes, Gamma: gamma, Penalty: penalty, x: x, pairs: k.fit(labels, classes, counted(x.Rows), penalty)}
	used := make(map[int]bool)
	for _, p := range s.pairs {
		if !p.optimal {
			s.Unfinished++
		}
		for _, i := range p.rows {
			used[i] = true
		}
	}
	s.Vectors = len(used)
	return s
}

// checkSVM returns the number of classes.
func checkSVM(x Matrix, labels []loaders.Label) (classes int, err error) {
	if err := x.check(); err != nil {
		return 0, err
	}
	if classes, err = checkLabels(x, labels); err != nil {
		return 0, err
	}
	if x.Rows > MaxSVM {
		return 0, fmt.Errorf("%w: an SVM of %d observations; hint: at most %d", ErrInput, x.Rows, MaxSVM)
	}
	if slices.Min(labels) == slices.Max(labels) {
		return 0, fmt.Errorf("%w: all %d observations are of one class; hint: an SVM needs two classes or more", ErrInput, x.Rows)
	}
	return classes, fits("an SVM", x.Rows, 1) // two matrices of float32
}

// Grid of ChooseSVM: factors of 1/(D·variance of the values) for gamma, and penalties.
var (
	gammaFactors = []float64{0.25, 0.5, 1, 2, 4}
	penalties    = []float64{1, 10, 100}
)

// ChooseSVM fits an SVM with the gamma and the penalty that have the highest accuracy in
// cross-validation with the given number of folds, which have equally many observations of
// each class. Of equal ones, it takes those with the smaller numbers. accuracy is the one in
// cross-validation. Errors are those of NewSVM.
func ChooseSVM(ctx context.Context, x Matrix, labels []loaders.Label, folds int) (s *SVM, accuracy float64, err error) {
	classes, err := checkSVM(x, labels)
	if err != nil {
		return nil, 0, err
	}
	if folds < 2 {
		return nil, 0, fmt.Errorf("%w: cross-validation with %d folds; hint: at least 2", ErrInput, folds)
	}
	parts, k := foldsOf(labels, folds), newSimilarities(x)
	most, gamma, penalty := -1, 0.0, 0.0
	for _, factor := range gammaFactors {
		at := factor / (float64(x.Columns) * max(variance(x), math.SmallestNonzeroFloat32))
		k.fill(at)
		for _, c := range penalties {
			right := 0
			for fold := range folds {
				if err := ctx.Err(); err != nil {
					return nil, 0, err
				}
				right += k.validate(labels, classes, parts, fold, c)
			}
			if right > most {
				most, gamma, penalty = right, at, c
			}
		}
	}
	return k.svm(x, labels, classes, gamma, penalty), float64(most) / float64(x.Rows), ctx.Err()
}

// foldsOf returns the fold of each observation: those of a class are dealt out in turn.
func foldsOf(labels []loaders.Label, folds int) []int {
	seen, of := make(map[loaders.Label]int), make([]int, len(labels))
	for i, label := range labels {
		of[i] = seen[label] % folds
		seen[label]++
	}
	return of
}

// variance is that of all values of a matrix.
func variance(x Matrix) float64 {
	var sum, squares float64
	for _, v := range x.Values {
		sum += float64(v)
		squares += float64(v) * float64(v)
	}
	n := float64(len(x.Values))
	return squares/n - sum/n*sum/n
}

// counted returns 0, 1, …, n−1.
func counted(n int) []int {
	list := make([]int, n)
	for i := range list {
		list[i] = i
	}
	return list
}

// similarities hold the kernel of all pairs of observations (N×N).
type similarities struct{ distances, kernel Matrix }

func newSimilarities(x Matrix) similarities {
	s := similarities{newMatrix(x.Rows, x.Rows), newMatrix(x.Rows, x.Rows)}
	parallel(x.Rows, 1, func(from, to int) {
		for i := from; i < to; i++ {
			row := s.distances.Row(i)
			for j := range row {
				row[j] = float32(squaredDistance(x.Row(i), x.Row(j)))
			}
		}
	})
	return s
}

// fill computes the kernel for γ.
func (s similarities) fill(gamma float64) {
	parallel(len(s.kernel.Values), 1024, func(from, to int) {
		for i, d := range s.distances.Values[from:to] {
			s.kernel.Values[from+i] = float32(math.Exp(-gamma * float64(d)))
		}
	})
}

// fit separates each pair of classes that the given rows have.
func (s similarities) fit(labels []loaders.Label, classes int, rows []int, penalty float64) (pairs []margin) {
	byClass := make([][]int, classes)
	for _, i := range rows {
		byClass[labels[i]] = append(byClass[labels[i]], i)
	}
	for first := range classes {
		for second := first + 1; second < classes; second++ {
			if len(byClass[first]) > 0 && len(byClass[second]) > 0 {
				pairs = append(pairs, margin{first: first, second: second})
			}
		}
	}
	parallel(len(pairs), 1, func(from, to int) {
		for i := from; i < to; i++ {
			p := &pairs[i]
			p.separate(s.kernel, byClass[p.first], byClass[p.second], penalty)
		}
	})
	return pairs
}

// validate counts the right predictions for a fold of an SVM that is fitted to the others.
func (s similarities) validate(labels []loaders.Label, classes int, folds []int, fold int, penalty float64) (right int) {
	var fitted []int
	for i, of := range folds {
		if of != fold {
			fitted = append(fitted, i)
		}
	}
	pairs := s.fit(labels, classes, fitted, penalty)
	for i, of := range folds {
		if of == fold && vote(pairs, classes, s.kernel.Row(i)) == int(labels[i]) {
			right++
		}
	}
	return right
}

// vote returns the class that wins most pairs, the first of several. similarity is the
// kernel with all observations.
func vote(pairs []margin, classes int, similarity []float32) int {
	votes := make([]int, classes)
	for _, p := range pairs {
		if p.decide(similarity) > 0 {
			votes[p.first]++
		} else {
			votes[p.second]++
		}
	}
	return slices.Index(votes, slices.Max(votes))
}

// decide is the decision value, above 0 for the first class.
func (p margin) decide(similarity []float32) float64 {
	sum := -p.rho
	for k, i := range p.rows {
		sum += float64(p.weights[k] * float64(similarity[i]))
	}
	return sum
}

// Predict returns the class of each row of x (N×D).
func (s *SVM) Predict(ctx context.Context, x Matrix) ([]int, error) {
	if err := x.check(); err != nil {
		return nil, err
	}
	if x.Columns != s.x.Columns {
		return nil, fmt.Errorf("%w: rows of %d values for an SVM of %d values", ErrInput, x.Columns, s.x.Columns)
	}
	predicted := make([]int, x.Rows)
	parallel(x.Rows, 16, func(from, to int) {
		similarity := make([]float32, s.x.Rows)
		for i := from; i < to && ctx.Err() == nil; i++ {
			for j := range similarity {
				similarity[j] = float32(math.Exp(-s.Gamma * float64(float32(squaredDistance(x.Row(i), s.x.Row(j))))))
			}
			predicted[i] = vote(s.pairs, s.Classes, similarity)
		}
	})
	return predicted, ctx.Err()
}
