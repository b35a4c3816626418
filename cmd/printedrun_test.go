//go:build unix

package cmd

import (
	"bytes"
	"errors"
	"fmt"
	"image"
	"image/png"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// rewritten makes commands small. DATA stands for a data set of small images.
var rewritten = []struct{ from, to string }{
	{`--(epochs|more-epochs|seeds) \d+`, "--$1 1"},
	{`--labels [\d,]+`, "--labels 40"},
	{`--size [\dx]+`, "--size 16"},
	{`(gaetrain train\b[^&]*--model conv)\b`, "$1 --filters 2,3"},
	{`--filters 2,3 (--encoder\b)`, "$1"},
	{`--nll \d+`, "--nll 5"},
	{`--count \d+`, "--count 20"},
	{`--seconds \d+`, "--seconds 0.01"},
	{`--max-clusters \d+`, "--max-clusters 3"},
	{`--hidden \d+`, "--hidden 16"},
	{`--false-alarms \S+`, "--false-alarms 0.5"},
	{`\b(gaetrain train\b[^&]*)`, "$1 --dataset folder:DATA --validation 4 --epochs 1 --pictures 0 --quiet "},
	{`\b(gaetrain finetune\b[^&]*)`, "$1 --epochs 1 --pictures 0 --quiet "},
	{`\b(gaetrain study labels\b[^&]*)`, "$1 --labels 40 --epochs 1 --seeds 1 --encoders frozen --quiet "},
	{`\b(gaetrain bench\b[^&]*)`, "$1 --seconds 0.01 --batch-size 16 "},
}

func (w workshop) smaller(command string) string {
	for _, r := range rewritten {
		command = regexp.MustCompile(r.from).ReplaceAllString(command, r.to)
	}
	if strings.Contains(command, "array:") {
		command = strings.ReplaceAll(command, " --dataset folder:DATA --validation 4", "")
	}
	if strings.Contains(command, "--dataset factors") {
		command = strings.ReplaceAll(command, " --dataset folder:DATA", " --train-images 64 --test-images 128")
	}
	if strings.Contains(command, "--more-epochs") {
		command = strings.ReplaceAll(command, " --epochs 1", "")
	}
	return strings.ReplaceAll(command, "DATA", filepath.Join(w.templates, "data"))
}

// unrunnable are commands that need a network, a placeholder or another program, or do not end.
var unrunnable = regexp.MustCompile(`datasets (fetch|verify)|gaetrain watch|\b[A-Z]{3,}\b|docker`)

// workshop is a folder in which printed commands run, after prepare has made their inputs.
type workshop struct {
	t         *testing.T
	dir       string
	templates string // folder of runs that are copied
}

// run runs a shell command, which must succeed.
func (w workshop) run(dir, command string) {
	w.t.Helper()
	c := exec.Command("sh", "-c", command)
	c.Dir, c.Stdin = dir, strings.NewReader("")
	if out, err := c.CombinedOutput(); err != nil {
		w.t.Errorf("%s: %v: %s", command, err, out)
	}
}

// models maps the beginning of a run's name to its model and to the settings with which a
// run that other commands need is trained.
var models = []struct{ prefix, arguments string }{
	{"vae-factors", "train --model vae --hidden 16 --code 4 --dataset factors"}, {"vae-2d", "train --model vae --hidden 16 --code 2"}, {"vae", "train --model vae --hidden 16 --code 4"}, {"cvae", "train --model cvae --hidden 16 --code 4"},
	{"conv", "train --model conv --filters 2,3 --code 4"}, {"denoising", "train --model denoising --hidden 16 --code 4"},
	{"judge", "finetune --from dense"}, {"classifier", "finetune --from dense"}, {"", "train --model dense --hidden 16 --code 4"},
}

// provide trains a run with a name, unless it exists.
func (w workshop) provide(run string) {
	w.t.Helper()
	path := filepath.Join(w.dir, run)
	if _, err := os.Stat(path); err == nil {
		return
	}
	for _, m := range models {
		if !strings.HasPrefix(filepath.Base(run), m.prefix) {
			continue
		}
		name := m.prefix
		if name == "" {
			name = "dense"
		}
		template := filepath.Join(w.templates, name)
		if _, err := os.Stat(template); err != nil {
			if strings.HasPrefix(m.arguments, "finetune") {
				workshop{w.t, w.templates, w.templates}.provide("dense")
			}
			w.run(w.templates, w.smaller("gaetrain "+m.arguments+" --run "+name))
		}
		if path != template {
			if err := os.CopyFS(path, os.DirFS(template)); err != nil {
				w.t.Fatal(err)
			}
		}
		return
	}
}

var (
	runFlags  = regexp.MustCompile(`--(?:run|runs|from|by|judge|perceptual) (\S+)`)
	trains    = regexp.MustCompile(`gaetrain (train|finetune)`)
	arrays    = regexp.MustCompile(`array:(\S+\.csv)`)
	fileFlags = regexp.MustCompile(`(?:--images |folder:)(\S+)`)
)

// prepare makes the inputs of a command.
func (w workshop) prepare(command string) {
	w.t.Helper()
	for part := range strings.SplitSeq(command, "&&") {
		for _, match := range runFlags.FindAllStringSubmatch(part, -1) {
			if strings.HasPrefix(match[0], "--run ") && trains.MatchString(part) && (!strings.Contains(part, "--resume") || strings.Contains(part, "--model ")) {
				continue // the command itself makes the run, also with --resume if it names the model
			}
			if strings.Contains(command, "&&") && strings.HasPrefix(match[0], "--run ") {
				continue // the part before makes the run
			}
			for run := range strings.SplitSeq(match[1], ",") {
				for _, number := range []string{"1", "2"} {
					w.provide(strings.ReplaceAll(run, "*", number))
				}
			}
		}
		for _, match := range arrays.FindAllStringSubmatch(part, -1) {
			writeTable(w.t, filepath.Join(w.dir, match[1]))
		}
		for _, match := range fileFlags.FindAllStringSubmatch(part, -1) {
			path := filepath.Join(w.dir, match[1])
			if filepath.Ext(path) != "" {
				writeSquare(w.t, path, 0)
				continue
			}
			for i := range 12 {
				writeSquare(w.t, filepath.Join(path, "Bag", fmt.Sprint(i, ".png")), i)
			}
		}
	}
	for _, file := range []struct{ mention, name, made string }{
		{"--codes codes.npy", "codes.npy", "gaetrain encode --run runs/dense-sample-1"},
		{"--in images.codes", "images.codes", "gaetrain compress --run runs/dense-sample-1"},
		{"--out studies/", "studies", "mkdir studies"},
		{"rates.toml", "rates.toml", "printf '" + tinySweep + "' > rates.toml"},
		{"weights.toml", "weights.toml", "printf '" + tinyStudy + "' > weights.toml"},
	} {
		if _, err := os.Stat(filepath.Join(w.dir, file.name)); err == nil || !strings.Contains(command, file.mention) {
			continue
		}
		w.provide("runs/dense-sample-1")
		w.run(w.dir, file.made)
	}
}

// tinySweep is a sweep of two jobs, in which \n is a line feed.
const tinySweep = `[settings]\ntrain-images = 64\ntest-images = 16\nvalidation = 16\nhidden = [8]\nepochs = 1\npictures = 0\n[grid]\ncode = [2, 4]\n`

// tinyStudy is such a sweep of models of images with known factors.
const tinyStudy = `[settings]\ndataset = "factors"\nmodel = "vae"\ntrain-images = 64\ntest-images = 128\nvalidation = 0\nhidden = [8]\nepochs = 1\npictures = 0\n[grid]\nbeta = [1]\n`

// TestPrintedCommands runs the commands of each document and of the help of each verb. They
// run one after the other in a folder of their own.
func TestPrintedCommands(t *testing.T) {
	t.Parallel()
	all := examples(allVerbs(""))
	for _, path := range documents(t) {
		if base := filepath.Base(path); base != "results.md" && base != "gallery.md" {
			all = append(all, commandsIn(t, path, false))
		}
	}
	templates, count := t.TempDir(), 0
	for i := range 144 {
		split, class := []string{"train", "train", "test"}[i%3], []string{"Bag", "Coat", "Shirt"}[i/3%3]
		writeSquare(t, filepath.Join(templates, "data", split, class, fmt.Sprintf("%03d.png", i)), i)
	}
	for _, list := range all {
		w := workshop{t, t.TempDir(), templates}
		for _, p := range list {
			if unrunnable.MatchString(p.command) {
				parse(t, p)
				continue
			}
			command := w.smaller(p.command)
			w.prepare(command)
			count++
			c := exec.Command("sh", "-c", command)
			c.Dir = w.dir
			out, err := c.CombinedOutput()
			if err != nil {
				t.Errorf("%s prints %q, as %q: %v: %s", p.where, p.command, command, err, out)
			}
		}
	}
	if count < 50 {
		t.Errorf("only %d commands were found", count)
	}
}

// writeTable writes a table of 30 rows with classes, unless it exists.
func writeTable(t *testing.T, path string) {
	t.Helper()
	if _, err := os.Stat(path); err == nil {
		return
	}
	text := "alcohol,ash,class\n"
	for i := range 30 {
		text += fmt.Sprintf("%d,%d.5,%c\n", 10+i*i%7, i%5, 'a'+i%2)
	}
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

// writeSquare writes a grey PNG file of 8×8 pixels, which differs by its number.
func writeSquare(t *testing.T, path string, number int) {
	t.Helper()
	m := image.NewGray(image.Rect(0, 0, 8, 8))
	for i := range m.Pix {
		m.Pix[i] = uint8(i*i*(number%7+3) + 11*number)
	}
	var file bytes.Buffer
	if err := errors.Join(png.Encode(&file, m), os.MkdirAll(filepath.Dir(path), 0o755)); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, file.Bytes(), 0o644); err != nil {
		t.Fatal(err)
	}
}
