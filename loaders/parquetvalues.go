package loaders

import (
	"encoding/binary"
)

// Encodings of values (https://parquet.apache.org/docs/file-format/data-pages/encodings).
const (
	encodingPlain         = 0
	encodingDictionaryOld = 2
	encodingRuns          = 3
	encodingDelta         = 5
	encodingDeltaLengths  = 6
	encodingDictionary    = 8
	encodingByteStreams   = 9
)

var errTruncatedPage = dataErrorf("corrupt: a page has fewer values than it claims")

// values decodes n values of a page. If the page has indices into a dictionary, values
// are the dictionary.
func (p *parquetPages) values(encoding int64, data []byte, n int) (values *cells, indices []uint32, err error) {
	c := p.column
	switch width := c.valueWidth(); {
	case n == 0:
		return &cells{width: 1}, nil, nil
	case encoding == encodingDictionary || encoding == encodingDictionaryOld:
		if p.dictionary == nil || len(data) == 0 || data[0] > 32 {
			return nil, nil, dataErrorf("corrupt: a page without its dictionary")
		}
		indices, err = hybrid(data[1:], int(data[0]), n)
		return p.dictionary, indices, err
	case encoding == encodingPlain:
		values, err = c.plain(data, n)
	case encoding == encodingRuns && c.kind == parquetBoolean:
		values, err = runsOfTruth(data, n)
	case encoding == encodingDelta && (c.kind == parquetInt32 || c.kind == parquetInt64):
		var numbers []int64
		numbers, _, err = deltas(data, n)
		values = &cells{width: width}
		for _, v := range numbers {
			values.data = binary.LittleEndian.AppendUint64(values.data, uint64(v))[:len(values.data)+width]
		}
	case encoding == encodingDeltaLengths && c.kind == parquetBytes:
		values, err = deltaLengths(data, n)
	case encoding == encodingByteStreams && width > 0:
		values, err = byteStreams(data, n, width)
	default:
		return nil, nil, dataErrorf("values in encoding %d of Parquet, which is not read; hint: write the file with use_dictionary=True and without column_encoding", encoding)
	}
	return values, nil, err
}

// plain decodes values that stand one after the other.
func (c parquetColumn) plain(data []byte, n int) (*cells, error) {
	width := c.valueWidth()
	switch {
	case c.kind == parquetBoolean:
		if n > 8*len(data) {
			return nil, errTruncatedPage
		}
		truths := make([]byte, n)
		for i := range truths {
			truths[i] = data[i/8] >> (i % 8) & 1
		}
		return &cells{data: truths, width: 1}, nil
	case c.kind == parquetBytes:
		list := make([][]byte, 0, min(n, len(data)/4))
		for range n {
			value, rest, err := prefixed(data)
			if err != nil {
				return nil, err
			}
			list, data = append(list, value), rest
		}
		return &cells{list: list}, nil
	case width <= 0 || c.logical == logicalFloat16 && width != 2:
		return nil, dataErrorf("corrupt: values of %d bytes", width)
	case n > len(data)/width:
		return nil, errTruncatedPage
	}
	return &cells{data: data[:n*width], width: width}, nil
}

func runsOfTruth(data []byte, n int) (*cells, error) {
	runs, _, err := prefixed(data)
	if err != nil {
		return nil, err
	}
	levels, err := hybrid(runs, 1, n)
	truths := make([]byte, len(levels))
	for i, level := range levels {
		truths[i] = byte(level)
	}
	return &cells{data: truths, width: 1}, err
}

// hybrid decodes n numbers of a width in bits, in runs of equal numbers and of packed
// bits.
func hybrid(data []byte, width, n int) ([]uint32, error) {
	numbers := make([]uint32, 0, n)
	if width == 0 {
		return numbers[:n], nil
	}
	for len(numbers) < n {
		head, size := binary.Uvarint(data)
		if size <= 0 {
			return nil, errTruncatedPage
		}
		data = data[size:]
		count := min(head>>1, uint64(n)) // more than n are as many as n
		if head&1 == 1 {
			bytes := min(count*uint64(width), uint64(len(data)))
			numbers = unpack(numbers, data[:bytes], width, n)
			data = data[bytes:]
			if count == 0 || bytes == 0 {
				return nil, errTruncatedPage
			}
			continue
		}
		bytes := (width + 7) / 8
		if len(data) < bytes || count == 0 {
			return nil, errTruncatedPage
		}
		var value [4]byte
		copy(value[:], data[:bytes])
		data = data[bytes:]
		for v := binary.LittleEndian.Uint32(value[:]); count > 0 && len(numbers) < n; count-- {
			numbers = append(numbers, v)
		}
	}
	return numbers, nil
}

// unpack appends numbers of a width in bits, at most until there are n.
func unpack(numbers []uint32, data []byte, width, n int) []uint32 {
	var buffer uint64
	have := 0
	for _, b := range data {
		buffer |= uint64(b) << have
		for have += 8; have >= width && len(numbers) < n; have -= width {
			numbers = append(numbers, uint32(buffer&(1<<width-1)))
			buffer >>= width
		}
		if len(numbers) == n {
			break
		}
	}
	return numbers
}

// deltas decodes n numbers in the encoding DELTA_BINARY_PACKED. used is the number of
// bytes that they take.
func deltas(data []byte, n int) (numbers []int64, used int, err error) {
	t := &thrift{data: data} // the numbers are written as in Thrift
	block, parts, total := t.unsigned(), t.unsigned(), t.unsigned()
	value := t.integer()
	if t.err != nil || parts == 0 || block == 0 || block > 1<<16 || block%parts != 0 || (block/parts)%8 != 0 || total != uint64(n) {
		return nil, 0, dataErrorf("corrupt: a page of %d differences in blocks of %d, want %d", total, block, n)
	}
	numbers = append(make([]int64, 0, n), value)
	for len(numbers) < n {
		least := t.integer()
		widths := t.take(parts)
		for _, width := range widths {
			if width > 64 {
				return nil, 0, dataErrorf("corrupt: differences of %d bits", width)
			}
			if len(numbers) == n {
				break
			}
			packed := t.take(block / parts * uint64(width) / 8)
			for i := 0; i < int(block/parts) && len(numbers) < n && t.err == nil; i++ {
				value += least + int64(bitsAt(packed, i*int(width), int(width)))
				numbers = append(numbers, value)
			}
		}
		if t.err != nil {
			return nil, 0, errTruncatedPage
		}
	}
	return numbers, t.at, nil
}

// bitsAt returns a number of a width in bits, from a bit on.
func bitsAt(data []byte, from, width int) (v uint64) {
	for got := 0; got < width; {
		at := from + got
		part := min(8-at%8, width-got)
		v |= uint64(data[at/8]>>(at%8)) & (1<<part - 1) << got
		got += part
	}
	return v
}

// deltaLengths decodes texts whose lengths come first.
func deltaLengths(data []byte, n int) (*cells, error) {
	lengths, used, err := deltas(data, n)
	if err != nil {
		return nil, err
	}
	data = data[used:]
	list := make([][]byte, n)
	for i, length := range lengths {
		if length < 0 || length > int64(len(data)) {
			return nil, errTruncatedPage
		}
		list[i], data = data[:length], data[length:]
	}
	return &cells{list: list}, nil
}

// byteStreams decodes values that are stored byte by byte: the first bytes of all values, then
// their second bytes.
func byteStreams(data []byte, n, width int) (*cells, error) {
	if n > len(data)/width {
		return nil, errTruncatedPage
	}
	values := make([]byte, n*width)
	for i := range values {
		values[i] = data[i%width*n+i/width]
	}
	return &cells{data: values, width: width}, nil
}
