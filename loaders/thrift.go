package loaders

import "encoding/binary"

// thrift reads the compact protocol of Apache Thrift, in which Parquet stores its
// metadata. The lists and texts are never longer than the data. After an error, all
// methods return zero.
type thrift struct {
	data []byte
	at   int
	err  error
}

// Types of fields in the compact protocol.
const (
	thriftTrue, thriftFalse      = 1, 2
	thriftByte                   = 3
	thriftInt16                  = 4
	thriftInt32, thriftInt64     = 5, 6
	thriftDouble, thriftBinary   = 7, 8
	thriftList, thriftSet        = 9, 10
	thriftMap, thriftStruct      = 11, 12
	maxThriftDepth               = 16
	thriftLong                   = 15 // length of a list that follows as a number
	thriftFieldBits, thriftShort = 15, 4
)

func (t *thrift) fail(what string) {
	if t.err == nil {
		t.err = dataErrorf("corrupt metadata: %s at byte %d of %d", what, t.at, len(t.data))
	}
}

func (t *thrift) byte() byte {
	if t.err != nil || t.at >= len(t.data) {
		t.fail("the end")
		return 0
	}
	t.at++
	return t.data[t.at-1]
}

func (t *thrift) take(n uint64) []byte {
	if t.err != nil || n > uint64(len(t.data)-t.at) {
		t.fail("a length that is too large")
		return nil
	}
	t.at += int(n)
	return t.data[t.at-int(n) : t.at]
}

func (t *thrift) unsigned() uint64 {
	if t.err != nil {
		return 0
	}
	v, n := binary.Uvarint(t.data[t.at:])
	if n <= 0 {
		t.fail("a damaged number")
		return 0
	}
	t.at += n
	return v
}

// integer reads an integer of 16, 32 or 64 bits.
func (t *thrift) integer() int64 {
	v := t.unsigned()
	return int64(v>>1) ^ -int64(v&1)
}

// text reads a text or other bytes. They share the memory of the data.
func (t *thrift) text() []byte { return t.take(t.unsigned()) }

// object calls visit for each field of a struct. A field that visit does not read is
// skipped. The value of a truth value is its kind.
func (t *thrift) object(visit func(id int, kind byte)) {
	for id := 0; t.err == nil; {
		head := t.byte()
		kind := head & thriftFieldBits
		if head == 0 || t.err != nil {
			return
		}
		if delta := int(head >> thriftShort); delta > 0 {
			id += delta
		} else {
			id = int(t.integer())
		}
		before := t.at
		if visit(id, kind); t.at == before {
			t.skip(kind, 0)
		}
	}
}

// list calls visit for each element of a list. An element that visit does not read is
// skipped.
func (t *thrift) list(visit func()) {
	size, kind := t.listHead()
	for ; size > 0 && t.err == nil; size-- {
		before := t.at
		if visit(); t.at == before {
			t.skipElement(kind, 0)
		}
	}
}

func (t *thrift) listHead() (size uint64, kind byte) {
	head := t.byte()
	size, kind = uint64(head>>thriftShort), head&thriftFieldBits
	if size == thriftLong {
		size = t.unsigned()
	}
	if size > uint64(len(t.data)-t.at) { // an element takes a byte or more
		t.fail("a list that is too long")
	}
	return size, kind
}

func (t *thrift) skipElement(kind byte, depth int) {
	if kind == thriftTrue || kind == thriftFalse {
		t.byte()
		return
	}
	t.skip(kind, depth)
}

// skip skips the value of a field.
func (t *thrift) skip(kind byte, depth int) {
	switch {
	case t.err != nil || kind == thriftTrue || kind == thriftFalse:
	case depth > maxThriftDepth:
		t.fail("a value that is nested too deep")
	case kind == thriftByte:
		t.byte()
	case kind >= thriftInt16 && kind <= thriftInt64:
		t.unsigned()
	case kind == thriftDouble:
		t.take(8)
	case kind == thriftBinary:
		t.text()
	case kind == thriftList || kind == thriftSet:
		for size, of := t.listHead(); size > 0 && t.err == nil; size-- {
			t.skipElement(of, depth+1)
		}
	case kind == thriftMap:
		size := t.unsigned()
		if size == 0 {
			return
		}
		for of := t.byte(); size > 0 && t.err == nil; size-- {
			t.skipElement(of>>thriftShort, depth+1)
			t.skipElement(of&thriftFieldBits, depth+1)
		}
	case kind == thriftStruct:
		for t.err == nil {
			head := t.byte()
			if head == 0 {
				return
			}
			if head>>thriftShort == 0 {
				t.integer()
			}
			t.skip(head&thriftFieldBits, depth+1)
		}
	default:
		t.fail("an unknown type")
	}
}
