package viz

import (
	"bytes"
	"testing"

	"codeberg.org/go-fonts/liberation/liberationsansbold"
	"codeberg.org/go-fonts/liberation/liberationsansregular"
)

// TestTypeface checks that the embedded files are those of the release of the typeface.
func TestTypeface(t *testing.T) {
	if !bytes.Equal(mustUnpack(regularFile), liberationsansregular.TTF) || !bytes.Equal(mustUnpack(boldFile), liberationsansbold.TTF) {
		t.Error("the files in viz/fonts differ from those of the module; hint: zstd -19")
	}
}
