// Package wire writes messages of protobuf field by field, for formats of a few messages
// whose numbers of fields are constants where they are used.
package wire

import (
	"math"
	"strings"

	"google.golang.org/protobuf/encoding/protowire"
)

// Field is the number of a field in its message.
type Field = protowire.Number

// Message is a message of protobuf. The zero value is an empty one.
type Message []byte

// Number adds a field of an integer type, a truth value or an enumeration.
func (m *Message) Number(field Field, v int64) {
	*m = protowire.AppendVarint(protowire.AppendTag(*m, field, protowire.VarintType), uint64(v))
}

// Text adds a field of the type string. Bytes that are not UTF-8 become U+FFFD.
func (m *Message) Text(field Field, v string) {
	*m = protowire.AppendString(protowire.AppendTag(*m, field, protowire.BytesType), strings.ToValidUTF8(v, "�"))
}

// Float adds a field of the type float.
func (m *Message) Float(field Field, v float32) {
	*m = protowire.AppendFixed32(protowire.AppendTag(*m, field, protowire.Fixed32Type), math.Float32bits(v))
}

// Double adds a field of the type double.
func (m *Message) Double(field Field, v float64) {
	*m = protowire.AppendFixed64(protowire.AppendTag(*m, field, protowire.Fixed64Type), math.Float64bits(v))
}

// Inside adds a field of the type bytes, or a message.
func (m *Message) Inside(field Field, v []byte) {
	*m = protowire.AppendBytes(protowire.AppendTag(*m, field, protowire.BytesType), v)
}
