package op_test

import (
	"fmt"
	"log"

	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"gaetrain/graph/kernel"
	"gaetrain/graph/op"
)

// An op is a node of a Gorgonia graph. All ops of a graph share the rows of the
// batch, and a run computes only the live ones. Package graph declares ops with
// less code, see its Scope.
func ExampleAffine() {
	g := gorgonia.NewGraph()
	matrix := func(name string, rows, columns int, values ...float32) *gorgonia.Node {
		value := tensor.New(tensor.WithShape(rows, columns), tensor.WithBacking(values))
		return gorgonia.NewMatrix(g, tensor.Float32, gorgonia.WithName(name), gorgonia.WithShape(rows, columns), gorgonia.WithValue(value))
	}
	x := matrix("x", 2, 3, 1, 2, 3, 4, 5, 6)  // B×D
	w := matrix("w", 3, 2, 1, 0, 0, 1, 0, -1) // D×H
	target := matrix("target", 2, 2, 0, 0, 0, 0)

	rows := &op.Rows{Live: 2, Compiled: 2}
	y, err := op.Affine("layer", rows, kernel.ReLU, false, true, x, w, nil)
	if err != nil {
		log.Fatal(err)
	}
	loss, err := op.SquaredError("reconstruction", rows, y, target)
	if err != nil {
		log.Fatal(err)
	}
	gradients, err := gorgonia.Grad(loss.Node, w)
	if err != nil {
		log.Fatal(err)
	}

	machine := gorgonia.NewTapeMachine(g)
	defer machine.Close()
	for _, live := range []int{2, 1} {
		rows.SetLive(live)
		if err := machine.RunAll(); err != nil {
			log.Fatal(err)
		}
		machine.Reset()
		fmt.Println(y.Value().Data(), loss.PerImage(), loss.Node.Value(), gradients[0].Value().Data())
	}
	_, err = op.Affine("other", rows, kernel.Linear, false, true, x, target, nil)
	fmt.Println(err)
	// Output:
	// [1 0 4 0] [1 16] 8.5 [17 0 22 0 27 0]
	// [1 0 4 0] [1] 1 [2 0 4 0 6 0]
	// other: affine+linear: input is 2×3, want B×2
}
