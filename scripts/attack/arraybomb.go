package main

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"path/filepath"
	"strings"
	"time"
)

// arrayTries give the program files of numbers that are damaged, that claim a large size,
// or that decompress to a large size. It must refuse all of them with exit code 3.
func arrayTries(o options) (tries []try) {
	megabytes := 8 << 10
	if o.quick {
		megabytes = 2 << 10
	}
	files := arrayFiles(megabytes)
	for _, name := range sortedNames(files) {
		tries = append(tries, try{name, func(a *attempt) error {
			write(filepath.Join(a.dir, name), files[name]())
			o := a.wait(a.start(a.command("train", "--quiet", "--run", "run", "--epochs", "1", "--pictures", "0", "--dataset", "array:"+name)), 2*mostSeconds*time.Second)
			if exists(filepath.Join(a.dir, "run")) {
				return leftOver("run")
			}
			return first(o.withoutWarnings().refused(3), o.within(mostSeconds, mostBytes))
		}})
	}
	return tries
}

// leftOver is the error about an empty folder.
type leftOver string

func (l leftOver) Error() string { return "the folder " + string(l) + " is left behind" }

// arrayFiles makes the files by name.
func arrayFiles(megabytes int) map[string]func() []byte {
	text := func(parts ...string) func() []byte { return func() []byte { return []byte(strings.Join(parts, "")) } }
	rows := strings.Repeat("1,2\n", 20)
	footer := func(footer string) func() []byte {
		return func() []byte {
			data := append([]byte("PAR1"), footer...)
			return append(binary.LittleEndian.AppendUint32(data, uint32(len(footer))), "PAR1"...)
		}
	}
	return map[string]func() []byte{
		"rows.npy":      func() []byte { return npy(make([]byte, 64), "2147483648, 8") },
		"overflow.npy":  func() []byte { return npy(make([]byte, 64), "4294967296, 4294967296, 2") },
		"truncated.npy": func() []byte { return npy(make([]byte, 63), "8, 8") },
		"objects.npy": func() []byte {
			return bytes.Replace(npy(make([]byte, 64), "8, 1"), []byte("'|u1'"), []byte("'|O' "), 1)
		},
		"axis.npy":     func() []byte { return npy(make([]byte, 64), "64,") },
		"zeros.npy.gz": func() []byte { return zeros(npy(nil, "1, "+strings.Repeat("1024, ", 2)+"8192"), megabytes) },
		"bomb.npz":     func() []byte { return zipOfZeros("x_train.npy", npy(nil, "1000000000, 8"), megabytes) },
		"objects.npz": func() []byte {
			var b bytes.Buffer
			z := zip.NewWriter(&b)
			w, err := z.Create("X.npy")
			if err != nil {
				panic(err)
			}
			w.Write(bytes.Replace(npy(make([]byte, 64), "8, 1"), []byte("'|u1'"), []byte("'|O' "), 1))
			z.Close()
			return b.Bytes()
		},
		"bomb.csv.gz":    func() []byte { return repeatedGzip("a,b\n", "1,2\n", megabytes) },
		"line.csv.gz":    func() []byte { return repeatedGzip("a,b\n", "1", megabytes) },
		"quote.csv.gz":   func() []byte { return repeatedGzip("a,b\n1,\"", "2\n", megabytes) },
		"columns.csv.gz": func() []byte { return repeatedGzip("", "1,", megabytes) },
		"line.csv":       func() []byte { return bytes.Repeat([]byte("1"), 1<<30) },
		"columns.csv":    func() []byte { return bytes.Repeat([]byte("12,"), 10_000_000) },
		"names.csv":      func() []byte { return append(bytes.Repeat([]byte("n,"), 10_000_000), "n\n"+rows...) },
		"ragged.csv":     text("a,b\n", rows, "1,2,3\n"),
		"nan.csv":        text("a,b\n", rows, "1,NaN\n"),
		"infinite.csv":   text("a,b\n", rows, "1,1e999\n"),
		"zeros.csv":      func() []byte { return make([]byte, 1<<20) },
		"empty.csv":      text(),
		"names-only.tsv": text("a\tb\n"),
		"text.csv":       text("a,kind\n", strings.Repeat("1,x\n", 20)),
		// Lists of 2^31 groups of rows, a text of 4 GB, and deeply nested structures.
		"list.parquet":   footer("\x15\x02\x19\xfc\xff\xff\xff\xff\x07"),
		"text.parquet":   footer("\x15\x02\x19\x1c\x48\xff\xff\xff\xff\x0f"),
		"nested.parquet": footer(strings.Repeat("\x1c", 1<<20)),
		"zeros.parquet":  footer(strings.Repeat("\x00", 1<<10)),
		"length.parquet": text("PAR1", "\xff\xff\xff\x7f", "PAR1"),
		"claim.parquet":  footer(hugeParquet()),
	}
}

// hugeParquet returns metadata that claim one column of 2^31 − 1 rows.
func hugeParquet() string {
	const rows = "\xfe\xff\xff\xff\x0f"                                 // 2^31 − 1, as Thrift writes it
	schema := "\x48\x01s\x15\x02\x00" + "\x15\x0a\x25\x00\x18\x01x\x00" // the root with one child, and a column x of numbers
	chunk := "\x3c\x15\x0a\x19\x05\x19\x08\x15\x00\x16" + rows + "\x16\x10\x16\x10\x26\x08\x00\x00"
	return "\x15\x02\x19\x2c" + schema + "\x16" + rows + "\x19\x1c\x19\x1c" + chunk + "\x16\x10\x16" + rows + "\x00\x00"
}

// repeatedGzip returns a gzip file of a start and megabytes of a repeated text. Its members
// are compressed once and repeated.
func repeatedGzip(start, text string, megabytes int) []byte {
	out := gzipped([]byte(start))
	const part = 64
	member := gzipped(bytes.Repeat([]byte(text), part<<20/len(text)))
	for range megabytes / part {
		out = append(out, member...)
	}
	return out
}
