package viz

import (
	_ "embed"
	"sync"

	"github.com/klauspost/compress/zstd"
	"golang.org/x/image/font/opentype"
)

// The typeface is Liberation Sans 2 (viz/fonts/LICENSE). It is compressed by zstd -19, which takes less than half the
// room in the program.
var (
	//go:embed fonts/LiberationSans-Regular.ttf.zst
	regularFile []byte
	//go:embed fonts/LiberationSans-Bold.ttf.zst
	boldFile []byte

	regularFont = sync.OnceValue(func() *opentype.Font { return mustParse(regularFile) })
	boldFont    = sync.OnceValue(func() *opentype.Font { return mustParse(boldFile) })
)

// mustParse parses an embedded typeface. It cannot fail, because the bytes are part of the program.
func mustParse(packed []byte) *opentype.Font {
	f, err := opentype.Parse(mustUnpack(packed))
	if err != nil {
		panic(err)
	}
	return f
}

func mustUnpack(packed []byte) []byte {
	d, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(1))
	if err != nil {
		panic(err)
	}
	defer d.Close()
	ttf, err := d.DecodeAll(packed, nil)
	if err != nil {
		panic(err)
	}
	return ttf
}
