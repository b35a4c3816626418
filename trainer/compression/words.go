package compression

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"slices"

	"gaetrain/graph/kernel"
)

// Frequencies returns the cumulative frequencies of the K entries of word p of an image,
// from 0 to at most 2^30 (K+1 numbers). before are the words before p. The numbers are
// valid until the next call.
type Frequencies func(before []uint16, p int) []uint32

// WordCoder codes images of P words each, which are entries of a codebook with K entries.
// New returns the frequencies of words for one goroutine. They must be the same numbers
// when a file is written and read.
type WordCoder struct {
	Words, Entries int
	New            func() Frequencies
}

// group is the number of images in a stream of its own, so that several goroutines can work.
const group = 256

// Encode returns the words of images (N×P) as bytes: for each group of images the length (4
// bytes) and the arithmetically coded words.
func (c WordCoder) Encode(ctx context.Context, words []uint16) ([]byte, error) {
	if slices.ContainsFunc(words, func(w uint16) bool { return int(w) >= c.Entries }) || len(words)%c.Words != 0 {
		return nil, fmt.Errorf("%w: words that are not of the codebook", ErrInput)
	}
	streams := make([][]byte, (len(words)/c.Words+group-1)/group)
	err := kernel.Each(ctx, len(streams), c.New, func(of Frequencies, g int) {
		e := newArithmeticEncoder()
		for code := range slices.Chunk(words[g*group*c.Words:min((g+1)*group*c.Words, len(words))], c.Words) {
			if ctx.Err() != nil {
				break
			}
			for p, word := range code {
				sums := of(code[:p], p)
				e.encode(sums[word], sums[word+1], sums[c.Entries])
			}
		}
		streams[g] = e.end()
	})
	var out []byte
	for _, s := range streams {
		out = append(binary.LittleEndian.AppendUint32(out, uint32(len(s))), s...)
	}
	return out, err
}

// Decode returns the words of n images that Encode has written.
func (c WordCoder) Decode(ctx context.Context, data []byte, n int) ([]uint16, error) {
	streams := make([][]byte, (n+group-1)/group)
	for g := range streams {
		if len(data) < 4 || uint64(binary.LittleEndian.Uint32(data)) > uint64(len(data)-4) {
			return nil, errors.New("the file is truncated; hint: compress the images again")
		}
		length := binary.LittleEndian.Uint32(data)
		streams[g], data = data[4:4+length], data[4+length:]
	}
	if len(data) > 0 {
		return nil, fmt.Errorf("%d bytes follow the last word; hint: the file is damaged, compress the images again", len(data))
	}
	words := make([]uint16, n*c.Words)
	return words, kernel.Each(ctx, len(streams), c.New, func(of Frequencies, g int) {
		d := newArithmeticDecoder(streams[g])
		for code := range slices.Chunk(words[g*group*c.Words:min((g+1)*group*c.Words, len(words))], c.Words) {
			if ctx.Err() != nil {
				break
			}
			for p := range code {
				sums := of(code[:p], p)
				word, _ := slices.BinarySearch(sums[1:], d.target(sums[c.Entries])+1) // the first whose sum is above
				code[p] = uint16(word)
				d.pass(sums[word], sums[word+1], sums[c.Entries])
			}
		}
	})
}

// CodedWords are the words of a file before they are decoded, which takes the prior of a
// model.
type CodedWords struct {
	Words, Entries int
	Images         int    // as the header says; a small file can claim many
	sum            uint32 // CRC-32C of the words
	data           []byte
}

// Decode returns the words N×P. If the prior gives other probabilities than when the file
// was written, the words have another checksum, and the error wraps ErrFormat.
func (w *CodedWords) Decode(ctx context.Context, c WordCoder) ([]uint16, error) {
	words, err := c.Decode(ctx, w.data, w.Images)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrFormat, err)
	}
	if sumOf(words) != w.sum {
		return nil, fmt.Errorf("%w: the words do not have the checksum in the file, so the prior gives other probabilities here than where the file was written; hint: decompress with the same version of the program", ErrFormat)
	}
	return words, nil
}

func sumOf(words []uint16) uint32 {
	var sum uint32
	var data []byte
	for part := range slices.Chunk(words, 4096) { // not all at once, because a file can have many words
		data = data[:0]
		for _, w := range part {
			data = binary.LittleEndian.AppendUint16(data, w)
		}
		sum = crc32.Update(sum, castagnoli, data)
	}
	return sum
}

// EncodeWords returns the bytes of a file of words (N×P). The archive gives the shape of an
// image and the model.
func (a *Archive) EncodeWords(ctx context.Context, c WordCoder, words []uint16) ([]byte, error) {
	h := header{magic, version, 0, wordsTable, uint32(len(words) / c.Words), uint32(c.Words), uint32(a.Channels), uint32(a.Height), uint32(a.Width), a.Model, 0}
	if err := h.check(); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrInput, err)
	}
	out, err := h.append()
	if err != nil {
		return nil, err
	}
	out = binary.LittleEndian.AppendUint32(out, uint32(c.Entries))
	out = binary.LittleEndian.AppendUint32(out, sumOf(words))
	coded, err := c.Encode(ctx, words)
	if err != nil {
		return nil, err
	}
	out = append(out, coded...)
	return binary.LittleEndian.AppendUint32(out, crc32.Checksum(out[headerSize:], castagnoli)), nil
}

// parseWords reads what follows the header of a file of words, without the checksum.
func parseWords(h header, body []byte) (*CodedWords, error) {
	if len(body) < 8 {
		return nil, errors.New("the file is truncated; hint: compress the images again")
	}
	w := &CodedWords{Words: int(h.Units), Entries: int(binary.LittleEndian.Uint32(body)), Images: int(h.Images), sum: binary.LittleEndian.Uint32(body[4:]), data: body[8:]}
	if w.Entries < 1 || w.Entries > 1<<16 {
		return nil, fmt.Errorf("a codebook of %d entries; hint: the file is damaged, compress the images again", w.Entries)
	}
	return w, nil
}
