package loaders

import (
	"encoding/binary"
	"io"

	"github.com/klauspost/compress/snappy"
)

// rowsPerGroup is the number of rows that a reader reads at once. A page of a column ends
// after the value that makes it pageBytes long, not compressed.
const (
	rowsPerGroup = 100_000
	pageBytes    = 1 << 20
	codecSnappy  = 1
)

// parquetWriter counts the bytes of a file and collects its metadata.
type parquetWriter struct {
	w      io.Writer
	at     int64
	groups []parquetGroup
}

func (p *parquetWriter) Write(data []byte) (int, error) {
	n, err := p.w.Write(data)
	p.at += int64(n)
	return n, err
}

// WriteParquet writes a Parquet file of plain values compressed by snappy. A column whose
// values are all missing is optional, the others are required.
func (t Table) WriteParquet(w io.Writer) error { return t.writeParquet(w, rowsPerGroup) }

func (t Table) writeParquet(w io.Writer, groupRows int) error {
	p := &parquetWriter{w: w}
	if _, err := io.WriteString(p, parquetMagic); err != nil {
		return err
	}
	for first := 0; first < t.Rows; first += groupRows {
		rows := min(groupRows, t.Rows-first)
		group := parquetGroup{rows: int64(rows)}
		for _, c := range t.Columns {
			chunk, err := p.chunk(c, first, rows)
			if err != nil {
				return err
			}
			group.chunks = append(group.chunks, chunk)
		}
		p.groups = append(p.groups, group)
	}
	footer := p.footer(t)
	footer = binary.LittleEndian.AppendUint32(footer, uint32(len(footer)))
	_, err := p.Write(append(footer, parquetMagic...))
	return err
}

// chunk writes the pages of a column for a group of rows.
func (p *parquetWriter) chunk(c Column, first, rows int) (parquetChunk, error) {
	chunk := parquetChunk{data: p.at, values: int64(rows)}
	if c.text == nil {
		err := p.page(&chunk, missingLevels(rows), rows)
		return chunk, err
	}
	var page []byte
	values := 0
	for row := first; row < first+rows; row++ {
		page = c.binary(page, row)
		if values++; len(page) < pageBytes && row < first+rows-1 {
			continue
		}
		if err := p.page(&chunk, page, values); err != nil {
			return chunk, err
		}
		page, values = page[:0], 0
	}
	return chunk, nil
}

// missingLevels is a page of missing values: one run of definition levels 0.
func missingLevels(rows int) []byte {
	run := append(binary.AppendUvarint(nil, uint64(rows)<<1), 0)
	return append(binary.LittleEndian.AppendUint32(nil, uint32(len(run))), run...)
}

// page writes a page and adds its sizes to the chunk.
func (p *parquetWriter) page(chunk *parquetChunk, page []byte, values int) error {
	packed, header := snappy.Encode(nil, page), &thriftWriter{}
	header.element(func() {
		header.int32(1, pageData)
		header.int32(2, int64(len(page)))
		header.int32(3, int64(len(packed)))
		header.object(5, func() {
			header.int32(1, int64(values))
			header.int32(2, encodingPlain)
			header.int32(3, encodingRuns) // of definition levels
			header.int32(4, encodingRuns) // of repetition levels
		})
	})
	start := p.at
	if _, err := p.Write(header.data); err != nil {
		return err
	}
	_, err := p.Write(packed)
	chunk.size += p.at - start
	chunk.full += int64(len(header.data) + len(page))
	return err
}

// footer returns the metadata of the file.
func (p *parquetWriter) footer(t Table) []byte {
	f := &thriftWriter{}
	f.element(func() {
		f.int32(1, 1) // version
		f.list(2, thriftStruct, 1+len(t.Columns), func(i int) {
			f.element(func() {
				if i > 0 {
					f.schema(t.Columns[i-1])
					return
				}
				f.string(4, "schema")
				f.int32(5, int64(len(t.Columns)))
			})
		})
		f.int64(3, int64(t.Rows))
		f.list(4, thriftStruct, len(p.groups), func(i int) {
			f.element(func() { f.group(p.groups[i], t.Columns) })
		})
		f.string(6, "gaetrain")
	})
	return f.data
}

// schema writes the description of a column.
func (f *thriftWriter) schema(c Column) {
	repetition := int64(0) // required
	if c.text == nil {
		repetition = 1 // optional
	}
	f.int32(1, c.kind)
	f.int32(3, repetition)
	f.string(4, validText(c.Name))
	if c.kind == parquetBytes {
		f.int32(6, legacyText)
		f.object(10, func() { f.object(logicalText, func() {}) })
	}
}

// group writes where the columns of a group of rows stand.
func (f *thriftWriter) group(g parquetGroup, columns []Column) {
	bytes := int64(0)
	f.list(1, thriftStruct, len(columns), func(i int) {
		c := g.chunks[i]
		bytes += c.full
		f.element(func() {
			f.int64(2, c.data)
			f.object(3, func() {
				f.int32(1, columns[i].kind)
				f.list(2, thriftInt32, 2, func(i int) { f.integer([]int64{encodingPlain, encodingRuns}[i]) })
				f.list(3, thriftBinary, 1, func(int) { f.text(validText(columns[i].Name)) })
				f.int32(4, codecSnappy)
				f.int64(5, c.values)
				f.int64(6, c.full)
				f.int64(7, c.size)
				f.int64(9, c.data)
			})
		})
	})
	f.int64(2, bytes)
	f.int64(3, g.rows)
}
