package recipes_test

import (
	"fmt"
	"math"
	"strconv"
	"testing"

	"gaetrain/trainer"
)

// TestSparseReachesItsTarget checks that the mean activation falls to the target, with
// the weight and the number of units of the recipe and with both kinds of mean. Without
// the penalty, it stays far above.
func TestSparseReachesItsTarget(t *testing.T) {
	t.Parallel()
	own := find("sparse").plain()
	field, _ := own.field("sparsity-target")
	target, err := strconv.ParseFloat(field.String(), 64)
	if err != nil {
		t.Fatal(err)
	}
	units, _ := own.field("code")
	size := fmt.Sprintf("code=%s", units)
	free := after(t, "sparse", size, "sparsity=0")
	if got := free.Measures[trainer.MeanActivation]; got < 2.5*target {
		t.Errorf("without the penalty the mean activation is %g", got)
	}
	for _, mean := range []string{"running", "batch"} {
		figures := after(t, "sparse", size, "sparsity-mean="+mean)
		if got := figures.Measures[trainer.MeanActivation]; math.Abs(got-target) > 0.1*target {
			t.Errorf("%s: mean activation %g, want %g", mean, got, target)
		}
		if got, without := figures.Measures[trainer.HoyerSparsity], free.Measures[trainer.HoyerSparsity]; got < without+0.05 {
			t.Errorf("%s: Hoyer sparsity %g, without the penalty %g", mean, got, without)
		}
	}
}

// TestL1AndTopKAreSparse checks that an L1 penalty and top-k make codes sparse.
func TestL1AndTopKAreSparse(t *testing.T) {
	t.Parallel()
	free := after(t, "sparse", "sparsity=0")
	l1 := after(t, "sparse", "sparsity=0; l1=3")
	if got, without := l1.Measures[trainer.MeanActivation], free.Measures[trainer.MeanActivation]; got > without/2 {
		t.Errorf("mean activation %g with an L1 penalty, %g without", got, without)
	}
	topK := after(t, "sparse", "sparsity=0; top-k=8; code-activation=linear; learning-rate=3e-3")
	// The Hoyer sparsity of 8 equal values of 40 is (√40 − √8)/(√40 − 1) = 0.657.
	if got := topK.Measures[trainer.HoyerSparsity]; got < 0.657 {
		t.Errorf("Hoyer sparsity %g with 8 of 40 values", got)
	}
	if topK.MSE > 0.04 {
		t.Errorf("8 of 40 values reconstruct with an error of %g", topK.MSE)
	}
}

// TestContractiveContracts checks that the norm of the Jacobian falls while the
// reconstruction term rises only a little. For one layer, the term is this norm.
func TestContractiveContracts(t *testing.T) {
	t.Parallel()
	free, contracted := after(t, "contractive", "contraction=0"), after(t, "contractive", "contraction=3")
	got, without := contracted.Measures[trainer.JacobianNorm], free.Measures[trainer.JacobianNorm]
	if got > without/2 {
		t.Errorf("the Jacobian's norm is %g, %g without contraction", got, without)
	}
	if term := contracted.Terms["contraction"]; math.Abs(got-term) > 0.01*term {
		t.Errorf("the Jacobian's norm is %g, the term %g", got, term)
	}
	if contracted.Terms["reconstruction"] > 1.1*free.Terms["reconstruction"] {
		t.Errorf("the reconstruction term is %g, %g without contraction", contracted.Terms["reconstruction"], free.Terms["reconstruction"])
	}
}
