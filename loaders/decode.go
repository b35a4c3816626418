package loaders

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	"image/color"
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

// kinds lists the formats of image files that are read.
const kinds = "PNG, JPEG, GIF, BMP, TIFF or WebP"

// maxScans limits the scans of a JPEG file. A scan of a few bytes can make the decoder
// process the whole image. Programs write about ten scans.
const maxScans = 1000

// imageFormat is a format of image files. The registry of package image is not used,
// because other packages of the program can add formats to it.
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

// isBMP checks more than the letters BM, with which a text can start: the reserved
// bytes are zero, and the length of the header is from 12 to 255.
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

// hasExtension reports whether a path has the extension of an image format.
func hasExtension(path string) bool {
	extension := strings.ToLower(filepath.Ext(path))
	return slices.ContainsFunc(imageFormats, func(f imageFormat) bool { return slices.Contains(f.extensions, extension) })
}

// imageHeader holds the values of the header of an image file.
type imageHeader struct {
	format        *imageFormat
	height, width int   // in the file, before the orientation is applied
	orientation   int   // 1 to 8, see upright
	lossyWebP     bool  // a WebP file with planes of luma and chroma
	grey          bool  // the colours of the file are grey values
	clear         bool  // pixels can be transparent
	negative      bool  // the decoder exchanges black and white
	extra         int64 // bytes that decoding takes in addition to decodingBytes per pixel
	bytes         int64 // bytes that decoding and resizing take; set by decoder.header
}

// upright returns the size of the image after its orientation is applied.
func (h imageHeader) upright() (height, width int) {
	if h.orientation >= 5 {
		return h.width, h.height
	}
	return h.height, h.width
}

// readImageHeader reads the header of an image file. It shows how much memory the
// decoder will allocate.
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
	h := imageHeader{format: format, height: config.Height, width: config.Width, orientation: 1, grey: isGreyModel(config.ColorModel), clear: hasAlpha(config.ColorModel)}
	switch format.name {
	case "PNG":
		const colourType, greyAlpha = 25, 4 // a byte of the header; the model for grey with alpha is that of colours with alpha
		var b [1]byte
		if _, err := file.ReadAt(b[:], colourType); err == nil && b[0] == greyAlpha {
			h.grey = true
		}
		h.orientation = pngOrientation(file)
	case "GIF": // a frame can have a palette of its own, with a transparent colour
		palette, ok := config.ColorModel.(color.Palette)
		h.grey, h.clear = h.grey && ok && len(palette) > 0, true
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
		h.orientation = webpOrientation(file)
		h.lossyWebP = config.ColorModel != color.NRGBAModel
	}
	return h, nil
}

// isGreyModel reports whether a colour model has only grey values.
func isGreyModel(m color.Model) bool {
	palette, ok := m.(color.Palette)
	coloured := func(c color.Color) bool {
		straight := color.NRGBAModel.Convert(c).(color.NRGBA)
		return straight.R != straight.G || straight.G != straight.B
	}
	return ok && !slices.ContainsFunc(palette, coloured) || m == color.GrayModel || m == color.Gray16Model
}

// hasAlpha reports whether colours of a model can be transparent.
func hasAlpha(m color.Model) bool {
	palette, ok := m.(color.Palette)
	transparent := func(c color.Color) bool {
		_, _, _, alpha := c.RGBA()
		return alpha != 0xffff
	}
	return ok && slices.ContainsFunc(palette, transparent) || m == color.NRGBAModel || m == color.NRGBA64Model || m == color.NYCbCrAModel
}

// recovered makes the panic of a decoder, or of an image that it returned, an error.
func (h imageHeader) recovered(err *error) {
	if panicked := recover(); panicked != nil {
		*err = fmt.Errorf("corrupt %s file: %v", h.format.name, panicked)
	}
}

// decode decodes an image file.
func (h imageHeader) decode(ctx context.Context, file *io.SectionReader) (m image.Image, err error) {
	defer h.recovered(&err)
	whole := io.Reader(io.NewSectionReader(file, 0, file.Size()))
	if h.format.name != "TIFF" { // its decoder needs random access
		whole = &shortReader{ctx: ctx, r: bufio.NewReaderSize(whole, int(min(1<<16, file.Size()))), jpeg: h.format.name == "JPEG"}
	}
	if m, err = h.format.decode(whole); err != nil {
		return nil, err
	}
	if h.format.name == "WebP" {
		m = webpToRGB(m)
	}
	if p, ok := m.(*image.Paletted); ok && len(p.Pix) > 0 && int(slices.Max(p.Pix)) >= len(p.Palette) { // the decoder of BMP does not check
		return nil, fmt.Errorf("a pixel has colour %d of a palette of %d", slices.Max(p.Pix), len(p.Palette))
	}
	if grey, ok := m.(*image.Gray); ok && h.negative {
		for i := range grey.Pix {
			grey.Pix[i] = 255 - grey.Pix[i]
		}
	}
	screen := image.Rect(0, 0, h.width, h.height)
	switch {
	case m.Bounds() == screen:
	case h.format.name == "GIF" && m.Bounds().In(screen): // the first frame can be smaller
		all := image.NewRGBA(screen)
		draw.Draw(all, m.Bounds(), m, m.Bounds().Min, draw.Src)
		return all, nil
	default:
		return nil, fmt.Errorf("%v pixels, but the header says %d×%d", m.Bounds().Size(), h.width, h.height)
	}
	return m, nil
}

// shortReader returns few bytes at a time. It therefore checks the context often, even
// if the decoder has much work with a few bytes. It also counts the scans of a JPEG
// file, whose markers 0xFF 0xDA do not occur in compressed data.
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
