package evaluate

import (
	"fmt"
	"math"
	"reflect"
	"strings"
	"testing"

	"gaetrain/loaders"
)

// overlapping are three overlapping classes in three dimensions, and rows to classify.
func overlapping() (x Matrix, labels []loaders.Label, asked Matrix) {
	x, asked = newMatrix(90, 3), newMatrix(80, 3)
	for i := range x.Rows {
		v, label := float64(i), i%3
		row := []float64{math.Sin(1.3 * v), math.Cos(2.1*v + 0.5), 2 * math.Sin(0.7*v*v+0.2)}
		row[label] += []float64{1.1, 0.9, 0.8}[label]
		for j, value := range row {
			x.Row(i)[j] = float32(value)
		}
		labels = append(labels, loaders.Label(label))
	}
	for i := range asked.Rows {
		v := float64(i)
		copy(asked.Row(i), []float32{float32(1.5 * math.Sin(0.37*v)), float32(1.5 * math.Cos(0.53*v)), float32(2 * math.Sin(1.9*v))})
	}
	return x, labels, asked
}

// TestSVM compares an SVM with SVC of scikit-learn 1.9.1 (tol=1e-9): the decision values of
// the first row, the number of support vectors, the right predictions for the rows that it is fitted to, and all
// other predictions.
func TestSVM(t *testing.T) {
	x, labels, asked := overlapping()
	for _, want := range []struct {
		gamma, penalty float64
		decisions      [3]float64
		vectors, right int
		predicted      string
	}{
		{0.5, 1, [3]float64{1.50889, 1.44218, -1.68735}, 77, 78, "00011111112222211111100000111111120000011111112221211111200002111111100000111111"},
		{0.1, 10, [3]float64{3.57571, 3.66203, -6.05697}, 60, 85, "00011111110000211111110000011111120000211111120000211111100000111111100000111111"},
		{2, 100, [3]float64{0.30958, 0.48657, 0.25605}, 67, 89, "00011111112111211111100000211111120000011111111111211111100002111111100000111111"},
	} {
		s, err := NewSVM(t.Context(), x, labels, want.gamma, want.penalty)
		if err != nil {
			t.Fatal(err)
		}
		similarity := make([]float32, x.Rows)
		for j := range similarity {
			similarity[j] = float32(math.Exp(-want.gamma * squaredDistance(asked.Row(0), x.Row(j))))
		}
		for i, p := range s.pairs {
			if got := p.decide(similarity); math.Abs(got-want.decisions[i]) > 2e-3 {
				t.Errorf("gamma %g, penalty %g: decision value %g, want %g", want.gamma, want.penalty, got, want.decisions[i])
			}
		}
		right := 0
		for i, class := range classesOf(t, s, x) {
			if class == int(labels[i]) {
				right++
			}
		}
		if s.Vectors != want.vectors || right != want.right {
			t.Errorf("gamma %g, penalty %g: %d support vectors and %d right, want %d and %d", want.gamma, want.penalty, s.Vectors, right, want.vectors, want.right)
		}
		if got := strings.Trim(strings.ReplaceAll(fmt.Sprint(classesOf(t, s, asked)), " ", ""), "[]"); got != want.predicted {
			t.Errorf("gamma %g, penalty %g: predictions\n%s, want\n%s", want.gamma, want.penalty, got, want.predicted)
		}
	}
	for name, err := range map[string]error{
		"one class": second(NewSVM(t.Context(), x, make([]loaders.Label, x.Rows), 1, 1)),
		"labels":    second(NewSVM(t.Context(), x, labels[1:], 1, 1)),
		"gamma":     second(NewSVM(t.Context(), x, labels, 0, 1)),
		"penalty":   second(NewSVM(t.Context(), x, labels, 1, math.NaN())),
		"too many":  second(NewSVM(t.Context(), newMatrix(MaxSVM+1, 1), make([]loaders.Label, MaxSVM+1), 1, 1)),
	} {
		if !isInput(err) {
			t.Errorf("%s: error %v, want one that wraps ErrInput", name, err)
		}
	}
}

func classesOf(t *testing.T, s *SVM, x Matrix) []int {
	t.Helper()
	predicted, err := s.Predict(t.Context(), x)
	if err != nil {
		t.Fatal(err)
	}
	return predicted
}

// TestChooseSVM fits rings, which no plane separates. The SVM must be better than that of
// the worst numbers of the grid.
func TestChooseSVM(t *testing.T) {
	const n = 120
	x, labels := newMatrix(n, 2), make([]loaders.Label, n)
	for i := range n {
		radius, angle := 1+float64(i%2), 2.4*float64(i)
		radius += 0.45 * math.Sin(3.1*float64(i))
		x.Row(i)[0], x.Row(i)[1] = float32(radius*math.Cos(angle)), float32(radius*math.Sin(angle))
		labels[i] = loaders.Label(i % 2)
	}
	s, accuracy, err := ChooseSVM(t.Context(), x, labels, 5)
	if err != nil {
		t.Fatal(err)
	}
	if accuracy < 0.85 || accuracy > 1 {
		t.Errorf("accuracy %g in cross-validation", accuracy)
	}
	if same, err := NewSVM(t.Context(), x, labels, s.Gamma, s.Penalty); err != nil || !reflect.DeepEqual(s, same) {
		t.Errorf("the chosen SVM is not the one of its gamma and penalty (error %v)", err)
	}
	k, folds := newSimilarities(x), foldsOf(labels, 5)
	k.fill(s.Gamma)
	right := 0
	for fold := range 5 {
		right += k.validate(labels, 2, folds, fold, s.Penalty)
	}
	if got := float64(right) / n; got != accuracy {
		t.Errorf("accuracy %g with gamma %g and penalty %g, but %g was reported", got, s.Gamma, s.Penalty, accuracy)
	}
	if _, _, err := ChooseSVM(t.Context(), x, labels, 1); !isInput(err) {
		t.Errorf("one fold: error %v", err)
	}
}

// TestUnfinished counts the pairs of classes whose optimisation did not reach the optimum.
func TestUnfinished(t *testing.T) {
	x, labels, _ := overlapping()
	s, err := NewSVM(t.Context(), x, labels, 0.5, 1)
	if err != nil || s.Unfinished > 0 {
		t.Fatalf("%d pairs of an easy problem are unfinished (error %v)", s.Unfinished, err)
	}
	k := newSimilarities(x)
	k.fill(0.5)
	d := dual{rows: []int{0, 3, 1, 4}, kernel: k.kernel, penalty: 1, y: []float64{1, 1, -1, -1}, alpha: make([]float64, 4), gradient: []float64{-1, -1, -1, -1}}
	if d.minimise(1) || !d.minimise(1000) {
		t.Error("one step reaches the optimum, or 1000 do not")
	}
	// Weights are rounded relative to this penalty, so each step is rounded to 0.
	if s, err = NewSVM(t.Context(), NewMatrix(x.Values[:90], 3), labels[:30], 0.5, 1e30); err != nil || s.Unfinished != 3 {
		t.Errorf("%d pairs without an optimum, want 3 (error %v)", s.Unfinished, err)
	}
}
