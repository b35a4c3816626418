package viz

import (
	"io"
	"math"
	"testing"
)

// someRuns are settings and a result of eleven runs.
func someRuns() ([]Variable, Variable) {
	rates := []float64{0.0003, 0.001, 0.003, 0.01, 0.0003, 0.001, 0.003, 0.01, 0.002, 0.0005, 0.004}
	codes := []float64{8, 8, 8, 8, 32, 32, 32, 32, 32, 8, math.NaN()}
	solver := []float64{0, 0, 1, 1, 0, 1, 0, 1, 2, 2, 2}
	loss := make([]float64, len(rates))
	for i := range loss {
		loss[i] = 230 + 20*math.Pow(math.Log10(rates[i]/0.002), 2) - 0.3*max(codes[i], 8) + 2*solver[i]
	}
	loss[9], loss[10] = math.NaN(), 238
	return []Variable{
		{Name: "learning-rate", Values: rates}, {Name: "code", Values: codes},
		{Name: "solver", Values: solver, Labels: []string{"adam", "momentum", "a solver with a long name"}},
	}, Variable{Name: "validation loss", Values: loss}
}

func TestParallelGolden(t *testing.T) {
	settings, result := someRuns()
	p := Parallel{Title: "Sweep: validation loss (lower is better)", Settings: settings, Result: result}
	golden(t, "parallel.png", decodePNG(t, render(t, p.PNG)))
	goldenText(t, "parallel.svg", render(t, p.SVG))
}

func TestAgainstGolden(t *testing.T) {
	settings, result := someRuns()
	a := Against{Title: "Sweep: each setting against the validation loss", Settings: settings, Result: result}
	golden(t, "against.png", decodePNG(t, render(t, a.PNG)))
}

func TestVariablesOddInput(t *testing.T) {
	inf, none := math.Inf(1), math.NaN()
	check := func(name string, draw ...func(io.Writer) error) {
		for _, d := range draw {
			if err := d(io.Discard); err != nil {
				t.Errorf("%s: %v", name, err)
			}
		}
	}
	results := []Variable{{}, {Values: []float64{1}}, {Values: []float64{1, none, inf, 2}}, {Values: []float64{1e-9, 1e9, 3}}}
	for _, result := range results {
		check("no settings", Parallel{Result: result}.PNG, Against{Result: result}.PNG)
	}
	for name, v := range map[string]Variable{
		"nothing": {}, "not finite": {Name: "<x>\n", Values: []float64{inf, none}}, "one value": {Values: []float64{3, 3, 3}}, "zero": {Values: []float64{0}},
		"one label": {Values: []float64{0, 0}, Labels: []string{"\x00"}}, "short": {Values: []float64{1}}, "large": {Values: []float64{-1e299, 1e299, 1}},
	} {
		for i, result := range results {
			check(name, Parallel{Settings: []Variable{v, v}, Result: result, Higher: true}.SVG, Against{Settings: []Variable{v, v, v, v}, Result: result}.SVG)
			if i >= 2 { // pixels of numbers that cannot be drawn, and of extreme ones
				check(name, Parallel{Settings: []Variable{v, v}, Result: result, Higher: true}.PNG, Against{Settings: []Variable{v}, Result: result}.PNG)
			}
		}
	}
}

// TestParallelOrder checks that the best item is drawn last.
func TestParallelOrder(t *testing.T) {
	p := Parallel{Result: Variable{Values: []float64{3, 1, math.NaN(), 2}}}
	if got := p.order(); len(got) != 3 || got[2] != 1 {
		t.Errorf("order %v, want the lowest value last", got)
	}
	p.Higher = true
	if got := p.order(); got[2] != 0 {
		t.Errorf("order %v, want the highest value last", got)
	}
}
