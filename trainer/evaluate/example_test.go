package evaluate_test

import (
	"context"
	"fmt"
	"log"

	"gaetrain/loaders"
	"gaetrain/trainer/evaluate"
)

// Six points near the line y = x. One component describes nearly all of their
// variance.
func ExampleNewPCA() {
	x := evaluate.NewMatrix([]float32{
		0, 0,
		1, 1.1,
		2, 1.9,
		3, 3.1,
		4, 3.9,
		5, 5,
	}, 2)
	pca, err := evaluate.NewPCA(context.Background(), x, 1)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("direction (%.2f, %.2f)\n", pca.Components.At(0, 0), pca.Components.At(1, 0))
	fmt.Printf("explained variance %.1f %%\n", 100*pca.Variance[0]/pca.Total)
	// Output:
	// direction (0.71, 0.70)
	// explained variance 99.9 %
}

// A linear classifier of codes with one value. It is trained on six codes and predicts
// the classes of four others.
func ExampleNewLogisticRegression() {
	train, labels := evaluate.NewMatrix([]float32{-3, -2, -1, 1, 2, 3}, 1), []loaders.Label{0, 0, 0, 1, 1, 1}
	probe, err := evaluate.NewLogisticRegression(context.Background(), train, labels, 0.1)
	if err != nil {
		log.Fatal(err)
	}
	predicted := probe.Predict(evaluate.NewMatrix([]float32{-5, -0.5, 0.5, 5}, 1))
	confusion, err := evaluate.Confuse(2, []loaders.Label{0, 0, 0, 1}, predicted)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(predicted, "accuracy", confusion.Accuracy())
	// Output:
	// [0 0 1 1] accuracy 0.75
}
