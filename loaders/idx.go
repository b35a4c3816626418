package loaders

import "encoding/binary"

// Ranks of the arrays in IDX files: images are N×H×W, labels are N.
const (
	imageRank = 3
	labelRank = 1
)

// idxHeader is the number of bytes before the pixels of images.
const idxHeader = 4 + 4*imageRank

// idxTypes names the element types of the IDX format
// (http://yann.lecun.com/exdb/mnist). Only 0x08 is read.
var idxTypes = map[byte]string{
	0x08: "uint8", 0x09: "int8", 0x0b: "int16", 0x0c: "int32", 0x0d: "float32", 0x0e: "float64",
}

// readIDX reads an IDX file of uint8 to its end and checks that it has exactly the
// size that its header claims. If images is 0, the file holds images. Otherwise it
// holds the labels of that number of images.
func readIDX(s source, images int) (dims []int, data []uint8, err error) {
	if dims, err = readIDXHeader(s, images); err != nil {
		return nil, nil, err
	}
	data, err = s.data(dims, 1)
	return dims, data, err
}

// readIDXHeader reads the dimensions of the array of an IDX file of uint8.
func readIDXHeader(s source, images int) (dims []int, err error) {
	rank := imageRank
	if images > 0 {
		rank = labelRank
	}
	var magic [4]byte
	if err := readHeader(s, magic[:]); err != nil {
		return nil, err
	}
	switch {
	case magic[0] != 0 || magic[1] != 0:
		return nil, dataErrorf("not an IDX file: starts with bytes %x, want 0000", magic[:2])
	case magic[2] != 0x08:
		return nil, dataErrorf("element type 0x%02x (%s), want 0x08 (uint8)", magic[2], idxType(magic[2]))
	case int(magic[3]) != rank:
		return nil, dataErrorf("array of rank %d, want %d: %s", magic[3], rank, rankHint(rank))
	}
	header := make([]byte, 4*rank)
	if err := readHeader(s, header); err != nil {
		return nil, err
	}
	dims = make([]int, rank)
	for i := range dims {
		dims[i] = int(binary.BigEndian.Uint32(header[4*i:]))
	}
	if images > 0 && dims[0] != images {
		return nil, dataErrorf("%d labels for %d images", dims[0], images)
	}
	return dims, nil
}

func idxType(code byte) string {
	if name, ok := idxTypes[code]; ok {
		return name
	}
	return "unknown"
}

func rankHint(rank int) string {
	if rank == imageRank {
		return "images are count, height, width"
	}
	return "labels are a single row"
}
