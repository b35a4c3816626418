package loaders

import (
	"context"
	"errors"
	"fmt"
	"image"
	"io"
	"io/fs"
	"math"
	"os"

	"gaetrain/loaders/files"
	"gaetrain/loaders/memory"
)

// maxSide limits the height and the width of an image that is not resized. A larger
// value is likely to be that of a corrupt header. maxLargeSide limits those of an image
// that is resized.
const maxSide, maxLargeSide = 1 << 13, 1 << 16

// decodingBytes bounds the memory per pixel that decoding takes. The largest values
// are those of progressive JPEG files, whose coefficients take 4 bytes for each of
// three channels, and of interlaced PNG files of 16 bits.
const decodingBytes = 28

// maxMetadata limits the bytes of an image file that are not pixels.
const maxMetadata = 64 << 20

// errBroken is wrapped by errors about the content of one image file. Other errors are
// about the file system, the memory or the context.
var errBroken = errors.New("broken image")

// decoder reads image files as the options say. Several goroutines may use it at the same
// time, each with its own canvas.
type decoder struct {
	ImageOptions
	room       *budget // memory for decoding
	resizeHint string  // for images of different or large sizes
}

// canvas holds the pixels of one image, upright and in their final size.
type canvas struct {
	*image.NRGBA                 // its colours are not multiplied by alpha
	inside       image.Rectangle // the pixels that are not padding
	revised      bool            // earlier versions of gaetrain computed other pixels
	stored       []uint8         // memory for pixels as their file stores them
	turned       []uint8         // memory for upright pixels
}

// open opens an image file.
func (p picture) open(ctx context.Context) (*io.SectionReader, io.Closer, error) {
	opened, size, err := p.openFile()
	if err != nil {
		return nil, nil, dataErrorf("%s: %w", p.path, err)
	}
	if p.member != nil {
		size = min(p.member.size, size-p.member.offset)
		return io.NewSectionReader(&boundedReaderAt{ctx: ctx, r: opened, listed: true}, p.member.offset, size), opened, nil
	}
	return io.NewSectionReader(&boundedReaderAt{ctx: ctx, r: opened, listed: true}, 0, size), opened, nil
}

// openFile opens the file that holds an image.
func (p picture) openFile() (*os.File, int64, error) {
	if p.member != nil {
		return p.member.shard.open()
	}
	return openPath(p.path)
}

// header reads the header of an image file, and checks that the image can be decoded in
// memory. path is the name of the file in errors.
func (d decoder) header(ctx context.Context, file *io.SectionReader, path string) (imageHeader, error) {
	h, err := readImageHeader(file)
	if err != nil {
		return h, unreadable(ctx, path, err)
	}
	if h.impossible(file.Size()) {
		return h, unreadable(ctx, path, fmt.Errorf("an image of %d×%d pixels (height×width) in a file of %d bytes", h.height, h.width, file.Size()))
	}
	most := maxSide
	if d.Size != (Size{}) {
		most = maxLargeSide
	}
	height, width := h.upright()
	if height <= 0 || width <= 0 || height > most || width > most {
		hint := ""
		if max(height, width) <= maxLargeSide {
			hint = "; hint: " + d.resizeHint
		}
		return h, dataErrorf("%s: image of %d×%d pixels (height×width), want at most %d×%d%s", path, height, width, most, most, hint)
	}
	pixels := int64(height) * int64(width)
	if most := decodingBytes*pixels + maxMetadata; file.Size() > most {
		return h, dataErrorf("%s: a file of %s for an image of %d×%d pixels, want at most %s", path, memory.Format(file.Size()), height, width, memory.Format(most))
	}
	h.bytes = decodingBytes*pixels + min(h.extra, math.MaxInt64/2) + d.resizingBytes(height)
	if err := d.room.take(h.bytes); err != nil {
		return h, dataErrorf("%s: decoding an image of %d×%d pixels: %w", path, height, width, err)
	}
	d.room.give(h.bytes)
	return h, nil
}

// decodeFile reads an image file into a canvas, whose memory it uses again. path is the
// name of the file in errors.
func (d decoder) decodeFile(ctx context.Context, file *io.SectionReader, path string, to *canvas) error {
	h, err := d.header(ctx, file, path)
	if err != nil {
		return err
	}
	return d.decode(ctx, file, h, path, to)
}

// decode reads the image of a file with a header into a canvas, whose memory it uses again.
func (d decoder) decode(ctx context.Context, file *io.SectionReader, h imageHeader, path string, to *canvas) error {
	if err := d.room.take(h.bytes); err != nil {
		return dataErrorf("%s: decoding: %w", path, err)
	}
	defer d.room.give(h.bytes)
	stored, err := h.store(ctx, file, to)
	if err != nil {
		return unreadable(ctx, path, err)
	}
	if h.orientation != 1 {
		to.turned = enough(to.turned, len(to.stored))
	}
	to.NRGBA, to.inside, err = d.resize(ctx, upright(stored, h.orientation, to.turned))
	return err
}

// store reads the image of a file as the file stores it.
func (h imageHeader) store(ctx context.Context, file *io.SectionReader, to *canvas) (stored *image.NRGBA, err error) {
	defer h.recovered(&err) // an index can be beyond the palette
	decoded, err := h.decode(ctx, file)
	if err != nil {
		return nil, err
	}
	bounds := decoded.Bounds()
	to.stored = enough(to.stored, 4*bounds.Dx()*bounds.Dy())
	stored = &image.NRGBA{Pix: to.stored, Stride: 4 * bounds.Dx(), Rect: bounds}
	err = convert(ctx, stored, decoded)
	to.revised = h.revised(decoded, stored)
	return stored, err
}

// revised reports whether versions of gaetrain without --size computed other pixels from
// an image: they repeated chroma, rounded mixed colours twice, truncated CMYK, and ignored
// the orientation of PNG and WebP files. Such images have another digest than in older runs.
func (h imageHeader) revised(decoded image.Image, straight *image.NRGBA) bool {
	switch m := decoded.(type) {
	case *image.CMYK:
		return true
	case *image.YCbCr:
		return m.SubsampleRatio != image.YCbCrSubsampleRatio444
	}
	for at := 3; at < len(straight.Pix); at += 4 {
		if a := straight.Pix[at]; a != 0 && a != 255 {
			return true
		}
	}
	return h.lossyWebP || h.orientation != 1 && (h.format.name == "PNG" || h.format.name == "WebP")
}

// enough returns a slice of n bytes, which is the given one if that is large enough.
func enough(buffer []uint8, n int) []uint8 {
	if cap(buffer) < n {
		return make([]uint8, n)
	}
	return buffer[:n]
}

// impossible reports whether a header claims more pixels than a file of a size can hold.
// DEFLATE compresses more than the other methods, and a pixel has at least a bit before
// compression. A WebP file can have no bits for a pixel, and a TIFF file can leave pixels out.
func (h imageHeader) impossible(size int64) bool {
	return h.format.name != "WebP" && h.format.name != "TIFF" && float64(h.height)*float64(h.width) > 8*deflateRatio*float64(size)
}

// unreadable is an error about an image file. It wraps errBroken if the content of the file
// is the cause.
func unreadable(ctx context.Context, path string, err error) error {
	var system *fs.PathError
	if cause := context.Cause(ctx); cause != nil {
		return dataErrorf("%s: %w", path, cause)
	}
	if errors.As(err, &system) {
		return dataErrorf("%s: %w", path, files.Reason(err))
	}
	return tagged{errBroken, dataErrorf("%s: unreadable image: %w", path, err)}
}

// look is how the pixels of a canvas become those of a data set.
type look struct {
	channels   int      // 1 or 3
	grey       bool     // colours become their luma
	background [3]uint8 // colour behind transparent pixels
}

// read writes the pixels C×H×W of a canvas, on the background.
func (l look) read(dst []uint8, from *canvas) {
	l.draw(dst, from)
	plane := len(dst) / l.channels
	for channel := range l.channels {
		lay(dst[channel*plane:][:plane], from.Pix[3:], 4, l.behind(channel))
	}
}

// draw writes the pixels C×H×W of a canvas as if they were opaque.
func (l look) draw(dst []uint8, from *canvas) {
	rgba, i := from.Pix, 0
	if l.grey {
		for at := 0; at < len(rgba); at += 4 {
			dst[i] = luma(rgba[at], rgba[at+1], rgba[at+2])
			i++
		}
		return
	}
	for channel := range l.channels {
		for at := channel; at < len(rgba); at += 4 {
			dst[i] = rgba[at]
			i++
		}
	}
}

// behind is the background of a channel.
func (l look) behind(channel int) uint8 {
	if l.grey {
		return luma(l.background[0], l.background[1], l.background[2])
	}
	return l.background[channel]
}

// lay mixes pixels with the background behind them. The alpha value of pixel i is at
// i·step. The result a·v + (1 − a)·b is rounded once.
func lay(pixels, alpha []uint8, step int, background uint8) {
	for i, v := range pixels {
		if a := uint32(alpha[i*step]); a != 255 {
			pixels[i] = uint8((a*uint32(v) + (255-a)*uint32(background) + 127) / 255)
		}
	}
}
