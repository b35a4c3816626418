package cmd

import (
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"math"
	"strings"

	"gaetrain/loaders"
	"gaetrain/loaders/files"
)

// npyFile is an .npy file of float32 values in C order with the dimensions N×dims
// (NEP 1, version 1). Writing it stops when the context ends.
func npyFile(ctx context.Context, path string, values []float32, dims ...int) files.File {
	size := 1
	for _, d := range dims {
		size *= d
	}
	return files.File{Path: path, Fill: func(w io.Writer) error {
		w = files.Until(ctx, w)
		if _, err := io.WriteString(w, npyHeader(len(values)/size, dims)); err != nil {
			return err
		}
		const block = 1 << 14
		bytes := make([]byte, 0, 4*block)
		for len(values) > 0 {
			n := min(block, len(values))
			for bytes = bytes[:0]; n > 0; n-- {
				bytes, values = binary.LittleEndian.AppendUint32(bytes, math.Float32bits(values[0])), values[1:]
			}
			if _, err := w.Write(bytes); err != nil {
				return err
			}
		}
		return nil
	}}
}

// npyHeader is the part of the file before the values. Its length is a multiple of 64.
func npyHeader(rows int, dims []int) string {
	const before, alignment = 10, 64
	shape := fmt.Sprint(rows, ",")
	for _, d := range dims {
		shape += fmt.Sprint(" ", d, ",")
	}
	header := fmt.Sprintf("{'descr': '<f4', 'fortran_order': False, 'shape': (%s), }", strings.ReplaceAll(shape, " ,", ","))
	for (before+len(header)+1)%alignment != 0 {
		header += " "
	}
	header += "\n"
	return "\x93NUMPY\x01\x00" + string([]byte{byte(len(header)), byte(len(header) >> 8)}) + header
}

// imagesFile is an .npy file of images: N×H×W or, if they have several channels,
// N×H×W×C. Rows of a table are N×D. pixels are N×C×H×W.
func imagesFile(ctx context.Context, path string, pixels []float32, shape loaders.Shape) files.File {
	if shape.IsTable() {
		return npyFile(ctx, path, pixels, shape.Width)
	}
	if shape.Channels == 1 {
		return npyFile(ctx, path, pixels, shape.Height, shape.Width)
	}
	last, plane := make([]float32, len(pixels)), shape.Height*shape.Width
	for i, v := range pixels {
		image, at := i/shape.Size(), i%shape.Size()
		last[image*shape.Size()+at%plane*shape.Channels+at/plane] = v
	}
	return npyFile(ctx, path, last, shape.Height, shape.Width, shape.Channels)
}

// imagesShape describes the array that imagesFile writes.
func imagesShape(n int, shape loaders.Shape) string {
	if shape.IsTable() {
		return fmt.Sprintf("%d×%d", n, shape.Width)
	}
	text := fmt.Sprintf("%d×%d×%d", n, shape.Height, shape.Width)
	if shape.Channels > 1 {
		text += fmt.Sprintf("×%d", shape.Channels)
	}
	return text
}
