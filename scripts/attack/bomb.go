package main

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// mostSeconds and mostBytes limit the time and the memory for any input.
const (
	mostSeconds = 20
	mostBytes   = 2500 << 20 // with GOMEMLIMIT=2GiB, which command sets
)

// bombTries give the program small files that claim a large size, or that decompress to
// a large size.
func bombTries(o options) []try {
	b := bombs{megabytes: 10 << 10}
	if o.quick {
		b.megabytes = 3 << 10
	}
	b.idx()
	b.npz()
	b.png()
	b.settings()
	b.tries = append(b.tries,
		try{"run-units", (*attempt).manyUnits},
		try{"batch", (*attempt).largeBatch},
		try{"long-lines", (*attempt).longLines})
	if o.quick {
		b.tries = slices.DeleteFunc(b.tries, func(t try) bool { return !slices.Contains(quickBombs, t.name) })
	}
	return b.tries
}

// bombs collects tries.
type bombs struct {
	megabytes int // that files decompress to
	tries     []try
}

// add adds a try with the exit codes that are right. prepare writes the files and returns the
// arguments of the program.
func (b *bombs) add(name string, codes []int, prepare func(a *attempt) []string) {
	b.tries = append(b.tries, try{name, func(a *attempt) error {
		o := a.wait(a.start(a.command(prepare(a)...)), 2*mostSeconds*time.Second)
		return first(o.refused(codes...), o.within(mostSeconds, mostBytes))
	}})
}

func trainArguments(flags ...string) []string {
	return append([]string{"train", "--quiet", "--run", "run", "--epochs", "1", "--pictures", "0"}, flags...)
}

// images is the number of images of 28×28 pixels that a file decompresses to.
func (b *bombs) images() int { return b.megabytes << 20 / 784 }

func (b *bombs) idx() {
	for _, bomb := range []struct {
		name string
		file int
		head []byte
	}{
		{"idx-images", 0, idxHeader(0x803, b.images(), 28, 28)},
		{"idx-images-more-than-claimed", 0, idxHeader(0x803, 120, 8, 8)},
		{"idx-images-of-test", 2, idxHeader(0x803, b.images(), 28, 28)},
		{"idx-labels", 1, idxHeader(0x801, b.megabytes<<20)},
		{"idx-labels-more-than-claimed", 1, idxHeader(0x801, 120)},
		{"idx-large-images", 0, idxHeader(0x803, 2, 1<<16, 1<<16)},
	} {
		b.add(bomb.name, []int{2, 3}, func(a *attempt) []string {
			a.writeIDX("data")
			write(filepath.Join(a.dir, "data", idxNames[bomb.file]+".gz"), zeros(bomb.head, b.megabytes))
			return trainArguments("--dataset", "idx:data")
		})
	}
}

func (b *bombs) npz() {
	for _, member := range []struct{ name, file, shape string }{
		{"npz-images", "x_train.npy", fmt.Sprintf("%d, 28, 28", b.images())},
		{"npz-labels", "y_train.npy", fmt.Sprintf("%d,", b.megabytes<<20)},
		{"npz-more-than-claimed", "x_train.npy", "120, 8, 8"},
		{"npz-long-shape", "x_train.npy", strings.Repeat("1,", 30000) + "28, 28"},
	} {
		b.add(member.name, []int{2, 3}, func(a *attempt) []string {
			write(filepath.Join(a.dir, "data.npz"), zipOfZeros(member.file, npy(nil, member.shape), b.megabytes))
			return trainArguments("--dataset", "npz:data.npz")
		})
	}
}

func (b *bombs) png() {
	b.add("png-folder", []int{2, 3}, func(a *attempt) []string {
		write(filepath.Join(a.dir, "images/a/1.png"), hugePNG())
		return trainArguments("--dataset", "folder:images")
	})
	b.add("png-reconstruct", []int{2, 3}, func(a *attempt) []string {
		write(filepath.Join(a.dir, "1.png"), hugePNG())
		a.copyOf("dense")
		return []string{"reconstruct", "--run", "dense", "--images", "1.png"}
	})
}

// settings adds configuration files, run folders and flags.
func (b *bombs) settings() {
	texts := configurations()
	for _, name := range sortedNames(texts) {
		b.add("config-"+name, []int{2}, func(a *attempt) []string {
			write(filepath.Join(a.dir, "c.toml"), []byte(texts[name]()))
			return trainArguments("--config", "c.toml")
		})
	}
	b.add("config-zero", []int{2}, func(*attempt) []string { return trainArguments("--config", "/dev/zero") })
	b.add("run-zero", []int{2, 5}, func(*attempt) []string { return []string{"eval", "--run", "/dev/zero"} })
	b.add("layers", []int{0, 2}, func(*attempt) []string {
		return trainArguments("--hidden", strings.TrimSuffix(strings.Repeat("8,", 3000), ","), "--train-images", "100")
	})
	b.add("units", []int{2}, func(*attempt) []string { return trainArguments("--hidden", "1300000,1300000") })
	b.add("code", []int{2}, func(*attempt) []string { return trainArguments("--code", "2000000000") })
	b.add("count", []int{2}, func(a *attempt) []string {
		a.copyOf("dense")
		return []string{"sample", "--run", "dense", "--count", "2000000000"}
	})
}

var quickBombs = []string{
	"idx-images", "idx-images-more-than-claimed", "idx-labels", "idx-labels-more-than-claimed", "npz-images", "png-folder", "config-dotted-key",
	"config-float", "config-list", "config-list-in-list", "config-nested-list", "config-zero", "layers", "units", "run-units", "batch", "long-lines",
}

// manyUnits makes run.json claim 1.3 million units, with a correct checksum.
// Both eval and train must refuse it.
func (a *attempt) manyUnits() error {
	edit := edits["units"]
	path := filepath.Join(a.copyOf("dense"), runFile)
	write(path, sealed(replace(read(path), edit[0], edit[1])))
	for _, verb := range [][]string{{"eval", "--run", "dense"}, a.resumeArguments("dense")} {
		o := a.gaetrain(verb...)
		if err := first(o.refused(2, 5), o.within(mostSeconds, mostBytes)); err != nil {
			return err
		}
	}
	return nil
}

// largeBatch sets a batch size that does not fit into memory. The program may refuse
// it, or limit it to the number of images.
func (a *attempt) largeBatch() error {
	a.writeIDX("data")
	write(filepath.Join(a.dir, "data", idxNames[0]+".gz"), gzipped(append(idxHeader(0x803, 65600, 28, 28), make([]byte, 65600*784)...)))
	write(filepath.Join(a.dir, "data", idxNames[1]+".gz"), gzipped(append(idxHeader(0x801, 65600), make([]byte, 65600)...)))
	write(filepath.Join(a.dir, "data", idxNames[2]+".gz"), gzipped(idxImages(40, 28, 28)))
	o := a.gaetrain("train", "--quiet", "--run", "run", "--model", "conv", "--batch-size", "65536", "--epochs", "1", "--pictures", "0", "--dataset", "idx:data")
	return first(o.refused(2), o.within(mostSeconds, mostBytes))
}

// longLines makes lines of metrics.jsonl longer than 64 KiB.
func (a *attempt) longLines() error {
	arguments := []string{"train", "--model", "vae", "--hidden", "16", "--code", "4096", "--train-images", "100", "--test-images", "20",
		"--pictures", "0", "--run", "run", "--quiet"}
	for i, epochs := range []int{6, 8} {
		o := a.gaetrain(append(arguments, "--epochs", fmt.Sprint(epochs), "--resume")...)
		if err := o.ends(0); err != nil {
			return err
		}
		if !strings.Contains(o.stdout, fmt.Sprintf("(%d epochs in ", epochs)) {
			return fmt.Errorf("stdout does not report %d epochs: %q", epochs, o.stdout)
		}
		if got := a.lines("run"); got != 3*epochs { // training, validation and test set
			return fmt.Errorf("metrics.jsonl has %d lines after training %d, want %d", got, i+1, 3*epochs)
		}
	}
	return nil
}

// hugePNG returns a small file whose header claims 60,000×60,000 pixels.
func hugePNG() []byte {
	chunk := func(name string, data []byte) []byte {
		out := append(binary.BigEndian.AppendUint32(nil, uint32(len(data))), name...)
		out = append(out, data...)
		return binary.BigEndian.AppendUint32(out, crc32.ChecksumIEEE(out[4:]))
	}
	head := append(binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint32(nil, 60000), 60000), 8, 0, 0, 0, 0)
	return bytes.Join([][]byte{[]byte("\x89PNG\r\n\x1a\n"), chunk("IHDR", head), chunk("IDAT", []byte{0x78, 0x9c, 1, 0, 0, 0xff, 0xff}), chunk("IEND", nil)}, nil)
}

// configurations are TOML texts that need much time or memory to read.
func configurations() map[string]func() string {
	list := map[string]func() string{
		"dotted-key":  func() string { return strings.Repeat("a.", 100_000) + "a = 1\n" },
		"list":        func() string { return "hidden = [" + strings.Repeat("1,", 2_000_000) + "1]\n" },
		"nested-list": func() string { return "hidden = " + strings.Repeat("[", 400_000) + strings.Repeat("]", 400_000) + "\n" },
		"nested-table": func() string {
			return "hidden = " + strings.Repeat("{a=", 200_000) + "1" + strings.Repeat("}", 200_000) + "\n"
		},
		"tables":         func() string { return strings.Repeat("[a.b.c.d]\n", 90_000) },
		"float":          func() string { return "epochs = 1.0\n" },
		"list-in-list":   func() string { return "hidden = [[3, 4], [5]]\n" },
		"short-nested":   func() string { return "hidden = " + strings.Repeat("[", 2_000) + "\n" },
		"short-dotted":   func() string { return strings.Repeat("a.", 20_000) + "a = 1\n" },
		"short-comments": func() string { return strings.Repeat("#", 900_000) + "\nepoch = 3\n" },
	}
	return list
}
