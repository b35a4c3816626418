package loaders

import (
	"bytes"
	"encoding/binary"
	"image"
	"io"
	"math"
)

func isWebP(file []byte) bool {
	return len(file) == longestMagic && bytes.HasPrefix(file, []byte("RIFF")) && string(file[8:12]) == "WEBP"
}

// isAnimated recognises a WebP file whose frames are those of an animation, of which
// the decoder reads none.
func isAnimated(file []byte) bool {
	const animated = 1 << 1 // among the flags after the header of the chunk
	return isWebP(file) && string(file[12:16]) == "VP8X" && file[20]&animated != 0
}

// webpFrame returns the size of the first frame of a WebP file. It can differ from the
// size of the canvas, which is the size that the decoder reports.
func webpFrame(r io.ReaderAt) (height, width int) {
	const most = 256 // chunks before the image
	at := int64(12)
	for range most {
		var head [18]byte
		if n, _ := r.ReadAt(head[:], at); n < 13 {
			return 0, 0
		}
		switch length := int64(binary.LittleEndian.Uint32(head[4:])); string(head[:4]) {
		case "VP8 ":
			return int(binary.LittleEndian.Uint16(head[16:]) & 0x3fff), int(binary.LittleEndian.Uint16(head[14:]) & 0x3fff)
		case "VP8L":
			sides := binary.LittleEndian.Uint32(head[9:])
			return int(sides>>14&0x3fff) + 1, int(sides&0x3fff) + 1
		default:
			at += 8 + length + length&1
		}
	}
	return 0, 0
}

// fullRange converts the planes of a lossy WebP image, in place, to the range that
// package image expects. Lossy WebP stores black as 16, white as 235 and chroma from
// 16 to 240, but the decoder returns such planes as if they were those of a JPEG
// file, which use all values from 0 to 255 (golang.org/issue/40173). Other images are
// returned unchanged.
func fullRange(m image.Image) {
	var planes *image.YCbCr
	switch m := m.(type) {
	case *image.YCbCr:
		planes = m
	case *image.NYCbCrA:
		planes = &m.YCbCr
	default:
		return
	}
	var luma, chroma [256]uint8
	nearest := func(x float64) uint8 { return uint8(min(max(math.Round(x), 0), 255)) }
	for v := range 256 {
		luma[v] = nearest(float64(v-16) * 255 / 219)
		chroma[v] = nearest(128 + float64(v-128)*255/224)
	}
	for i, y := range planes.Y {
		planes.Y[i] = luma[y]
	}
	for i := range planes.Cb {
		planes.Cb[i], planes.Cr[i] = chroma[planes.Cb[i]], chroma[planes.Cr[i]]
	}
}
