package recipes_test

import (
	"math"
	"testing"

	"gaetrain/graph"
	"gaetrain/trainer"
)

// TestDictionary checks that an image uses about k units, in evaluation too, where codes
// have a lower bound. Dead units learn again by their own term. The explained variance
// follows from the reported error, and directions have length 1.
func TestDictionary(t *testing.T) {
	t.Parallel()
	const k = 10
	dictionary := func(list string) (e *trainer.Experiment, train, test trainer.Figures) {
		u := find("topk").plain("code=300; top-k=10; batch-size=25; epochs=10; dead-after=10", list)
		d := data(t, u, 1000, 250)
		e, _ = trained(t, u, d)
		return e, evaluated(t, e.Trained(), d.Train), evaluated(t, e.Trained(), d.Test)
	}
	e, train, figures := dictionary("dead-weight=0.25")
	_, without, _ := dictionary("dead-weight=0")
	d := e.Data
	t.Logf("l0 %.2f of training images, %.2f of test images; dead units %g, %g without their term; explained variance %.3f",
		train.Measures["l0"], figures.Measures["l0"], train.Measures[trainer.DeadUnits], without.Measures[trainer.DeadUnits], figures.Measures["explained_variance"])
	for _, f := range []trainer.Figures{train, figures} {
		if l0 := f.Measures["l0"]; math.Abs(l0-k) > 0.25*k {
			t.Errorf("an image uses %g units, want about %d", l0, k)
		}
	}
	if l0 := train.Measures["l0"]; math.Abs(l0-k) > 0.05*k {
		t.Errorf("a training image uses %g units, want about %d", l0, k)
	}
	if dead := train.Measures[trainer.DeadUnits]; dead > 60 || dead > without.Measures[trainer.DeadUnits]/2 {
		t.Errorf("%g of 300 units are dead, %g without their term", dead, without.Measures[trainer.DeadUnits])
	}
	size := d.Test.Shape.Size()
	image, mean, squares := make([]float32, size), make([]float64, size), 0.0
	for i := range d.Test.Len() {
		if err := d.Test.Read(image, i, 0); err != nil {
			t.Fatal(err)
		}
		for j, v := range image {
			mean[j] += float64(v) / float64(d.Test.Len())
			squares += float64(v) * float64(v)
		}
	}
	for _, m := range mean {
		squares -= float64(d.Test.Len()) * m * m
	}
	want := 1 - figures.MSE*float64(size*d.Test.Len())/squares
	if got := figures.Measures["explained_variance"]; math.Abs(got-want) > 1e-4 || got < 0.7 {
		t.Errorf("explained variance %g, want %g, at least 0.7", got, want)
	}
	directions, _ := e.Parameters.Get("decoder/1/weights")
	for unit := range directions.Shape[0] {
		squares := 0.0
		for _, v := range directions.Values()[unit*size : (unit+1)*size] {
			squares += float64(v) * float64(v)
		}
		if math.Abs(squares-1) > 1e-4 {
			t.Fatalf("direction %d has the squared length %g", unit, squares)
		}
	}
}

// TestDeadUnitsLearn compares the gradient of the term of dead units, in the parameters
// of dead units, with differences of the error that the other units leave. Units that
// are not dead get no gradient of this term.
func TestDeadUnitsLearn(t *testing.T) {
	t.Parallel()
	const rows = 5
	gradients := func(list string) (program *graph.Program, all map[string][]float32, dead func(unit int) bool, loss func() float64) {
		u := find("topk").small("code=24; top-k=3; dead-after=2", list)
		e := experiment(t, u, tinyData(u))
		silent, _ := e.Parameters.Get("code/silent_batches")
		for i := range silent.Values() {
			silent.Values()[i] = float32(i % 2 * 1000)
		}
		move(e.Parameters)
		program = training(t, e.Final(), e.Parameters, rows)
		b := batch(t, e.Final(), e.Parameters, program, e.Data.Train, rows)
		run(t, program, b)
		all = make(map[string][]float32)
		for _, g := range program.Gradients() {
			all[g.Name] = append([]float32(nil), g.Values()...)
		}
		return program, all, func(unit int) bool { return unit%2 == 1 }, lossOf(t, program, b)
	}
	_, without, dead, _ := gradients("dead-weight=0")
	program, with, _, loss := gradients("dead-weight=100")
	const directions = "decoder/1/weights"
	size := len(with[directions]) / 24
	learning := 0
	for unit := range 24 {
		difference := 0.0
		for i := unit * size; i < (unit+1)*size; i++ {
			difference = max(difference, math.Abs(float64(with[directions][i]-without[directions][i])))
		}
		if !dead(unit) && difference > 1e-4*largest(without[directions]) {
			t.Errorf("the direction of unit %d, which is not dead, gets the gradient %g from the term of dead units", unit, difference)
		}
		if dead(unit) && difference > 0 {
			learning++
		}
	}
	if learning < 3 {
		t.Errorf("only %d of 12 dead units get a gradient", learning)
	}
	for _, g := range program.Gradients() {
		if g.Name != directions {
			continue
		}
		places := make([]float32, len(with[directions])) // numbers that only dead units use
		for i := range places {
			if unit := i / size; dead(unit) && without[directions][i] == 0 {
				places[i] = with[directions][i]
			}
		}
		scale := largest(places)
		for _, i := range chosen(places)[:3] {
			slopes := differences(&g.Parameter.Values()[i], float64(places[i]), scale, loss)
			if !slopes.agree(float64(places[i]), scale) || slopes.agree(0, scale) {
				t.Errorf("the gradient of a dead unit's direction is %g, differences are %v", places[i], slopes)
			}
		}
	}
}
