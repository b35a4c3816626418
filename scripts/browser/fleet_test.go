package browser

import (
	"fmt"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
	"time"
)

// small are the flags of a run that takes a moment.
func small(more ...string) []string {
	return append([]string{"train", "--quiet", "--hidden", "16", "--train-images", "200", "--test-images", "50", "--epochs", "2"}, more...)
}

// trained trains the runs of fleets, once.
var trained = sync.OnceValues(func() ([]string, error) {
	dir, err := os.MkdirTemp("", "gaetrain-fleet-")
	if err != nil {
		return nil, err
	}
	var runs []string
	for i, flags := range [][]string{{"--model", "dense"}, {"--model", "vae", "--code", "8"}, {"--model", "dense", "--learning-rate", "0.01", "--seed", "3"}} {
		run := filepath.Join(dir, fmt.Sprintf("trained-%d", i))
		command := exec.Command(binary, small(append(flags, "--run", run)...)...)
		if text, err := command.CombinedOutput(); err != nil {
			return nil, fmt.Errorf("%s: %w\n%s", command, err, text)
		}
		runs = append(runs, run)
	}
	return runs, nil
})

// Fleet makes a folder with many runs of many epochs: three runs that the program trained, and copies of them with made-up records.
func Fleet(t testing.TB, dir string, runs, epochs int) {
	t.Helper()
	models, err := trained()
	if err != nil {
		t.Fatal(err)
	}
	for _, run := range models {
		if err := os.CopyFS(filepath.Join(dir, filepath.Base(run)), os.DirFS(run)); err != nil {
			t.Fatal(err)
		}
	}
	var records [7][]byte
	for i := range records {
		records[i] = madeRecords(i, epochs)
	}
	for i := range runs - len(models) {
		from, to := models[i%len(models)], filepath.Join(dir, "sweep", fmt.Sprintf("job-%03d", i))
		if err := os.MkdirAll(filepath.Join(to, "pictures"), 0o755); err != nil {
			t.Fatal(err)
		}
		for _, name := range []string{"run.json", "state.json", "report.html", "metrics.json", "pictures/reconstructions-0001.png", "pictures/reconstructions-0002.png"} {
			if err := os.Link(filepath.Join(from, name), filepath.Join(to, name)); err != nil {
				t.Fatal(err)
			}
		}
		// Only the last runs have files of their own, which a test may append to.
		own, shared := filepath.Join(to, "metrics.jsonl"), filepath.Join(dir, "sweep", fmt.Sprintf("job-%03d", i%len(records)), "metrics.jsonl")
		if i >= len(records) && i < runs-50 {
			err = os.Link(shared, own)
		} else {
			err = os.WriteFile(own, records[i%len(records)], 0o644)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
}

// madeRecords writes records as a run writes them.
func madeRecords(seed, epochs int) (lines []byte) {
	for epoch := 1; epoch <= epochs; epoch++ {
		lines = append(lines, epochRecords(seed, epoch)...)
	}
	return lines
}

// epochRecords writes the records of an epoch.
func epochRecords(seed, epoch int) (lines []byte) {
	at := time.Now().Add(time.Duration(epoch) * time.Second).Format(time.RFC3339)
	for s, split := range []string{"train", "validation", "test"} {
		e := float64(epoch)
		loss := 220 + 10*float64(seed) + 300/(e+float64(seed)) + 2*math.Sin(e*float64(seed+1)/9) + 3*float64(s)
		lines = fmt.Appendf(lines, `{"stage":"train","epoch":%d,"step":%d,"split":%q,"loss":%g,"mse":%g,"measures":{"dead_units":%d,"hoyer_sparsity":%g,"mean_activation":%g},`+
			`"standard_errors":{"mse":0.00041,"reconstruction":0.71},"kl":%g,"reconstruction":%g,"learning_rate":0.001,"seconds":0.81,"images_per_second":7012.1,"timestamp":%q}`+"\n",
			epoch, 47, split, loss, 0.01+0.1/e, seed%3, 0.3+0.1*math.Sin(e/50), 0.5, 5+e/100, loss-5-e/100, at)
	}
	return lines
}
