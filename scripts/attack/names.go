package main

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"os"
	"path/filepath"
	"strings"
)

// hostileNames are names of folders and files. The part after a line feed begins with
// newLine. An output line that begins with newLine was therefore broken by a name.
var hostileNames = map[string]string{
	"escape":       "cat\x1b]0;owned\x07\x1b[31m",
	"newline":      "cat\n" + newLine + "dog",
	"return":       "cat\r" + newLine + "dog",
	"tab":          "cat\tdog",
	"bidi":         "cat\u202egnp.exe\u2066\u2069",
	"c1":           "cat\u009b31mdog",
	"quotes":       `cat"dog'<b>&amp;`,
	"invalid-utf8": "cat\xff\xfe\xc3dog",
	"long":         strings.Repeat("n", 255),
	"dash":         "-rf",
	"separator":    "cat\u2028" + newLine + "\u0085dog",
}

const newLine = "Zq"

// nameTries train and measure with such names.
func nameTries(o options) (tries []try) {
	names := sortedNames(hostileNames)
	if o.quick {
		names = []string{"bidi", "escape", "newline"}
	}
	for _, name := range names {
		tries = append(tries, try{"class-" + name, func(a *attempt) error { return a.hostileClass(hostileNames[name]) }})
		tries = append(tries, try{"run-" + name, func(a *attempt) error { return a.hostileRun(hostileNames[name]) }})
		tries = append(tries, try{"missing-" + name, func(a *attempt) error { return a.hostileMissing(hostileNames[name]) }})
	}
	return append(tries, try{"long-paths", (*attempt).longPaths})
}

// hostileClass trains on images of a class with such a name.
func (a *attempt) hostileClass(name string) error {
	for class, folder := range []string{name, "plain"} {
		for i := range 8 {
			file := fmt.Sprintf("%d.png", i)
			if i == 0 && class == 0 && len(name) < 200 {
				file = name + ".png"
			}
			path := filepath.Join(a.dir, "images", folder, file)
			if err := writePNG(path, class*90+i); err != nil {
				return leftOut("this file system does not accept the name: " + err.Error())
			}
		}
	}
	// The program names a picture of another size in an error or a warning.
	odd := func(size int) { a.writeSized(filepath.Join(a.dir, "images", name, "odd.png"), size) }
	odd(9)
	flags := []string{"--dataset", "folder:images", "--train-images", "0", "--test-images", "0", "--batch-size", "4", "--epochs", "1", "--pictures", "1", "--quiet=false"}
	refused := a.gaetrain(a.trainArguments("dense", "refused", flags...)...)
	if err := first(refused.ends(0, 3), clean(refused.stdout+refused.stderr)); err != nil {
		return err
	}
	odd(8)
	for _, arguments := range [][]string{
		a.trainArguments("dense", "run", flags...),
		{"probe", "--run", "run", "--split", "train"},
		{"search", "--run", "run", "--queries", "2", "--query", "0"},
		{"encode", "--run", "run", "--split", "train", "--picture"},
		append([]string{"finetune", "--from", "run", "--run", "tuned"}, append(flags[2:], "--dataset", "folder:images", "--validation", "2")...),
		{"eval", "--run", "tuned"},
		{"compare", "--runs", "run,tuned"},
	} {
		o := a.gaetrain(arguments...)
		if err := first(o.ends(0, 2, 3, 5), clean(o.stdout+o.stderr)); err != nil {
			return err
		}
	}
	return first(a.cleanPages("run"), a.cleanPages("tuned"), a.cleanPages("comparison"))
}

// hostileRun uses such a name for the run folder.
func (a *attempt) hostileRun(name string) error {
	if err := os.Mkdir(filepath.Join(a.dir, name), 0o755); err != nil {
		return leftOut("this file system does not accept the name: " + err.Error())
	}
	arguments := a.trainArguments("dense", "run", "--epochs", "1", "--quiet=false")
	for i, word := range arguments {
		if word == "--run" {
			arguments[i], arguments[i+1] = "--run="+name, "--seed=5"
		}
	}
	for _, list := range [][]string{arguments, {"eval", "--run=" + name}, {"encode", "--run=" + name, "--picture"}, {"compress", "--run=" + name, "--out=" + name + ".c"}, arguments} {
		o := a.gaetrain(list...)
		if err := first(o.ends(0, 1, 2, 3, 5), clean(o.stdout+o.stderr)); err != nil {
			return err
		}
	}
	return a.cleanPages(name)
}

// hostileMissing passes such a name for something that does not exist.
func (a *attempt) hostileMissing(name string) error {
	a.copyOf("dense")
	write(filepath.Join(a.dir, "c.toml"), []byte("epoch = 3\n"))
	os.Rename(filepath.Join(a.dir, "c.toml"), filepath.Join(a.dir, "c"+strings.ReplaceAll(name, "/", "")))
	for _, list := range [][]string{
		{"eval", "--run=" + name}, {"train", "--dataset=" + name}, {"train", "--dataset=folder:" + name}, {"train", "--dataset=idx:" + name}, {"train", "--dataset=npz:" + name},
		{"train", "--config=" + name}, {"train", "--config=c" + name}, {"train", "--model=" + name}, {"train", "--hidden=" + name}, {"train", "--epochs=" + name}, {name}, {"train", name},
		{"train", "--" + name + "=1"}, {"decompress", "--run=dense", "--in=" + name}, {"reconstruct", "--run=dense", "--images=" + name},
		{"compare", "--runs=dense," + name}, {"encode", "--run=dense", "--out=" + name + "/x"}, {"sample", "--run=dense", "--class=" + name},
		{"finetune", "--from=" + name}, {"datasets", "fetch", name}, {"models", name}, {"help", name},
	} {
		o := a.gaetrain(list...)
		if err := first(o.ends(1, 2, 3, 5), clean(o.stdout+o.stderr)); err != nil {
			return err
		}
		if err := o.refused(1, 2, 3, 5); err != nil {
			return err
		}
	}
	return nil
}

// longPaths passes paths that are too long. The message must stay short.
func (a *attempt) longPaths() error {
	const most = 1000
	long := strings.Repeat("p", 5000)
	deep := strings.Repeat("directory/", 500)
	a.copyOf("dense")
	for _, path := range []string{long, deep} {
		for _, list := range [][]string{
			{"eval", "--run", path}, {"train", "--run", path, "--epochs", "1"}, {"train", "--dataset", "folder:" + path}, {"train", "--config", path},
			{"encode", "--run", "dense", "--out", path}, {"decompress", "--run", "dense", "--in", path}, {"train", "--dataset", path}, {path}, {"train", "--" + path},
			{"train", "--epochs", path}, {"train", "--hidden", path}, {"reconstruct", "--run", "dense", "--images", path},
		} {
			o := a.gaetrain(list...)
			if err := o.refused(1, 2, 3, 5); err != nil {
				return err
			}
			if len(o.stderr) > most {
				return fmt.Errorf("the message has %d bytes, want at most %d", len(o.stderr), most)
			}
		}
	}
	return nil
}

func writePNG(path string, shade int) error {
	var data bytes.Buffer
	picture := image.NewGray(image.Rect(0, 0, 8, 8))
	for i := range picture.Pix {
		picture.Pix[i] = uint8(shade + 3*i)
	}
	if err := png.Encode(&data, picture); err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	return os.WriteFile(path, data.Bytes(), 0o644)
}

// writeSized writes a picture of another size.
func (a *attempt) writeSized(path string, size int) {
	var data bytes.Buffer
	picture := image.NewGray(image.Rect(0, 0, size, size))
	picture.SetGray(1, 1, color.Gray{Y: 200})
	if err := png.Encode(&data, picture); err != nil {
		panic(err)
	}
	write(path, data.Bytes())
}
