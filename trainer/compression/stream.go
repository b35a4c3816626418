package compression

import (
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/klauspost/compress/fse"
)

// coding is how the symbols of a unit are written.
type coding uint8

const (
	plain    coding = iota // one byte per symbol
	repeated               // one byte, which all symbols are equal to
	entropy                // finite state entropy, an asymmetric numeral system (Duda 2013), with the table of frequencies
)

// streamHeader is the number of bytes before the content of a stream.
const streamHeader = 5

// appendStream appends the symbols of one unit: the coding (1 byte), the length (4
// bytes) and the content with this length.
func appendStream(out []byte, symbols []uint8, scratch *fse.Scratch) ([]byte, error) {
	how := entropy
	packed, err := fse.Compress(symbols, scratch)
	switch {
	case errors.Is(err, fse.ErrUseRLE):
		how, packed = repeated, symbols[:1]
	case errors.Is(err, fse.ErrIncompressible):
		how, packed = plain, symbols
	case err != nil:
		return nil, fmt.Errorf("entropy coding: %w", err)
	}
	out = append(out, byte(how))
	out = binary.LittleEndian.AppendUint32(out, uint32(len(packed)))
	return append(out, packed...), nil
}

// cutStream decodes the first stream of data into symbols, and returns the rest of
// the data.
func cutStream(data []byte, symbols []uint8, scratch *fse.Scratch) (rest []byte, err error) {
	truncated := errors.New("the file is truncated; hint: compress the images again")
	if len(data) < streamHeader {
		return nil, truncated
	}
	how, length := coding(data[0]), int64(binary.LittleEndian.Uint32(data[1:]))
	if data = data[streamHeader:]; length > int64(len(data)) {
		return nil, truncated
	}
	packed, rest := data[:length], data[length:]
	switch {
	case how == plain && len(packed) == len(symbols):
		copy(symbols, packed)
	case how == repeated && len(packed) == 1:
		for i := range symbols {
			symbols[i] = packed[0]
		}
	case how == entropy:
		const slack = 512 // the decoder checks its limit only after some symbols
		scratch.DecompressLimit = len(symbols) + slack
		plain, err := fse.Decompress(packed, scratch)
		if err != nil {
			return nil, fmt.Errorf("entropy coding: %w", err)
		}
		if len(plain) != len(symbols) {
			return nil, fmt.Errorf("it has %d symbols, but there are %d images; hint: the file is damaged, compress the images again", len(plain), len(symbols))
		}
		copy(symbols, plain)
	default:
		return nil, fmt.Errorf("unknown coding %d of %d bytes; hint: the file is damaged, compress the images again", how, len(packed))
	}
	return rest, nil
}
