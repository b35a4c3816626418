package viz

import "testing"

func TestConfusionGolden(t *testing.T) {
	classes := []string{"T-shirt/top", "Trouser", "a class whose name is far too long for a cell"}
	golden(t, "confusion.png", Confusion("Classes of the test images", classes, [][]int{{812, 3, 97}, {0, 981, 12}, {140, 1, 730}}))
}

func TestConfusionOddInput(t *testing.T) {
	for _, counts := range [][][]int{nil, {{0}}, {{0, 0}, {0, 0}}} {
		if img := Confusion("", nil, counts); img.Bounds().Empty() {
			t.Errorf("%v: an empty picture", counts)
		}
	}
}
