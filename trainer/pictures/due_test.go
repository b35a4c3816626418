package pictures

import (
	"os"
	"path/filepath"
	"testing"

	"gaetrain/trainer"
)

// TestDue counts the pictures of long runs. Their number grows only with the logarithm
// of the number of epochs.
func TestDue(t *testing.T) {
	for _, test := range []struct{ epochs, every, want int }{{20, 1, 20}, {32, 1, 32}, {64, 1, 48}, {300, 1, 82}, {2000, 1, 127}, {320, 10, 32}, {640, 10, 48}} {
		count := 0
		for epoch := 1; epoch <= test.epochs; epoch++ {
			if Due(epoch, test.every) {
				count++
			}
		}
		if count != test.want {
			t.Errorf("%d epochs with a picture every %d epochs give %d pictures, want %d", test.epochs, test.every, count, test.want)
		}
	}
}

// TestEpochs lists the pictures of the epochs. The list must not contain pictures that
// verbs draw later.
func TestEpochs(t *testing.T) {
	dir := t.TempDir()
	names := []string{"samples-0000.png", "samples-2-joint-0003.png", "samples-10000.png", "samples-2.png", "samples-12.png", "samples.png", "samples.gif"}
	if err := os.Mkdir(filepath.Join(dir, folder), 0o755); err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		if err := os.WriteFile(filepath.Join(dir, folder, name), nil, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	paths, err := epochs(&trainer.Loop{Run: &trainer.Run{Dir: dir}}, samples)
	if err != nil || len(paths) != 3 {
		t.Errorf("%v, %v, want the first three of %v", paths, err, names)
	}
}
