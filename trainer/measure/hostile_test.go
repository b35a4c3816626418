package measure_test

import (
	"encoding/binary"
	"errors"
	"hash/crc32"
	"runtime/debug"
	"testing"

	"gaetrain/trainer"
	"gaetrain/trainer/measure"
	"gaetrain/trainer/recipes"
)

// TestHostileWords decompresses a file of 64 KiB whose header claims more images than fit into
// memory.
func TestHostileWords(t *testing.T) {
	defer debug.SetMemoryLimit(debug.SetMemoryLimit(256 << 20))
	recipe, err := recipes.Find("vqvae")
	if err != nil {
		t.Fatal(err)
	}
	m := recipe.New()
	for name, text := range map[string]string{"hidden": "8", "words": "2", "word-size": "1", "codebook": "4"} {
		set(t, m, name, text)
	}
	model := build(t, recipe, m)
	d := dataset()
	codes, err := measure.Codes(t.Context(), model, d.Test)
	if err != nil {
		t.Fatal(err)
	}
	file, err := measure.Compress(t.Context(), model, d.Test.Shape, codes, 0)
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := measure.Decompress(t.Context(), model, file); err != nil {
		t.Fatal(err)
	}
	const images, header, group = 1 << 22, 68, 256
	binary.LittleEndian.PutUint32(file[12:], images)
	file = append(file[:header+8], make([]byte, 4*images/group)...) // streams without bytes
	table := crc32.MakeTable(crc32.Castagnoli)
	binary.LittleEndian.PutUint32(file[header-4:], crc32.Checksum(file[:header-4], table))
	file = binary.LittleEndian.AppendUint32(file, crc32.Checksum(file[header:], table))
	if _, _, err := measure.Decompress(t.Context(), model, file); !errors.Is(err, trainer.ErrConfiguration) {
		t.Errorf("a file that claims %d images: error %v, want one about memory", images, err)
	}
}
