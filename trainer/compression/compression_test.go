package compression

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"image"
	"image/jpeg"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

// normal returns codes N×L whose units differ in mean and standard deviation. The first
// unit is constant.
func normal(n, units int) []float32 {
	r, codes := rand.New(rand.NewPCG(1, 2)), make([]float32, n*units)
	for i := range codes {
		if l := i % units; l > 0 {
			codes[i] = float32(r.NormFloat64()*float64(l*l) + float64(l))
		} else {
			codes[i] = 5
		}
	}
	return codes
}

func archive(t testing.TB, n, units, bits int) *Archive {
	codes := normal(n, units)
	q, err := NewQuantiser(t.Context(), codes, units, bits, PerUnit)
	if err != nil {
		t.Fatal(err)
	}
	return &Archive{Channels: 1, Height: 2, Width: 3, Model: [32]byte{1, 2, 3}, Quantiser: q, Symbols: q.Quantise(codes)}
}

// TestArchive writes and reads files with few and many images and bits.
func TestArchive(t *testing.T) {
	for _, n := range []int{1, 2, 3, 40, 5000} {
		for _, bits := range []int{1, 2, 3, 8} {
			a := archive(t, n, 6, bits)
			file, err := a.Encode()
			if err != nil {
				t.Fatal(err)
			}
			back, err := Parse(file)
			if err != nil {
				t.Fatalf("%d images, %d bits: %v", n, bits, err)
			}
			if !slices.Equal(back.Symbols, a.Symbols) || !slices.Equal(back.Quantiser.Book, a.Quantiser.Book) || back.Quantiser.Table != a.Quantiser.Table ||
				back.Model != a.Model || back.Width != 3 || back.Height != 2 || back.Images() != n || back.Quantiser.Bits != bits {
				t.Errorf("%d images, %d bits: the archive differs after it is written and read", n, bits)
			}
		}
	}
}

// TestEntropy compares the size of a file with the entropy of its symbols.
func TestEntropy(t *testing.T) {
	a := archive(t, 20000, 6, 4)
	file, err := a.Encode()
	if err != nil {
		t.Fatal(err)
	}
	entropy := 0.0
	for l := range 6 {
		count := make(map[uint8]float64)
		for i := l; i < len(a.Symbols); i += 6 {
			count[a.Symbols[i]]++
		}
		for _, n := range count {
			entropy -= n * math.Log2(n/20000) / 8
		}
	}
	if got := float64(len(file)); got > 1.01*entropy+300 {
		t.Errorf("the file has %g bytes, but the entropy is %g bytes", got, entropy)
	}
}

// TestDamage flips every bit of a file and truncates it at every byte. No damaged file
// must be read.
func TestDamage(t *testing.T) {
	for _, bits := range []int{2, 4} {
		damage(t, bits)
	}
}

// refusesDamage checks that a file is refused if it is truncated or if any bit is flipped.
func refusesDamage(t *testing.T, file []byte) {
	t.Helper()
	for cut := range file {
		if _, err := Parse(file[:cut]); !errors.Is(err, ErrFormat) {
			t.Fatalf("truncated to %d bytes: error %v", cut, err)
		}
	}
	for bit := range 8 * len(file) {
		damaged := slices.Clone(file)
		damaged[bit/8] ^= 1 << (bit % 8)
		if _, err := Parse(damaged); !errors.Is(err, ErrFormat) {
			t.Fatalf("bit %d flipped: error %v", bit, err)
		}
	}
}

func damage(t *testing.T, bits int) {
	file, err := archive(t, 40, 3, bits).Encode()
	if err != nil {
		t.Fatal(err)
	}
	refusesDamage(t, file)
	if _, err := Parse(append(file, 0)); !errors.Is(err, ErrFormat) {
		t.Errorf("an additional byte: error %v", err)
	}
}

// TestVersions checks the errors about files of other versions.
func TestVersions(t *testing.T) {
	file, err := archive(t, 40, 3, 4).Encode()
	if err != nil {
		t.Fatal(err)
	}
	for number, want := range map[uint16]string{1: "older program", version + 1: "newer program"} {
		binary.LittleEndian.PutUint16(file[MagicLength:], number)
		binary.LittleEndian.PutUint32(file[headerSize-4:], crc32.Checksum(file[:headerSize-4], castagnoli))
		if _, err := Parse(file); !errors.Is(err, ErrFormat) || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), "hint: ") {
			t.Errorf("version %d: error %v, want %q and a hint", number, err, want)
		}
	}
}

// TestLevels checks that levels which no quantiser can have are refused.
func TestLevels(t *testing.T) {
	for name, q := range map[string]Quantiser{
		"descending":    {1, true, []float32{2, 1}},
		"negative step": {4, false, []float32{2, -1}},
		"no number":     {2, true, []float32{0, float32(math.NaN()), 1, 2}},
		"too large":     {8, false, []float32{0, math.MaxFloat32 / 255}},
		"infinite":      {1, true, []float32{0, float32(math.Inf(1))}},
	} {
		file, err := (&Archive{Channels: 1, Height: 1, Width: 1, Quantiser: q, Symbols: []uint8{0, 1, 0}}).Encode()
		if err != nil {
			t.Fatal(err)
		}
		if _, err := Parse(file); !errors.Is(err, ErrFormat) || !strings.Contains(err.Error(), "unit 0 has levels from") {
			t.Errorf("%s: error %v", name, err)
		}
	}
}

func TestRefuses(t *testing.T) {
	codes, ctx := normal(10, 2), t.Context()
	for name, err := range map[string]error{
		"no bits":   second(NewQuantiser(ctx, codes, 2, 0, PerUnit)),
		"many bits": second(NewQuantiser(ctx, codes, 2, 9, PerUnit)),
		"no codes":  second(NewQuantiser(ctx, nil, 2, 4, PerUnit)),
		"rest":      second(NewQuantiser(ctx, codes, 3, 4, PerUnit)),
		"no number": second(NewQuantiser(ctx, []float32{1, float32(math.NaN())}, 1, 4, PerUnit)),
		"no image":  second((&Archive{Quantiser: Quantiser{4, false, []float32{0, 1}}, Symbols: []uint8{1}}).Encode()),
	} {
		if !errors.Is(err, ErrInput) {
			t.Errorf("%s: error %v, want one of ErrInput", name, err)
		}
	}
}

func second[T any](_ T, err error) error { return err }

func TestMeasure(t *testing.T) {
	codes := normal(3000, 4)
	c := Codes{"identity", codes, 4, PerUnit, func(z []float32) ([]float32, error) { return z, nil }}
	points, err := c.Measure(t.Context(), codes, 6)
	if err != nil {
		t.Fatal(err)
	}
	for i := 1; i < len(points); i++ {
		if points[i].Bytes <= points[i-1].Bytes || points[i].MSE >= points[i-1].MSE {
			t.Errorf("%+v after %+v", points[i], points[i-1])
		}
	}
	middle := math.Sqrt(points[2].Bytes * points[3].Bytes)
	if got, want := At(points, middle), math.Sqrt(points[2].MSE*points[3].MSE); math.Abs(got/want-1) > 1e-9 {
		t.Errorf("error %g between points, want %g", got, want)
	}
	if !math.IsNaN(At(points, points[5].Bytes+1)) {
		t.Error("there is an error at a rate beyond the last point")
	}
}

func TestFiles(t *testing.T) {
	img := image.NewGray(image.Rect(0, 0, 28, 28))
	for i := range img.Pix {
		img.Pix[i] = uint8(i * i)
	}
	points, err := Files(t.Context(), []image.Image{img, img})
	if err != nil {
		t.Fatal(err)
	}
	n := len(Qualities)
	whole := new(bytes.Buffer)
	if err := jpeg.Encode(whole, img, &jpeg.Options{Quality: Qualities[0]}); err != nil {
		t.Fatal(err)
	}
	if unused := float64(whole.Len()) - points[0].Bytes; unused != 65 {
		t.Errorf("the file of a grey image is %g bytes smaller without a second quantisation table, want 65", unused)
	}
	for i := range n {
		file, scan := points[i], points[n+i]
		if scan.Bytes >= file.Bytes-200 || scan.Bytes < 10 || scan.MSE != file.MSE {
			t.Errorf("%+v of %+v", scan, file)
		}
		if i > 0 && (file.Bytes <= points[i-1].Bytes || file.MSE >= points[i-1].MSE) {
			t.Errorf("%+v after %+v", file, points[i-1])
		}
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := Files(ended, []image.Image{img}); !errors.Is(err, context.Canceled) {
		t.Errorf("the context has ended: error %v", err)
	}
	if last := points[2*n]; last.MSE != 0 || last.Bytes < 50 || !math.IsInf(last.PSNR(), 1) {
		t.Errorf("%+v", last)
	}
}

// FuzzParse parses any streams after a valid header, with valid checksums.
func FuzzParse(f *testing.F) {
	for _, bits := range []int{1, 2, 4, 8} {
		file, err := archive(f, 50, 3, bits).Encode()
		if err != nil {
			f.Fatal(err)
		}
		f.Add(file)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		_, _ = Parse(data)
		if len(data) < headerSize+4 {
			return
		}
		data = slices.Clone(data)
		copy(data, magic[:])
		binary.LittleEndian.PutUint16(data[8:], version)
		binary.LittleEndian.PutUint32(data[12:], binary.LittleEndian.Uint32(data[12:])%5000) // few images, which need little memory
		binary.LittleEndian.PutUint32(data[headerSize-4:], crc32.Checksum(data[:headerSize-4], castagnoli))
		body := data[headerSize : len(data)-4]
		binary.LittleEndian.PutUint32(data[len(data)-4:], crc32.Checksum(body, castagnoli))
		a, err := Parse(data)
		if err != nil {
			if !errors.Is(err, ErrFormat) {
				t.Fatal(err)
			}
			return
		}
		file, err := a.Encode()
		if err != nil {
			t.Fatal(err)
		}
		back, err := Parse(file)
		if err != nil || !slices.Equal(back.Symbols, a.Symbols) {
			t.Fatalf("what was read cannot be written and read again: %v", err)
		}
	})
}
