package trainer

import (
	"encoding/json"
	"errors"
	"hash/crc32"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestRecordsRoundTrip(t *testing.T) {
	dir := t.TempDir()
	r := Record{
		Stage: "train \"quoted\" \"mse\":", Epoch: 3, Step: 12, Split: "test",
		Figures:      Figures{Loss: 1.0 / 3, MSE: 1e-300, Terms: map[string]float64{"reconstruction": 0.1, "kl": -2}},
		LearningRate: 1e-3, Seconds: 0.5, ImagesPerSecond: 120, Timestamp: "2026-01-02T03:04:05Z",
	}
	path := filepath.Join(dir, metricsFile)
	var whole Extent
	for range 2 {
		var err error
		if whole, err = whole.append(dir, []Record{r, r}); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := whole.append(dir, []Record{{Figures: Figures{Loss: math.NaN()}}}); err == nil {
		t.Error("a loss of NaN is recorded")
	}
	var flat map[string]any
	line, _, _ := strings.Cut(string(read(t, path)), "\n")
	if err := json.Unmarshal([]byte(line), &flat); err != nil {
		t.Fatal(err)
	}
	for _, key := range []string{"stage", "epoch", "step", "split", "loss", "reconstruction", "kl", "mse", "learning_rate", "seconds", "images_per_second", "timestamp"} {
		if _, ok := flat[key]; !ok {
			t.Errorf("%s is missing from %s", key, line)
		}
	}
	want := []Record{r, r, r, r}
	data := read(t, path)
	for cut := 0; cut <= len(line); cut++ { // the process was killed while it wrote the next line
		write(t, append(slices.Clone(data), line[:cut]...), path)
		got, err := whole.read(dir)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatal(diff)
		}
	}
	if err := whole.cut(dir); err != nil || !slices.Equal(read(t, path), data) {
		t.Errorf("the next line is not removed: %v", err)
	}
}

// TestDamagedRecords damages the records before a checkpoint.
func TestDamagedRecords(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, metricsFile)
	r := Record{Stage: "train", Epoch: 1, Split: "test", Figures: Figures{Loss: 0.5, Terms: map[string]float64{"kl": 2}}}
	whole, err := Extent{}.append(dir, []Record{r})
	if err != nil {
		t.Fatal(err)
	}
	data := read(t, path)
	for i := range data {
		for bit := range 8 {
			flipped := slices.Clone(data)
			flipped[i] ^= 1 << bit
			write(t, flipped, path)
			if _, err := whole.read(dir); err == nil {
				t.Fatalf("a flip of bit %d of byte %d remains undetected", bit, i)
			}
		}
	}
	write(t, data[:len(data)-1], path)
	_, err = whole.read(dir)
	fails(t, err, ErrRun, path, "hint: ")
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	_, err = whole.read(dir)
	fails(t, err, ErrRun, path, "hint: ")
	fails(t, whole.cut(dir), ErrRun, path)
}

// TestLongRecord reads long lines, such as those of a large Gaussian code.
func TestLongRecord(t *testing.T) {
	dir := t.TempDir()
	r := Record{Stage: "train", Split: "test", Figures: Figures{KLUnits: make([]float64, 100_000), Terms: map[string]float64{}}}
	for i := range r.KLUnits {
		r.KLUnits[i] = 1 / float64(i+3)
	}
	whole, err := Extent{}.append(dir, []Record{r, r, r})
	if err != nil {
		t.Fatal(err)
	}
	got, err := whole.read(dir)
	if diff := cmp.Diff([]Record{r, r, r}, got); err != nil || diff != "" {
		t.Error(err, diff)
	}
}

// extentOf returns the extent of a whole file.
func extentOf(data []byte) Extent { return Extent{int64(len(data)), crc32.Checksum(data, castagnoli)} }

func FuzzReadRecords(f *testing.F) {
	f.Add([]byte("{\"stage\":\"train\",\"epoch\":1,\"loss\":2.5,\"kl\":3}\n"))
	f.Add([]byte("{\"loss\":\n{}\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		dir := t.TempDir()
		write(t, data, dir, metricsFile)
		records, err := extentOf(data).read(dir)
		if err != nil {
			if !errors.Is(err, ErrRun) {
				t.Errorf("error %v", err)
			}
			return
		}
		rewritten, err := Extent{}.append(dir, records)
		if err != nil {
			t.Fatal(err)
		}
		again, err := rewritten.read(dir)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(records, again); diff != "" {
			t.Error(diff)
		}
	})
}
