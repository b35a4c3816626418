package cmd

import (
	"archive/zip"
	"encoding/binary"
	"fmt"
	"os"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/rogpeppe/go-internal/testscript"
)

// npz FILE text|integers LABEL… writes a NumPy archive of 30 images, whose labels
// repeat the given ones.
func writeNPZ(ts *testscript.TestScript, _ bool, args []string) {
	const count, side, characters = 30, 28, 12
	var pixels, labels []byte
	for i := range count * side * side {
		pixels = append(pixels, byte(i*7))
	}
	kind := map[string]string{"text": fmt.Sprintf("<U%d", characters), "integers": "<i8"}[args[1]]
	for i := range count {
		label := args[2+i%(len(args)-2)]
		if args[1] == "text" {
			for _, r := range label {
				labels = binary.LittleEndian.AppendUint32(labels, uint32(r))
			}
			labels = append(labels, make([]byte, 4*(characters-utf8.RuneCountInString(label)))...)
			continue
		}
		number, err := strconv.ParseInt(label, 10, 64)
		ts.Check(err)
		labels = binary.LittleEndian.AppendUint64(labels, uint64(number))
	}
	file, err := os.Create(ts.MkAbs(args[0]))
	ts.Check(err)
	archive := zip.NewWriter(file)
	for _, array := range []struct {
		name, kind, shape string
		data              []byte
	}{
		{"images", "|u1", fmt.Sprintf("%d, %d, %d", count, side, side), pixels}, {"labels", kind, fmt.Sprintf("%d,", count), labels},
	} {
		member, err := archive.Create(array.name + ".npy")
		ts.Check(err)
		header := fmt.Sprintf("{'descr': '%s', 'fortran_order': False, 'shape': (%s), }", array.kind, array.shape)
		header += strings.Repeat(" ", 117-len(header)) + "\n"
		_, err = fmt.Fprintf(member, "\x93NUMPY\x01\x00%c\x00%s%s", len(header), header, array.data)
		ts.Check(err)
	}
	ts.Check(archive.Close())
	ts.Check(file.Close())
}
