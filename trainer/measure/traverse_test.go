package measure

import (
	"testing"

	"gaetrain/loaders"
	"gaetrain/trainer/evaluate"
)

// TestInformedBy checks that each value of codes is named after the factor that it follows.
func TestInformedBy(t *testing.T) {
	t.Parallel()
	x, y := loaders.Factor{Name: "x", Size: 5}, loaders.Factor{Name: "y", Size: 4}
	var values []float32
	for i := range 120 {
		x.Values, y.Values = append(x.Values, uint16(i%5)), append(y.Values, uint16(i/5%4))
		values = append(values, float32(i/5%4), -float32(i%5))
	}
	list := informedBy(evaluate.NewMatrix(values, 2), []loaders.Factor{x, y})
	if len(list) != 2 || list[0].Name != "y" || list[1].Name != "x" || list[0].Share < 0.999 || list[1].Share < 0.999 {
		t.Errorf("%+v", list)
	}
	if list := informedBy(evaluate.NewMatrix(values, 2), nil); list != nil {
		t.Errorf("without factors: %+v", list)
	}
}
