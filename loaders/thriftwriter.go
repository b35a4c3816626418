package loaders

import "encoding/binary"

// thriftWriter writes structs in the compact protocol of Apache Thrift. The fields of a
// struct are written in the order of their numbers, from 1 to 15.
type thriftWriter struct {
	data []byte
	last int // number of the last field of the struct
}

func (t *thriftWriter) field(id int, kind byte) {
	t.data = append(t.data, byte(id-t.last)<<thriftShort|kind)
	t.last = id
}

func (t *thriftWriter) int32(id int, v int64) {
	t.field(id, thriftInt32)
	t.integer(v)
}

func (t *thriftWriter) int64(id int, v int64) {
	t.field(id, thriftInt64)
	t.integer(v)
}

func (t *thriftWriter) string(id int, v string) {
	t.field(id, thriftBinary)
	t.text(v)
}

func (t *thriftWriter) object(id int, fields func()) {
	t.field(id, thriftStruct)
	t.element(fields)
}

// list writes a field that is a list of values of a kind. each writes value i.
func (t *thriftWriter) list(id int, kind byte, size int, each func(i int)) {
	t.field(id, thriftList)
	if size < thriftLong {
		t.data = append(t.data, byte(size)<<thriftShort|kind)
	} else {
		t.data = binary.AppendUvarint(append(t.data, thriftLong<<thriftShort|kind), uint64(size))
	}
	for i := range size {
		each(i)
	}
}

func (t *thriftWriter) integer(v int64) { t.data = binary.AppendVarint(t.data, v) }

func (t *thriftWriter) text(v string) {
	t.data = append(binary.AppendUvarint(t.data, uint64(len(v))), v...)
}

// element writes a struct that is an element of a list or the value of a field.
func (t *thriftWriter) element(fields func()) {
	before := t.last
	t.last = 0
	fields()
	t.data, t.last = append(t.data, 0), before
}
