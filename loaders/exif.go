package loaders

import (
	"encoding/binary"
	"image"
	"io"
	"math"
)

// Tags of TIFF files and of Exif data in JPEG files.
const (
	tagCompression  = 259
	tagPhotometric  = 262
	tagOrientation  = 274
	tagRowsPerStrip = 278
	tagTileWidth    = 322
	tagTileLength   = 323
)

// Compressions of TIFF files: two of fax machines, and PackBits, for which the decoder
// does not limit the decompressed size.
const (
	faxGroup3 = 3
	faxGroup4 = 4
	packBits  = 32773
)

// tags maps each tag of a TIFF directory to its first value.
type tags map[uint16]uint32

// readTags reads the first directory of a TIFF file or of Exif data, which have the
// same form. Corrupt entries are left out.
func readTags(r io.ReaderAt) tags {
	var head [8]byte
	if _, err := r.ReadAt(head[:], 0); err != nil {
		return nil
	}
	order := binary.ByteOrder(binary.LittleEndian)
	switch string(head[:4]) {
	case "II*\x00":
	case "MM\x00*":
		order = binary.BigEndian
	default:
		return nil
	}
	at, count := int64(order.Uint32(head[4:])), [2]byte{}
	if _, err := r.ReadAt(count[:], at); err != nil {
		return nil
	}
	found := tags{}
	for i := range int64(order.Uint16(count[:])) {
		var entry [12]byte // tag, type, number of values, and the values or their offset
		if _, err := r.ReadAt(entry[:], at+2+12*i); err != nil {
			break
		}
		size := map[uint16]int64{1: 1, 3: 2, 4: 4}[order.Uint16(entry[2:])]
		value := entry[8:]
		if size*int64(order.Uint32(entry[4:])) > 4 {
			value = make([]byte, 4)
			r.ReadAt(value[:size], int64(order.Uint32(entry[8:])))
		}
		switch tag := order.Uint16(entry[:]); size {
		case 1:
			found[tag] = uint32(value[0])
		case 2:
			found[tag] = uint32(order.Uint16(value))
		case 4:
			found[tag] = order.Uint32(value)
		}
	}
	return found
}

// orientation returns the orientation of an image, from 1 to 8; see upright.
func (t tags) orientation() int {
	if o := t[tagOrientation]; o >= 1 && o <= 8 {
		return int(o)
	}
	return 1
}

// negative reports whether the decoder of TIFF exchanges black and white. In fax data,
// a bit 0 is white, even if the file declares that 0 is black.
func (t tags) negative() bool {
	const blackIsZero = 1
	c := t[tagCompression]
	return (c == faxGroup3 || c == faxGroup4) && t[tagPhotometric] == blackIsZero
}

// blockBytes bounds the memory that the decoder of TIFF takes for a tile or a strip. A
// header can claim that they are much larger than the image.
func (t tags) blockBytes(size int64, config image.Config) int64 {
	const lzwRatio = 2731 // bounds the bytes that LZW or DEFLATE can make of one byte
	if t[tagCompression] == packBits {
		return size + 64*size
	}
	width, height := uint64(config.Width), uint64(config.Height)
	switch {
	case t[tagTileWidth] != 0:
		width, height = uint64(t[tagTileWidth]), uint64(t[tagTileLength])
	case t[tagRowsPerStrip] != 0:
		height = uint64(t[tagRowsPerStrip])
	}
	block := int64(8 * min(width*height, math.MaxInt64/32))
	return size + 2*min(block, lzwRatio*size)
}

// jpegOrientation returns the orientation in the Exif data of a JPEG file.
func jpegOrientation(r io.ReaderAt) int {
	const most = 256 // segments before the image
	at := int64(2)
	for range most {
		var head [10]byte // 0xFF, marker, length, and the first bytes of the segment
		if n, _ := r.ReadAt(head[:], at); n < len(head) || head[0] != 0xff {
			return 1
		}
		length := int64(binary.BigEndian.Uint16(head[2:]))
		switch marker := head[1]; {
		case marker == 0xff: // a fill byte
			at++
			continue
		case marker == 0xe1 && string(head[4:]) == "Exif\x00\x00" && length > 8:
			return readTags(io.NewSectionReader(r, at+10, length-8)).orientation()
		case marker == 0xda || length < 2: // the image begins
			return 1
		}
		at += 2 + length
	}
	return 1
}

// pngOrientation returns the orientation in the Exif data of a PNG file.
func pngOrientation(r io.ReaderAt) int {
	return chunkOrientation(r, 8, 4, "eXIf", func(head []byte) (string, int64) {
		return string(head[4:]), int64(binary.BigEndian.Uint32(head)) + 4 // a checksum follows
	})
}

// webpOrientation returns the orientation in the Exif data of a WebP file.
func webpOrientation(r io.ReaderAt) int {
	return chunkOrientation(r, 12, 0, "EXIF", func(head []byte) (string, int64) {
		length := int64(binary.LittleEndian.Uint32(head[4:]))
		return string(head[:4]), length + length&1
	})
}

// chunkOrientation looks for Exif data among the chunks of a file, from an offset on.
// split reads the name of a chunk and the distance from the end of its head, of 8 bytes, to the next one.
// The last behind bytes of that distance are no data.
func chunkOrientation(r io.ReaderAt, at, behind int64, exif string, split func(head []byte) (name string, length int64)) int {
	const most = 1 << 12 // chunks
	for range most {
		var head [8]byte
		if n, _ := r.ReadAt(head[:], at); n < len(head) {
			break
		}
		name, length := split(head[:])
		if name == exif {
			return readTags(exifData(r, at+8, length-behind)).orientation()
		}
		at += 8 + length
	}
	return 1
}

// exifData returns Exif data. Some programs put the prefix of JPEG files before it.
func exifData(r io.ReaderAt, at, length int64) io.ReaderAt {
	var prefix [6]byte
	if _, err := r.ReadAt(prefix[:], at); err == nil && string(prefix[:]) == "Exif\x00\x00" {
		at, length = at+6, length-6
	}
	return io.NewSectionReader(r, at, max(length, 0))
}

// upright applies the orientation of an image. 2 mirrors it from left to right, 3 turns
// it by 180 degrees, and 4 mirrors it from top to bottom. In 5 to 8, the rows of the
// file are columns of the image. dst has room for all pixels.
func upright(src *image.NRGBA, orientation int, dst []uint8) *image.NRGBA {
	if orientation == 1 {
		return src
	}
	width, height := src.Rect.Dx(), src.Rect.Dy()
	out := &image.NRGBA{Pix: dst, Stride: 4 * width, Rect: src.Rect}
	if orientation >= 5 {
		out.Stride, out.Rect = 4*height, image.Rect(0, 0, height, width)
	}
	for y := range out.Rect.Dy() {
		for x := range out.Rect.Dx() {
			column, row := x, y
			if orientation >= 5 {
				column, row = y, x
			}
			switch orientation {
			case 2, 3, 7, 8:
				column = width - 1 - column
			}
			switch orientation {
			case 3, 4, 6, 7:
				row = height - 1 - row
			}
			copy(out.Pix[y*out.Stride+4*x:][:4], src.Pix[row*src.Stride+4*column:][:4])
		}
	}
	return out
}
