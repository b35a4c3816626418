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

// ErrInput is wrapped by errors about codes that cannot be compressed.
var ErrInput = errors.New("compression")

// ErrFormat is wrapped by errors about files that are damaged or in another format.
var ErrFormat = errors.New("compressed codes")

// Archive is the content of a file of compressed codes.
type Archive struct {
	Channels, Height, Width int       // of an image
	Model                   [32]byte  // digest of the weights that computed the codes and can decode them
	Quantiser               Quantiser // of L units
	Symbols                 []uint8   // N×L
	// Coded are the words of a file that has words of a codebook instead of quantised values;
	// nil: it has none.
	Coded *CodedWords
}

// Images returns the number of images N.
func (a *Archive) Images() int { return len(a.Symbols) / max(1, a.Quantiser.Units()) }

// header is the start of the file. All numbers are little-endian. The quantiser, the
// streams and the CRC-32C of both follow the header. Each unit has a stream of its own,
// which is coded with the frequencies of that unit.
type header struct {
	Magic                   [8]byte
	Version                 uint16
	Bits, Table             uint8 // Table is 1 for a quantiser that lists its levels, 2 for words of a codebook (with 0 bits), else 0
	Images, Units           uint32
	Channels, Height, Width uint32
	Model                   [32]byte
	Checksum                uint32 // CRC-32C of all bytes before it
}

const (
	version    = 2
	headerSize = 68
	// maxSymbols and maxSide limit the memory that a file can require.
	maxSymbols = 1 << 28
	maxSide    = 1 << 14
)

// wordsTable is the Table of a file of words.
const wordsTable = 2

// magic follows the signature of PNG files: no text file begins with these bytes, and a
// transfer that treats the file as text changes them.
var magic = [MagicLength]byte{0x89, 'G', 'A', 'E', '\r', '\n', 0x1a, '\n'}

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// Encode returns the bytes of the file.
func (a *Archive) Encode() ([]byte, error) {
	n, units := a.Images(), a.Quantiser.Units()
	h := header{magic, version, uint8(a.Quantiser.Bits), 0, uint32(n), uint32(units), uint32(a.Channels), uint32(a.Height), uint32(a.Width), a.Model, 0}
	if a.Quantiser.Table {
		h.Table = 1
	}
	if err := h.check(); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrInput, err)
	}
	out, err := h.append()
	if err != nil {
		return nil, err
	}
	for _, v := range a.Quantiser.Book {
		out = binary.LittleEndian.AppendUint32(out, math.Float32bits(v))
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

// append returns the bytes of a header, with its checksum.
func (h header) append() ([]byte, error) {
	out, err := binary.Append(nil, binary.LittleEndian, h)
	if err == nil {
		binary.LittleEndian.PutUint32(out[headerSize-4:], crc32.Checksum(out[:headerSize-4], castagnoli))
	}
	return out, err
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
	if h.Table == wordsTable {
		return h.words(body)
	}
	n, units, q := int(h.Images), int(h.Units), Quantiser{Bits: int(h.Bits), Table: h.Table == 1}
	book := 4 * units * q.width()
	if least := 4 + book + units*(streamHeader+1); len(body) < least {
		return nil, fmt.Errorf("the file is truncated: %d bytes follow the header, but %d units need at least %d; hint: compress the images again", len(body), units, least)
	}
	if body, err = checked(body); err != nil {
		return nil, err
	}
	for i := 0; i < book; i += 4 {
		q.Book = append(q.Book, math.Float32frombits(binary.LittleEndian.Uint32(body[i:])))
	}
	if err := q.check(); err != nil {
		return nil, err
	}
	a := &Archive{Channels: int(h.Channels), Height: int(h.Height), Width: int(h.Width), Model: h.Model, Quantiser: q}
	a.Symbols, err = parseStreams(body[book:], n, units, 1<<q.Bits)
	return a, err
}

// words reads what follows the header of a file of words.
func (h header) words(body []byte) (*Archive, error) {
	body, err := checked(body)
	if err != nil {
		return nil, err
	}
	a := &Archive{Channels: int(h.Channels), Height: int(h.Height), Width: int(h.Width), Model: h.Model}
	a.Coded, err = parseWords(h, body)
	return a, err
}

// checked returns the bytes before the checksum at the end of a file.
func checked(body []byte) ([]byte, error) {
	if len(body) < 4 {
		return nil, errors.New("the file is truncated; hint: compress the images again")
	}
	body, sum := body[:len(body)-4], binary.LittleEndian.Uint32(body[len(body)-4:])
	if crc32.Checksum(body, castagnoli) != sum {
		return nil, errors.New("the checksum does not match, so the file is damaged or truncated; hint: compress the images again")
	}
	return body, nil
}

// check returns an error if the levels of a file are not valid.
func (q Quantiser) check() error {
	for l := range q.Units() {
		if all := q.levels(l); !possible(all) {
			return fmt.Errorf("unit %d has levels from %g to %g, which are not in ascending order or too large; hint: the file is damaged, compress the images again", l, all[0], all[len(all)-1])
		}
	}
	return nil
}

// parseStreams reads the symbols N×L.
func parseStreams(data []byte, n, units, levels int) ([]uint8, error) {
	symbols, column := make([]uint8, n*units), make([]uint8, n)
	var scratch fse.Scratch
	for l := range units {
		var err error
		if data, err = cutStream(data, column, &scratch); err != nil {
			return nil, fmt.Errorf("the stream of unit %d: %w", l, err)
		}
		for i, s := range column {
			if int(s) >= levels {
				return nil, fmt.Errorf("unit %d has the symbol %d, but only %d levels; hint: the file is damaged, compress the images again", l, s, levels)
			}
			symbols[i*units+l] = s
		}
	}
	if len(data) > 0 {
		return nil, fmt.Errorf("%d bytes follow the last unit; hint: the file is damaged, compress the images again", len(data))
	}
	return symbols, nil
}

func parseHeader(data []byte) (h header, err error) {
	if len(data) < len(magic) || !bytes.Equal(data[:len(magic)], magic[:]) {
		return h, errors.New("this is not a file of compressed codes; hint: gaetrain compress writes such files")
	}
	if len(data) < headerSize {
		return h, fmt.Errorf("the file is truncated: it has %d bytes, but its header alone has %d; hint: compress the images again", len(data), headerSize)
	}
	if _, err := binary.Decode(data, binary.LittleEndian, &h); err != nil {
		return h, err
	}
	switch {
	case h.Version < version:
		return h, fmt.Errorf("the file has version %d of an older program, which stored other quantiser levels; hint: compress the images again, or decompress the file with that program", h.Version)
	case h.Version > version:
		return h, fmt.Errorf("the file has version %d of a newer program, but this program reads version %d; hint: use the newer program", h.Version, version)
	}
	if crc32.Checksum(data[:headerSize-4], castagnoli) != h.Checksum {
		return h, errors.New("the checksum of the header does not match; hint: the file is damaged, compress the images again")
	}
	return h, h.check()
}

// check returns an error if the numbers of a header are not valid.
func (h header) check() error {
	size := uint64(h.Channels) * uint64(h.Height) * uint64(h.Width)
	switch {
	case h.Table == wordsTable && h.Bits == 0:
	case h.Bits < 1 || h.Bits > MaxBits:
		return fmt.Errorf("%d bits per value; hint: from 1 to %d", h.Bits, MaxBits)
	case h.Table > 1:
		return fmt.Errorf("the kind of the quantiser is %d; hint: 0 or 1", h.Table)
	}
	switch {
	case h.Images < 1 || h.Units < 1 || uint64(h.Images)*uint64(h.Units) > maxSymbols:
		return fmt.Errorf("%d images of %d units; hint: at least one of each, and at most %d values in total", h.Images, h.Units, maxSymbols)
	case max(h.Channels, h.Height, h.Width) > maxSide || size < 1 || size*uint64(h.Images) > 1<<34:
		return fmt.Errorf("%d images of %d×%d×%d are too large; hint: sides are at most %d", h.Images, h.Channels, h.Height, h.Width, maxSide)
	}
	return nil
}

// MagicLength is the number of bytes that IsArchive needs.
const MagicLength = 8

// IsArchive reports whether a file that starts with these bytes was made by Encode.
func IsArchive(start []byte) bool { return bytes.HasPrefix(start, magic[:]) }
