package trainer

import (
	"bytes"
	"slices"
	"strings"
	"testing"
)

type sealedValue struct {
	Name string `json:"name"`
	List []int  `json:"list"`
}

func TestSealRoundTrip(t *testing.T) {
	want := sealedValue{Name: "a <b> \"c\"\n", List: []int{1, 2, 3}}
	var file bytes.Buffer
	if err := seal(&file, want); err != nil {
		t.Fatal(err)
	}
	var got sealedValue
	if err := decodeSealed(file.Bytes(), &got); err != nil {
		t.Fatal(err)
	}
	if got.Name != want.Name || !slices.Equal(got.List, want.List) {
		t.Errorf("read %+v, want %+v", got, want)
	}
	if err := seal(&file, 7); err == nil {
		t.Error("a number is sealed as an object")
	}
}

// TestSealFindsEveryFlippedBit flips each bit of a file in turn, and cuts the
// file at each length.
func TestSealFindsEveryFlippedBit(t *testing.T) {
	var file bytes.Buffer
	if err := seal(&file, sealedValue{Name: "learning-rate", List: []int{10}}); err != nil {
		t.Fatal(err)
	}
	for i := range file.Len() {
		for bit := range 8 {
			flipped := slices.Clone(file.Bytes())
			flipped[i] ^= 1 << bit
			if decodeSealed(flipped, new(sealedValue)) == nil {
				t.Fatalf("a flip of bit %d of byte %d remains undetected in %q", bit, i, flipped)
			}
		}
		if decodeSealed(file.Bytes()[:i], new(sealedValue)) == nil {
			t.Fatalf("a file that is cut to %d of %d bytes is accepted", i, file.Len())
		}
	}
}

func TestSealRefusesUnknownKeys(t *testing.T) {
	var file bytes.Buffer
	if err := seal(&file, map[string]any{"name": "x", "colour": 1}); err != nil {
		t.Fatal(err)
	}
	if err := decodeSealed(file.Bytes(), new(sealedValue)); err == nil || !strings.Contains(err.Error(), "colour") {
		t.Errorf("error is %v, want one about colour", err)
	}
}

func FuzzUnseal(f *testing.F) {
	var file bytes.Buffer
	if err := seal(&file, sealedValue{Name: "x"}); err != nil {
		f.Fatal(err)
	}
	f.Add(file.Bytes())
	f.Add([]byte("{\n  \"checksum\": \"00000000\",\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		inner, err := unseal(data)
		if err == nil && len(inner) >= len(data) {
			t.Errorf("%q is unsealed as %q", data, inner)
		}
	})
}
