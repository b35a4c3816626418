package loaders

import (
	"archive/zip"
	"bytes"
	"compress/gzip"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"image"
	"image/color"
	"image/jpeg"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"testing"
)

// littleMemory sets the memory limit to 64 MiB, so that data may take 32 MiB.
func littleMemory(t *testing.T) {
	before := debug.SetMemoryLimit(64 << 20)
	t.Cleanup(func() { debug.SetMemoryLimit(before) })
}

// zeros returns a gzipped file of a header and n zeros. Its size is below n/100.
func zeros(t testing.TB, header []byte, n int) []byte {
	t.Helper()
	var b bytes.Buffer
	w, err := gzip.NewWriterLevel(&b, gzip.BestSpeed)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Write(append(bytes.Clone(header), make([]byte, n)...)); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// saveIDX writes the tiny set, with some of its files replaced.
func saveIDX(t *testing.T, dir string, replaced map[int][]byte) {
	t.Helper()
	for role, file := range tinyFiles() {
		if other, ok := replaced[role]; ok {
			file = other
		}
		save(t, file, dir, idxFiles()[role].name)
	}
}

// TestMemoryIsBounded has small files that claim to be large, or are large when
// decompressed. They are refused before memory is allocated.
func TestMemoryIsBounded(t *testing.T) {
	const mib = 1 << 20
	tests := []struct {
		name, form, mention string
		build               func(t *testing.T, path string)
	}{
		{"images", "idx:", "train-images-idx3-ubyte: the data need at least 40 MiB of memory, but at most 32 MiB of this process's 64 MiB may hold data; hint: fewer or smaller images",
			func(t *testing.T, path string) {
				saveIDX(t, path, map[int][]byte{trainImages: zeros(t, idx(nil, 40, 1024, 1024), 40*mib)})
			}},
		{"a claim beyond the file", "idx:", "the header claims 5 GiB of data, the file can hold at most 116 bytes",
			func(t *testing.T, path string) {
				saveIDX(t, path, map[int][]byte{trainImages: idx(ramp(100), 5120, 1024, 1024)})
			}},
		{"a claim beyond the gzipped file", "idx:", "claims 31 MiB of data, the file can hold at most",
			func(t *testing.T, path string) {
				saveIDX(t, path, map[int][]byte{trainImages: zipped(t, idx(ramp(100), 31, 1024, 1024))})
			}},
		{"labels", "idx:", "train-labels-idx1-ubyte: 41943040 labels for 5 images",
			func(t *testing.T, path string) {
				saveIDX(t, path, map[int][]byte{trainLabels: zeros(t, idx(nil, 40*mib), 40*mib)})
			}},
		{"an array", "npz:", "x_train.npy: the data need at least 40 MiB",
			func(t *testing.T, path string) {
				save(t, archive(t, map[string][]byte{"x_train.npy": npyFile("|u1", "40, 1024, 1024", make([]byte, 40*mib))}), path)
			}},
		{"array of another type", "npz:", "type f8, want u1",
			func(t *testing.T, path string) {
				save(t, archive(t, map[string][]byte{"x_train.npy": npyFile("<f8", "3, 1024, 1024", make([]byte, 24*mib))}), path)
			}},
		{"array of labels", "npz:", "y_train.npy: 3145728 labels for 10 images",
			func(t *testing.T, path string) {
				save(t, archive(t, map[string][]byte{"x_train.npy": npyFile("|u1", "10, 1", ramp(10)), "y_train.npy": npyFile("<i8", "3145728,", make([]byte, 24*mib))}), path)
			}},
		{"a claim beyond the member", "npz:", "claims 16 MiB of data, the file can hold at most",
			func(t *testing.T, path string) {
				save(t, archive(t, map[string][]byte{"x_train.npy": npyFile("|u1", "16, 1024, 1024", ramp(100))}), path)
			}},
		{"a member beyond the archive", "npz:", "that claims a member of 1099511627776 compressed ones",
			func(t *testing.T, path string) {
				file := npyFile("|u1", "16, 1024, 1024", ramp(100))
				save(t, lyingArchive(t, zip.FileHeader{Name: "x_train.npy", Method: zip.Deflate, CompressedSize64: 1 << 40, UncompressedSize64: 1 << 50}, file), path)
			}},
		{"a picture", "folder:", ".png: decoding an image of 2000×2000 pixels: the data need at least",
			func(t *testing.T, path string) {
				file := encodePNG(t, image.NewGray(image.Rect(0, 0, 2000, 2000)))
				for i := range 10 {
					save(t, file, path, fmt.Sprintf("%d.png", i))
				}
			}},
		{"a picture with an attachment", "folder:", "0.png: a file of 100 MiB for an image of 4×4 pixels",
			func(t *testing.T, path string) {
				for i := range 10 {
					save(t, grey(t, 4, 4, 0), path, fmt.Sprintf("%d.png", i))
				}
				if err := os.Truncate(filepath.Join(path, "0.png"), 100*mib); err != nil {
					t.Fatal(err)
				}
			}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			littleMemory(t)
			path := filepath.Join(t.TempDir(), "data")
			test.build(t, path)
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			_, err := Open(context.Background(), test.form+path, Options{})
			runtime.ReadMemStats(&after)
			wantError(t, err, ErrData, path, test.mention)
			if grown := after.TotalAlloc - before.TotalAlloc; grown > 2*mib {
				t.Errorf("%d bytes were allocated", grown)
			}
		})
	}
}

// lyingArchive returns an archive of one member with a header that need not be true.
func lyingArchive(t testing.TB, header zip.FileHeader, data []byte) []byte {
	t.Helper()
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	f, err := w.CreateRaw(&header)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.Write(data); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// TestMemoryOfBothSplits has splits that fit one at a time, but not together.
func TestMemoryOfBothSplits(t *testing.T) {
	littleMemory(t)
	half := zeros(t, idx(nil, 20, 1024, 1024), 20<<20)
	dir := t.TempDir()
	saveIDX(t, dir, map[int][]byte{trainImages: half, trainLabels: idx(make([]byte, 20), 20), testImages: half})
	_, err := Open(context.Background(), "idx:"+dir, Options{})
	wantError(t, err, ErrData, "t10k-images-idx3-ubyte: the data need at least 40 MiB")
	tinySet(t, tinyFiles())
	_, err = Open(context.Background(), "tiny", Options{DataDir: dir})
	wantError(t, err, ErrData, "-images-idx3-ubyte: the data need at least 40 MiB")
}

// TestMemoryIsOfTheSizeOfTheData reads data that just fit, without a second copy.
func TestMemoryIsOfTheSizeOfTheData(t *testing.T) {
	littleMemory(t)
	dir := t.TempDir()
	const n = 24
	saveIDX(t, dir, map[int][]byte{
		trainImages: zeros(t, idx(nil, n, 1024, 1024), n<<20), trainLabels: idx(make([]byte, n), n),
		testImages: zeros(t, idx(nil, 2, 1024, 1024), 2<<20),
	})
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	d, err := Open(context.Background(), "idx:"+dir, Options{})
	runtime.ReadMemStats(&after)
	if err != nil {
		t.Fatal(err)
	}
	if grown := after.TotalAlloc - before.TotalAlloc; grown > (n+11)<<20 { // two images are compared as float32
		t.Errorf("%d MiB were allocated for %d MiB of data", grown>>20, StoredBytes(d.Train, d.Test)>>20)
	}
}

// TestMemoryOfColour has grey images that fit. With one image in colour, all of them
// have three channels and do not fit.
func TestMemoryOfColour(t *testing.T) {
	littleMemory(t)
	dir := t.TempDir()
	m := image.NewRGBA(image.Rect(0, 0, 500, 500))
	plain := encodePNG(t, m)
	m.Set(1, 1, color.RGBA{200, 0, 0, 255})
	coloured := encodePNG(t, m)
	for i := range 40 {
		save(t, plain, dir, fmt.Sprintf("%02d.png", i))
	}
	if _, names, err := Images(context.Background(), dir, Options{}); err != nil || len(names) != 40 {
		t.Fatalf("%d images, error %v", len(names), err)
	}
	save(t, coloured, dir, "05.png")
	_, _, err := Images(context.Background(), dir, Options{})
	wantError(t, err, ErrData, "05.png: image in colour: the data need at least")
}

func TestZipOfManyMembers(t *testing.T) {
	t.Parallel()
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for i := range 40000 {
		if _, err := w.CreateRaw(&zip.FileHeader{Name: fmt.Sprintf("%060d", i)}); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "data.npz")
	save(t, b.Bytes(), path)
	_, err := Open(context.Background(), "npz:"+path, Options{})
	wantError(t, err, ErrData, path, "a directory of more than 4194304 bytes")
}

// TestJPEGOfManyScans limits the scans, because the decoder processes the whole image
// for each of them.
func TestJPEGOfManyScans(t *testing.T) {
	t.Parallel()
	var b bytes.Buffer
	if err := jpeg.Encode(&b, image.NewGray(image.Rect(0, 0, 8, 8)), nil); err != nil {
		t.Fatal(err)
	}
	file := b.Bytes()
	scan := file[bytes.Index(file, []byte{0xff, 0xda}) : len(file)-2]
	for _, test := range []struct {
		scans int
		ok    bool
	}{{maxScans, true}, {maxScans + 1, false}} {
		path := filepath.Join(t.TempDir(), "a.jpg")
		save(t, append(append(bytes.Clone(file[:len(file)-2]), bytes.Repeat(scan, test.scans-1)...), 0xff, 0xd9), path)
		_, _, err := Images(context.Background(), path, Options{})
		if test.ok && err != nil {
			t.Errorf("%d scans: %v", test.scans, err)
		}
		if !test.ok {
			wantError(t, err, ErrData, "too many scans")
		}
	}
}

// TestOtherImageFormat refuses a file of another format with the extension of an image,
// whichever decoders are registered in package image.
func TestOtherImageFormat(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "a.png")
	save(t, []byte("P5 1 1 255 "), path)
	_, _, err := Images(context.Background(), path, Options{})
	wantError(t, err, ErrData, "a.png: unreadable image: not PNG, JPEG, GIF")
}

// endless is a reader that never ends. It cancels a context at the third read.
type endless struct {
	cancel context.CancelFunc
	reads  int
}

func (e *endless) Read(p []byte) (int, error) {
	if e.reads++; e.reads == 3 {
		e.cancel()
	}
	return len(p), nil
}

// TestReadersListenToTheContext checks that all readers stop when the context is done.
func TestReadersListenToTheContext(t *testing.T) {
	t.Parallel()
	for name, reader := range map[string]func(context.Context, io.Reader) io.Reader{
		"file":  func(ctx context.Context, r io.Reader) io.Reader { return contextReader{ctx, r} },
		"image": func(ctx context.Context, r io.Reader) io.Reader { return &shortReader{ctx: ctx, r: r} },
		"archive": func(ctx context.Context, r io.Reader) io.Reader {
			return io.NewSectionReader(&boundedReaderAt{ctx: ctx, r: readerAt{r}, listed: true}, 0, 1<<40)
		},
	} {
		ctx, cancel := context.WithCancel(context.Background())
		bytes := &endless{cancel: cancel}
		if _, err := io.Copy(io.Discard, reader(ctx, bytes)); !errors.Is(err, context.Canceled) || bytes.reads != 3 {
			t.Errorf("%s: error %v after %d reads, want that of the context after 3", name, err, bytes.reads)
		}
	}
}

type readerAt struct{ io.Reader }

func (r readerAt) ReadAt(p []byte, _ int64) (int, error) { return r.Read(p) }

// TestLargeImages reads images that are larger than those without Size may be, and refuses
// those that do not fit into memory before they are decoded.
func TestLargeImages(t *testing.T) {
	littleMemory(t)
	claim := func(height, width uint32) []byte {
		file := bytes.Clone(grey(t, 2, 3, 1))
		binary.BigEndian.PutUint32(file[16:], width)
		binary.BigEndian.PutUint32(file[20:], height)
		binary.BigEndian.PutUint32(file[29:], crc32.ChecksumIEEE(file[12:29]))
		return file
	}
	resized := Options{ImageOptions: ImageOptions{Size: Size{4, 4}}}
	path := filepath.Join(t.TempDir(), "a.png")
	for name, test := range map[string]struct {
		file    []byte
		o       Options
		mention string // "": the file is read
	}{
		"long":              {grey(t, 20, 20000, 0), resized, ""},
		"long, not resized": {grey(t, 20, 20000, 0), Options{}, "a.png: image of 20×20000 pixels (height×width), want at most 8192×8192; hint: resize the images"},
		"a claim":           {claim(60000, 60000), resized, "a.png: unreadable image: an image of 60000×60000 pixels (height×width) in a file of"},
		"a claim, padded":   {append(claim(60000, 60000), make([]byte, 1<<20)...), resized, "a.png: decoding an image of 60000×60000 pixels: the data need at least"},
		"beyond all bounds": {append(claim(1, 70000), make([]byte, 1<<10)...), resized, "a.png: image of 1×70000 pixels (height×width), want at most 65536×65536"},
		"a large result":    {grey(t, 2, 2, 0), Options{ImageOptions: ImageOptions{Size: Size{8192, 8192}}}, "decoding an image of 2×2 pixels: the data need at least"},
	} {
		save(t, test.file, path)
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		s, _, err := Images(context.Background(), path, test.o)
		runtime.ReadMemStats(&after)
		if test.mention == "" {
			if err != nil || s.Shape != (Shape{1, 4, 4}) {
				t.Errorf("%s: %v, error %v", name, s.Shape, err)
			}
			continue
		}
		wantError(t, err, ErrData, test.mention)
		if grown := after.TotalAlloc - before.TotalAlloc; grown > 1<<20 {
			t.Errorf("%s: %d bytes were allocated", name, grown)
		}
	}
}

// TestResizingListensToTheContext stops while a large image is resized.
func TestResizingListensToTheContext(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancelCause(context.Background())
	stop := errors.New("stop")
	cancel(stop)
	o := ImageOptions{Size: Size{64, 64}}
	if _, _, err := o.resize(ctx, image.NewNRGBA(image.Rect(0, 0, 4000, 4000))); !errors.Is(err, stop) {
		t.Errorf("error %v", err)
	}
}
