package compression

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"math"

	"github.com/klauspost/compress/fse"
)

// ErrInput is wrapped by errors about what cannot be compressed.
var ErrInput = errors.New("compression")

// ErrFormat is wrapped by errors about files that are not whole or not of the
// format.
var ErrFormat = errors.New("compressed codes")

// Archive is what a file of compressed codes holds.
type Archive struct {
	Channels, Height, Width int       // of an image
	Model                   [32]byte  // digest of the weights that made the codes and can decode them
	Quantiser               Quantiser // of L units
	Symbols                 []uint8   // N×L
}

// Images returns the number of images N.
func (a *Archive) Images() int { return len(a.Symbols) / max(1, len(a.Quantiser.Step)) }

// The file, little-endian: header, quantiser and streams, then the CRC-32C of
// what follows the header. The streams are unit by unit, so that each is coded
// with frequencies of its own.
type header struct {
	Magic                   [8]byte
	Version, Bits           uint16
	Images, Units           uint32
	Channels, Height, Width uint32
	Model                   [32]byte
	Checksum                uint32 // CRC-32C of all that stands before it
}

const (
	version    = 1
	headerSize = 68
	// maxSymbols bounds the memory that a file can ask for.
	maxSymbols = 1 << 28
	maxSide    = 1 << 14
)

// magic is chosen like PNG's: no text begins so, and a transfer that treats the
// file as text damages it.
var magic = [MagicLength]byte{0x89, 'G', 'A', 'E', '\r', '\n', 0x1a, '\n'}

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// Encode returns the bytes of the file.
func (a *Archive) Encode() ([]byte, error) {
	n, units := a.Images(), len(a.Quantiser.Step)
	h := header{magic, version, uint16(a.Quantiser.Bits), uint32(n), uint32(units), uint32(a.Channels), uint32(a.Height), uint32(a.Width), a.Model, 0}
	if err := h.check(); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrInput, err)
	}
	out, err := binary.Append(nil, binary.LittleEndian, h)
	if err != nil {
		return nil, err
	}
	binary.LittleEndian.PutUint32(out[headerSize-4:], crc32.Checksum(out[:headerSize-4], castagnoli))
	for l := range units {
		out = binary.LittleEndian.AppendUint32(out, math.Float32bits(a.Quantiser.Low[l]))
		out = binary.LittleEndian.AppendUint32(out, math.Float32bits(a.Quantiser.Step[l]))
	}
	var scratch fse.Scratch
	column := make([]uint8, n)
	for l := range units {
		for i := range column {
			column[i] = a.Symbols[i*units+l]
		}
		if out, err = appendStream(out, column, &scratch); err != nil {
			return nil, err
		}
	}
	return binary.LittleEndian.AppendUint32(out, crc32.Checksum(out[headerSize:], castagnoli)), nil
}

// Parse reads the bytes of a file. Errors wrap ErrFormat.
func Parse(data []byte) (*Archive, error) {
	a, err := parse(data)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrFormat, err)
	}
	return a, nil
}

func parse(data []byte) (*Archive, error) {
	h, err := parseHeader(data)
	if err != nil {
		return nil, err
	}
	body := data[headerSize:]
	n, units := int(h.Images), int(h.Units)
	if least := 4 + units*(8+6); len(body) < least {
		return nil, fmt.Errorf("cut short: %d bytes after the header, %d units need at least %d; hint: compress the images again", len(body), units, least)
	}
	body, sum := body[:len(body)-4], binary.LittleEndian.Uint32(body[len(body)-4:])
	if crc32.Checksum(body, castagnoli) != sum {
		return nil, errors.New("the checksum does not match; hint: the file is damaged or cut short")
	}
	a := &Archive{Channels: int(h.Channels), Height: int(h.Height), Width: int(h.Width), Model: h.Model}
	a.Quantiser = Quantiser{int(h.Bits), make([]float32, units), make([]float32, units)}
	for l := range units {
		a.Quantiser.Low[l] = math.Float32frombits(binary.LittleEndian.Uint32(body[8*l:]))
		a.Quantiser.Step[l] = math.Float32frombits(binary.LittleEndian.Uint32(body[8*l+4:]))
		if low, step := float64(a.Quantiser.Low[l]), float64(a.Quantiser.Step[l]); !(math.Abs(low) <= math.MaxFloat32/2 && step >= 0 && step <= math.MaxFloat32/512) {
			return nil, fmt.Errorf("unit %d has levels from %g in steps of %g", l, low, step)
		}
	}
	a.Symbols, err = parseStreams(body[8*units:], n, units, a.Quantiser.levels())
	return a, err
}

// parseStreams reads the symbols N×L.
func parseStreams(data []byte, n, units, levels int) ([]uint8, error) {
	symbols, column := make([]uint8, n*units), make([]uint8, n)
	var scratch fse.Scratch
	for l := range units {
		var err error
		if data, err = cutStream(data, column, &scratch); err != nil {
			return nil, fmt.Errorf("unit %d: %w", l, err)
		}
		for i, s := range column {
			if int(s) >= levels {
				return nil, fmt.Errorf("unit %d: symbol %d of %d levels", l, s, levels)
			}
			symbols[i*units+l] = s
		}
	}
	if len(data) > 0 {
		return nil, fmt.Errorf("%d bytes too many", len(data))
	}
	return symbols, nil
}

func parseHeader(data []byte) (h header, err error) {
	if len(data) < len(magic) || !bytes.Equal(data[:len(magic)], magic[:]) {
		return h, errors.New("this is no file of compressed codes; hint: gaetrain compress writes them")
	}
	if len(data) < headerSize {
		return h, fmt.Errorf("cut short: %d bytes, the header alone has %d; hint: compress the images again", len(data), headerSize)
	}
	if _, err := binary.Decode(data, binary.LittleEndian, &h); err != nil {
		return h, err
	}
	if h.Version != version {
		return h, fmt.Errorf("version %d is unknown; hint: this program reads version %d", h.Version, version)
	}
	if crc32.Checksum(data[:headerSize-4], castagnoli) != h.Checksum {
		return h, errors.New("the checksum of the header does not match; hint: the file is damaged")
	}
	return h, h.check()
}

// check makes sure that the numbers of a header make sense.
func (h header) check() error {
	size := uint64(h.Channels) * uint64(h.Height) * uint64(h.Width)
	switch {
	case h.Bits < 1 || h.Bits > MaxBits:
		return fmt.Errorf("%d bits per value; hint: from 1 to %d", h.Bits, MaxBits)
	case h.Images < 1 || h.Units < 1 || uint64(h.Images)*uint64(h.Units) > maxSymbols:
		return fmt.Errorf("%d images of %d units; hint: at least one of each, at most %d values in all", h.Images, h.Units, maxSymbols)
	case max(h.Channels, h.Height, h.Width) > maxSide || size < 1 || size*uint64(h.Images) > 1<<34:
		return fmt.Errorf("%d images of %d×%d×%d", h.Images, h.Channels, h.Height, h.Width)
	}
	return nil
}

// MagicLength is the number of bytes by which IsArchive knows a file.
const MagicLength = 8

// IsArchive reports whether a file that begins with some bytes is one that Encode
// has made.
func IsArchive(start []byte) bool { return bytes.HasPrefix(start, magic[:]) }
