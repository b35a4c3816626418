package cmd

import (
	"archive/tar"
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

// writeShards writes two archives of images with classes.
func writeShards(t *testing.T, dir string) {
	t.Helper()
	for shard := range 2 {
		var b bytes.Buffer
		w := tar.NewWriter(&b)
		put := func(name string, data []byte) {
			if err := w.WriteHeader(&tar.Header{Name: name, Size: int64(len(data)), Typeflag: tar.TypeReg}); err != nil {
				t.Fatal(err)
			}
			if _, err := w.Write(data); err != nil {
				t.Fatal(err)
			}
		}
		for i := range 150 {
			m := image.NewGray(image.Rect(0, 0, 8, 8))
			for p := range 64 {
				m.SetGray(p%8, p/8, color.Gray{uint8((150*shard + i) * (p + 3))})
			}
			var file bytes.Buffer
			if err := png.Encode(&file, m); err != nil {
				t.Fatal(err)
			}
			put(fmt.Sprintf("%04d.png", 150*shard+i), file.Bytes())
			put(fmt.Sprintf("%04d.cls", 150*shard+i), []byte(fmt.Sprint(i%3)))
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, fmt.Sprintf("shard-%d.tar", shard)), b.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// fromShards are the arguments of a run whose images are decoded whenever they are read.
// Checkpoints are saved within epochs.
func fromShards(run string, epochs int) []string {
	return []string{"train", "--dataset", "tar:shard-{0..1}.tar", "--data-memory", "1KB", "--batch-size", "1", "--hidden", "200", "--train-images", "0",
		"--checkpoint-every", "15ms", "--epochs", fmt.Sprint(epochs), "--run", run}
}

// inEpoch matches a checkpoint that was saved within an epoch.
var inEpoch = regexp.MustCompile(`\\"step\\":[1-9]`)

// TestKilledStream kills a run that reads its images from archives, within an epoch. The
// resumed run has the weights of a run that was left alone.
func TestKilledStream(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	writeShards(t, dir)
	complete(t, dir, fromShards("whole", 3)...)
	last := filepath.Join(dir, "killed", "checkpoint", "last.safetensors")
	args := append(fromShards("killed", 3), "--resume")
	for kill := range 2 {
		c, _ := program(t, dir, args...)
		await(t, last)
		within := false
		for start := time.Now(); !within && time.Since(start) < 10*time.Second; time.Sleep(time.Millisecond) {
			checkpoint, err := os.ReadFile(last)
			within = err == nil && inEpoch.Match(checkpoint)
		}
		if !within {
			t.Fatal("no checkpoint within an epoch")
		}
		time.Sleep(time.Duration(3*kill) * time.Millisecond)
		_ = c.Process.Kill() // fails if it has already ended
		_ = c.Wait()
	}
	complete(t, dir, args...)
	diff, err := compareRuns(filepath.Join(dir, "whole"), filepath.Join(dir, "killed"))
	if err != nil || diff != "" {
		t.Error(diff, err)
	}
}

// TestDamagedStream truncates an archive during training. The run ends with exit code 3
// and keeps its last checkpoint.
func TestDamagedStream(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	writeShards(t, dir)
	c, stderr := program(t, dir, append(fromShards("run", 100000), "--quiet")...)
	last := filepath.Join(dir, "run", "checkpoint", "last.safetensors")
	await(t, last)
	shard := filepath.Join(dir, "shard-1.tar")
	whole, err := os.ReadFile(shard)
	if err == nil {
		err = os.Truncate(shard, int64(len(whole)/2))
	}
	if err != nil {
		t.Fatal(err)
	}
	code := exitOf(t, c.Wait())
	lines := strings.Split(strings.TrimSpace(stderr.String()), "\n")
	final := lines[len(lines)-1]
	if code != 3 || !strings.HasPrefix(final, "gaetrain: shard-1.tar/0") || !strings.Contains(final, ".png: ") {
		t.Errorf("exit code %d: %s", code, final)
	}
	if err := os.WriteFile(shard, whole, 0o644); err != nil {
		t.Fatal(err)
	}
	complete(t, dir, "eval", "--run", "run")
	c, stderr = program(t, dir, append(fromShards("run", 100000), "--resume", "--time-limit", "1s")...)
	if code := exitOf(t, c.Wait()); code != 75 {
		t.Errorf("exit code of the resumed run is %d: %s", code, stderr)
	}
}
