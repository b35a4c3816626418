package main

import (
	"archive/zip"
	"bytes"
	"compress/flate"
	"compress/gzip"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"io"
	"path/filepath"
)

// idxImages returns an IDX file of some images.
func idxImages(count, height, width int) []byte {
	data := idxHeader(0x803, count, height, width)
	for i := range count * height * width {
		data = append(data, byte(i*7+i/784*31))
	}
	return data
}

// idxLabels returns an IDX file of labels from 0 to 9.
func idxLabels(count int) []byte {
	data := idxHeader(0x801, count)
	for i := range count {
		data = append(data, byte(i%10))
	}
	return data
}

func idxHeader(numbers ...int) (data []byte) {
	for _, n := range numbers {
		data = binary.BigEndian.AppendUint32(data, uint32(n))
	}
	return data
}

func gzipped(data []byte) []byte {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	w.Write(data)
	w.Close()
	return b.Bytes()
}

// Names of the four IDX files of a data set.
var idxNames = []string{"train-images-idx3-ubyte", "train-labels-idx1-ubyte", "t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte"}

// writeIDX writes a data set of 120 training and 40 test images, gzipped.
func (a *attempt) writeIDX(folder string) {
	for i, data := range [][]byte{idxImages(120, 8, 8), idxLabels(120), idxImages(40, 8, 8), idxLabels(40)} {
		write(filepath.Join(a.dir, folder, idxNames[i]+".gz"), gzipped(data))
	}
}

// npy returns a NumPy file of bytes.
func npy(data []byte, shape string) []byte {
	header := fmt.Sprintf("{'descr': '|u1', 'fortran_order': False, 'shape': (%s), }", shape)
	for (len(header)+11)%64 != 0 {
		header += " "
	}
	header += "\n"
	out := append([]byte("\x93NUMPY\x01\x00"), byte(len(header)), byte(len(header)>>8))
	return append(append(out, header...), data...)
}

// npzMembers are the arrays of the same data set.
var npzMembers = []struct {
	name string
	data []byte
}{
	{"x_train.npy", npy(idxImages(120, 8, 8)[16:], "120, 8, 8")}, {"y_train.npy", npy(idxLabels(120)[8:], "120,")},
	{"x_test.npy", npy(idxImages(40, 8, 8)[16:], "40, 8, 8")}, {"y_test.npy", npy(idxLabels(40)[8:], "40,")},
}

// addMembers adds these arrays to an archive, except for one.
func addMembers(z *zip.Writer, but string) {
	for _, member := range npzMembers {
		if member.name == but {
			continue
		}
		w, err := z.Create(member.name)
		if err != nil {
			panic(err)
		}
		w.Write(member.data)
	}
}

// damageIDX damages one of the four files.
func (a *attempt) damageIDX(do damage) error {
	a.writeIDX("data")
	return a.damageData(filepath.Join("data", idxNames[a.rand.IntN(4)]+".gz"), "idx:data", do)
}

func (a *attempt) damageNPZ(do damage) error {
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	addMembers(z, "")
	z.Close()
	write(filepath.Join(a.dir, "data.npz"), b.Bytes())
	return a.damageData("data.npz", "npz:data.npz", do)
}

// damageData damages a file of a data set. Training must refuse it, or not be
// affected: some fields of a file, such as its date, do not describe the data.
func (a *attempt) damageData(file, dataset string, do damage) error {
	flags := []string{"--dataset", dataset, "--train-images", "0", "--test-images", "0", "--epochs", "1"}
	if err := a.gaetrain(a.trainArguments("dense", "good", flags...)...).ends(0); err != nil {
		return fmt.Errorf("before the damage: %w", err)
	}
	path := filepath.Join(a.dir, file)
	data, at := do(read(path))
	write(path, data)
	o := a.gaetrain(a.trainArguments("dense", "run", flags...)...)
	a.last += fmt.Sprintf(" (byte %d of %s)", at, file)
	if o.code == 0 {
		return sameRun(filepath.Join(a.dir, "run"), filepath.Join(a.dir, "good"))
	}
	if exists(filepath.Join(a.dir, "run")) {
		return fmt.Errorf("an empty run folder is left behind")
	}
	return o.refused(3)
}

// zeros returns a gzip file with a head and megabytes of zeros. Its members are
// compressed once and repeated.
func zeros(head []byte, megabytes int) []byte {
	out := gzipped(head)
	const part = 64
	member := gzipped(make([]byte, part<<20))
	for range megabytes / part {
		out = append(out, member...)
	}
	return out
}

// zipOfZeros returns an archive in which one member is a head and megabytes of zeros.
// Its deflate blocks are compressed once and repeated. Its CRC is wrong, but a reader
// can only notice this at the end.
func zipOfZeros(name string, head []byte, megabytes int) []byte {
	var packed bytes.Buffer
	w, err := flate.NewWriter(&packed, flate.BestCompression)
	if err != nil {
		panic(err)
	}
	w.Write(head)
	w.Flush()
	before := packed.Len()
	w.Write(make([]byte, 1<<20))
	w.Flush()
	block := bytes.Clone(packed.Bytes()[before:])
	for range megabytes - 1 {
		packed.Write(block)
	}
	packed.Write([]byte{3, 0}) // the last block is empty
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	member, err := z.CreateRaw(&zip.FileHeader{
		Name: name, Method: zip.Deflate, CRC32: crc32.ChecksumIEEE(head),
		CompressedSize64: uint64(packed.Len()), UncompressedSize64: uint64(len(head)) + uint64(megabytes)<<20,
	})
	if err != nil {
		panic(err)
	}
	io.Copy(member, &packed)
	addMembers(z, name)
	z.Close()
	return b.Bytes()
}
