package loaders

import (
	"bytes"
	"encoding/binary"
	"image"
	"io"
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

// webpToRGB converts a lossy WebP image to RGB, with the integers of libwebp. The
// decoder returns planes in which black is 16 and white is 235, as if they were those of a
// JPEG file, which use all values from 0 to 255 (golang.org/issue/40173). Other images are
// returned unchanged.
func webpToRGB(m image.Image) image.Image {
	var planes *image.YCbCr
	opaque := func(x, y int) uint8 { return 255 }
	switch m := m.(type) {
	case *image.YCbCr:
		planes = m
	case *image.NYCbCrA:
		planes, opaque = &m.YCbCr, func(x, y int) uint8 { return m.A[m.AOffset(x, y)] }
	default:
		return m
	}
	planes = interpolate(planes, webpRounding)
	out := image.NewNRGBA(planes.Rect)
	part := func(v uint8, coefficient int) int { return int(v) * coefficient >> 8 }
	clip := func(v int) uint8 { return uint8(min(max(v>>6, 0), 255)) }
	at := 0
	for y := planes.Rect.Min.Y; y < planes.Rect.Max.Y; y++ {
		for x := planes.Rect.Min.X; x < planes.Rect.Max.X; x++ {
			c := planes.COffset(x, y)
			light, blue, red := part(planes.Y[planes.YOffset(x, y)], 19077), planes.Cb[c], planes.Cr[c]
			out.Pix[at] = clip(light + part(red, 26149) - 14234)
			out.Pix[at+1] = clip(light - part(blue, 6419) - part(red, 13320) + 8708)
			out.Pix[at+2] = clip(light + part(blue, 33050) - 17685)
			out.Pix[at+3] = opaque(x, y)
			at += 4
		}
	}
	return out
}
