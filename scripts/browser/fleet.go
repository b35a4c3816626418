package browser

import (
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// small are the flags of a run that takes a moment.
func small(more ...string) []string {
	return append([]string{"train", "--quiet", "--hidden", "16", "--train-images", "200", "--test-images", "50", "--epochs", "2"}, more...)
}

// Fleet makes a folder with many runs of many epochs: three runs that the program trained, and copies of them with made-up records.
func Fleet(t testing.TB, binary, dir string, runs, epochs int) {
	t.Helper()
	models := [][]string{{"--model", "dense"}, {"--model", "vae", "--code", "8"}, {"--model", "dense", "--learning-rate", "0.01", "--seed", "3"}}
	var trained []string
	for i, flags := range models {
		run := filepath.Join(dir, fmt.Sprintf("trained-%d", i))
		Gaetrain(t, binary, dir, small(append(flags, "--run", run)...)...)
		trained = append(trained, run)
	}
	for i := range runs - len(models) {
		from, to := trained[i%len(trained)], filepath.Join(dir, "sweep", fmt.Sprintf("job-%03d", i))
		if err := os.MkdirAll(filepath.Join(to, "pictures"), 0o755); err != nil {
			t.Fatal(err)
		}
		for _, name := range []string{"run.json", "state.json", "report.html", "metrics.json", "pictures/reconstructions-0001.png", "pictures/reconstructions-0002.png"} {
			if err := os.Link(filepath.Join(from, name), filepath.Join(to, name)); err != nil {
				t.Fatal(err)
			}
		}
		if err := os.WriteFile(filepath.Join(to, "metrics.jsonl"), madeRecords(i, epochs), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// madeRecords writes records as a run writes them.
func madeRecords(seed, epochs int) []byte {
	var lines strings.Builder
	began := time.Now().Add(-time.Hour)
	for epoch := 1; epoch <= epochs; epoch++ {
		for s, split := range []string{"train", "validation", "test"} {
			e := float64(epoch)
			loss := 220 + 10*float64(seed%7) + 300/(e+float64(seed%5)) + 2*math.Sin(e*float64(seed+1)/9) + 3*float64(s)
			fmt.Fprintf(&lines, `{"stage":"train","epoch":%d,"step":%d,"split":%q,"loss":%g,"mse":%g,"measures":{"dead_units":%d,"hoyer_sparsity":%g,"mean_activation":%g},"standard_errors":{"mse":0.00041,"reconstruction":0.71},"kl":%g,"reconstruction":%g,"learning_rate":0.001,"seconds":0.81,"images_per_second":7012.1,"timestamp":%q}`+"\n",
				epoch, 47, split, loss, 0.01+0.1/e, seed%3, 0.3+0.1*math.Sin(e/50), 0.5, 5+e/100, loss-5-e/100, began.Add(time.Duration(epoch)*time.Second).Format(time.RFC3339))
		}
	}
	return []byte(lines.String())
}
