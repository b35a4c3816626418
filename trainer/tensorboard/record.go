package tensorboard

import (
	"encoding/binary"
	"hash/crc32"
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// masked is a CRC-32C that TFRecord masks, because a checksum over data with checksums is
// weak.
func masked(data []byte) uint32 {
	sum := crc32.Checksum(data, castagnoli)
	return (sum>>15 | sum<<17) + 0xa282ead8
}

// appendRecord appends a record of the format TFRecord: the length of the data as a 64-bit
// number, its checksum, the data and their checksum, all little-endian.
func appendRecord(to, data []byte) []byte {
	length := binary.LittleEndian.AppendUint64(nil, uint64(len(data)))
	to = binary.LittleEndian.AppendUint32(append(to, length...), masked(length))
	return binary.LittleEndian.AppendUint32(append(to, data...), masked(data))
}
