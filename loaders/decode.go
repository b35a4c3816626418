package loaders

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	"image/draw"
	"image/gif"
	"image/jpeg"
	"image/png"
	"io"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/image/bmp"
	"golang.org/x/image/tiff"
	"golang.org/x/image/webp"

	"gaetrain/loaders/files"
)

// kinds names the formats of image files that are read.
const kinds = "PNG, JPEG, GIF, BMP, TIFF or WebP"

// maxScans bounds the scans of a JPEG file, each of which goes over the whole
// image though it can be a few bytes long. Programs write about ten.
const maxScans = 1000

// imageFormat is a format of image files. Package image would also try the
// formats that other packages of the program have registered.
type imageFormat struct {
	name       string
	extensions []string
	starts     func(file []byte) bool
	config     func(io.Reader) (image.Config, error)
	decode     func(io.Reader) (image.Image, error)
}

var imageFormats = []imageFormat{
	{"PNG", []string{".png"}, magic("\x89PNG"), png.DecodeConfig, png.Decode},
	{"JPEG", []string{".jpg", ".jpeg", ".jpe", ".jfif"}, magic("\xff\xd8\xff"), jpeg.DecodeConfig, jpeg.Decode},
	{"GIF", []string{".gif"}, magic("GIF8"), gif.DecodeConfig, gif.Decode}, // the first frame
	{"BMP", []string{".bmp", ".dib"}, isBMP, bmp.DecodeConfig, bmp.Decode},
	{"TIFF", []string{".tif", ".tiff"}, magic("II*\x00", "MM\x00*"), tiff.DecodeConfig, tiff.Decode},
	{"WebP", []string{".webp"}, isWebP, webp.DecodeConfig, webp.Decode},
}

func magic(starts ...string) func([]byte) bool {
	return func(file []byte) bool {
		return slices.ContainsFunc(starts, func(start string) bool { return bytes.HasPrefix(file, []byte(start)) })
	}
}

// isBMP asks for more than the letters BM, with which a text can begin: zeros in
// the reserved bytes, and the length of a header that is below 256.
func isBMP(file []byte) bool {
	return len(file) == longestMagic && file[0] == 'B' && file[1] == 'M' && file[14] >= 12 &&
		bytes.Equal(file[6:10], make([]byte, 4)) && bytes.Equal(file[15:18], make([]byte, 3))
}

// longestMagic is the number of bytes at the start of a file that show its format.
const longestMagic = 21

// formatOf recognises a format by the first longestMagic bytes of a file, or by all
// bytes of a shorter file. It returns nil for other files.
func formatOf(start []byte) *imageFormat {
	for i := range imageFormats {
		if imageFormats[i].starts(start) {
			return &imageFormats[i]
		}
	}
	return nil
}

// hasExtension reports whether the name of a file is that of an image.
func hasExtension(path string) bool {
	extension := strings.ToLower(filepath.Ext(path))
	return slices.ContainsFunc(imageFormats, func(f imageFormat) bool { return slices.Contains(f.extensions, extension) })
}

// imageHeader is what the header of an image file says.
type imageHeader struct {
	format        *imageFormat
	height, width int   // as the file stores them
	orientation   int   // 1 to 8, see upright
	negative      bool  // the decoder swaps black and white
	extra         int64 // bytes that decoding takes beyond decodingBytes for each pixel
}

// readImageHeader reads the header of an image file. All that a decoder will allocate
// is known from it.
func readImageHeader(file *io.SectionReader) (imageHeader, error) {
	start := make([]byte, longestMagic)
	n, err := file.ReadAt(start, 0)
	if err != nil && !errors.Is(err, io.EOF) {
		return imageHeader{}, files.Reason(err)
	}
	format := formatOf(start[:n])
	switch {
	case format == nil:
		return imageHeader{}, errors.New("not " + kinds)
	case isAnimated(start[:n]):
		return imageHeader{}, errors.New("an animation; hint: save one of its frames as PNG")
	}
	config, err := format.config(io.NewSectionReader(file, 0, file.Size()))
	if err != nil {
		return imageHeader{}, err
	}
	h := imageHeader{format: format, height: config.Height, width: config.Width, orientation: 1}
	switch format.name {
	case "JPEG":
		h.orientation = jpegOrientation(file)
	case "TIFF":
		tags := readTags(file)
		h.negative = tags.negative()
		h.orientation, h.extra = tags.orientation(), tags.blockBytes(file.Size(), config)
	case "WebP":
		if height, width := webpFrame(file); height != h.height || width != h.width {
			return h, fmt.Errorf("a frame of %d×%d pixels in an image of %d×%d", height, width, h.height, h.width)
		}
	}
	return h, nil
}

// decode decodes an image file. A decoder that panics gives an error.
func (h imageHeader) decode(ctx context.Context, file *io.SectionReader) (m image.Image, err error) {
	defer func() {
		if panicked := recover(); panicked != nil {
			err = fmt.Errorf("corrupt %s file: %v", h.format.name, panicked)
		}
	}()
	whole := io.Reader(io.NewSectionReader(file, 0, file.Size()))
	if h.format.name != "TIFF" { // which jumps in its file
		whole = &shortReader{ctx: ctx, r: bufio.NewReaderSize(whole, 1<<16), jpeg: h.format.name == "JPEG"}
	}
	if m, err = h.format.decode(whole); err != nil {
		return nil, err
	}
	if h.format.name == "WebP" {
		fullRange(m)
	}
	if grey, ok := m.(*image.Gray); ok && h.negative {
		for i := range grey.Pix {
			grey.Pix[i] = 255 - grey.Pix[i]
		}
	}
	screen := image.Rect(0, 0, h.width, h.height)
	switch {
	case m.Bounds() == screen:
	case h.format.name == "GIF" && m.Bounds().In(screen): // a frame can be smaller
		all := image.NewRGBA(screen)
		draw.Draw(all, m.Bounds(), m, m.Bounds().Min, draw.Src)
		return all, nil
	default:
		return nil, fmt.Errorf("%v pixels, but the header says %d×%d", m.Bounds().Size(), h.width, h.height)
	}
	return m, nil
}

// shortReader gives a decoder few bytes at a time, so that its context is asked
// often even where a few bytes mean much work, and counts the scans of a JPEG
// file. In its compressed data no byte 0xFF is followed by that of a scan, 0xDA.
type shortReader struct {
	ctx   context.Context
	r     io.Reader
	jpeg  bool
	scans int
	last  byte
}

func (s *shortReader) Read(p []byte) (int, error) {
	if err := context.Cause(s.ctx); err != nil {
		return 0, err
	}
	n, err := s.r.Read(p[:min(len(p), 512)])
	for _, b := range p[:n] {
		if s.jpeg && s.last == 0xff && b == 0xda {
			if s.scans++; s.scans > maxScans {
				return 0, errors.New("JPEG file with too many scans")
			}
		}
		s.last = b
	}
	return n, err
}
