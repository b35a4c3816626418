package loaders

import (
	"archive/tar"
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// tarFile is a member of an archive.
type tarFile struct {
	name string
	data []byte
}

// tarred returns a tar archive of files.
func tarred(t testing.TB, list ...tarFile) []byte {
	t.Helper()
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	for _, f := range list {
		if err := w.WriteHeader(&tar.Header{Name: f.name, Mode: 0o644, Size: int64(len(f.data)), Typeflag: tar.TypeReg}); err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write(f.data); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// keyed returns the members of images with classes. The first pixel is the number of
// the image.
func keyed(t testing.TB, from, to int, class func(i int) string) (list []tarFile) {
	t.Helper()
	for i := from; i < to; i++ {
		list = append(list, tarFile{fmt.Sprintf("./deep/%03d.png", i), grey(t, 3, 4, uint8(i))}, tarFile{fmt.Sprintf("./deep/%03d.json", i), []byte("{}")})
		if class != nil {
			list = append(list, tarFile{fmt.Sprintf("./deep/%03d.cls", i), []byte(class(i) + "\n")})
		}
	}
	return list
}

func number(i int) string { return fmt.Sprint(i * 5 % 12) }

// TestTar reads archives from memory, from their files and from a cache, compressed or not.
func TestTar(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	shards := map[string][]byte{
		"photos-train-000.tar": tarred(t, keyed(t, 0, 20, number)...),
		"photos-train-001.tar": tarred(t, keyed(t, 20, 30, number)...),
		"photos-test-000.tar":  tarred(t, keyed(t, 30, 36, number)...),
		"photos-val-000.tar":   tarred(t, keyed(t, 36, 40, number)...),
	}
	for name, data := range shards {
		save(t, data, dir, "plain", name)
		save(t, zipped(t, data), dir, "packed", name+".gz")
	}
	save(t, nil, dir, "plain", "README.md")
	d := sameFromFiles(t, "tar:"+filepath.Join(dir, "plain"), Options{})
	if d.Train.Len() != 34 || d.Test.Len() != 6 || d.Validation != 4 || d.HeldOut != 0 {
		t.Errorf("%d training, %d test, %d validation images", d.Train.Len(), d.Test.Len(), d.Validation)
	}
	if diff := cmp.Diff([]string{"0", "1", "2", "3", "4", "5", "6", "7", "8", "9", "10", "11"}, d.Classes); diff != "" {
		t.Error(diff)
	}
	for i, first := range firstPixels(d.Train) {
		if d.Classes[d.Train.Labels[i]] != number(int(first)) || !strings.HasSuffix(d.Train.Names[i], fmt.Sprintf(".tar/deep/%03d.png", first)) {
			t.Errorf("image %d has class %s and name %s", first, d.Classes[d.Train.Labels[i]], d.Train.Names[i])
		}
	}
	_, messages := opened(t, "tar:"+filepath.Join(dir, "plain"), Options{})
	for _, want := range []string{"40 members are skipped: 40 .json", "4 archives with 30 training, 4 validation and 6 test images", "1 file or folder is skipped: no tar archive (such as README.md)"} {
		if !strings.Contains(strings.Join(messages, "\n"), want) {
			t.Errorf("messages %q do not have %q", messages, want)
		}
	}
	_, err := Open(context.Background(), "tar:"+filepath.Join(dir, "packed"), Options{})
	wantError(t, err, ErrUnknown, "photos-test-000.tar.gz", "hint: --cache DIR")
	for _, name := range []string{"plain", "packed"} {
		for range 2 { // the second time, the cache is there
			cached, _ := opened(t, "tar:"+filepath.Join(dir, name), Options{StorageOptions: StorageOptions{Cache: filepath.Join(dir, "cache")}})
			for _, s := range []*Split{&d.Train, &d.Test, &cached.Train, &cached.Test} {
				for i, file := range s.Names {
					s.Names[i] = strings.Replace(file, ".tar.gz", ".tar", 1)
				}
			}
			if diff := cmp.Diff([]Split{d.Train, d.Test}, []Split{cached.Train, cached.Test}, byContent); diff != "" {
				t.Error(name, diff)
			}
			if !slices.Equal(d.Classes, cached.Classes) {
				t.Errorf("classes %q", cached.Classes)
			}
		}
	}
	left, err := os.ReadDir(filepath.Join(dir, "cache"))
	if err != nil || len(left) != 2 {
		t.Errorf("the cache holds %v, %v", left, err)
	}
}

// TestTarPaths has the forms of a path.
func TestTarPaths(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for i := range 3 {
		save(t, tarred(t, keyed(t, 10*i, 10*i+10, nil)...), dir, fmt.Sprintf("part-%02d.tar", i))
	}
	for path, images := range map[string]int{"": 30, "part-00.tar": 10, "part-{01..02}.tar": 20} {
		d, _ := opened(t, "tar:"+filepath.Join(dir, path), Options{})
		if n := d.Train.Len() + d.Test.Len(); n != images || d.Classes != nil || d.HeldOut == 0 {
			t.Errorf("%s: %d images, %d held out, classes %q", path, n, d.HeldOut, d.Classes)
		}
	}
	if kindOf(dir) != "tar" || kindOf(filepath.Join(dir, "part-00.tar")) != "tar" {
		t.Errorf("the folder is of kind %q", kindOf(dir))
	}
	save(t, nil, dir, "empty", "a.txt")
	for i := range 2 {
		save(t, nil, dir, fmt.Sprint("same-", i), "a.tar")
	}
	for path, want := range map[string]string{
		"part-{01..03}.tar": "part-03.tar: no such file", "part-{2..1}.tar": "an ascending range", "part-{a,b}.tar": "a range of numbers",
		"part-{0..99999999999999999999}.tar": "at most 100000", "other.tar": "no such file", "same-{0..1}/a.tar": "two archives of one name", "empty": "holds no files .tar",
	} {
		_, err := Open(context.Background(), "tar:"+filepath.Join(dir, path), Options{})
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: error %v does not mention %q", path, err, want)
		}
	}
}

// lyingTar returns an archive whose only member has a header that need not be true.
func lyingTar(t testing.TB, h tar.Header, data []byte) []byte {
	t.Helper()
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	if err := w.WriteHeader(&h); err != nil {
		t.Fatal(err)
	}
	if _, err := w.Write(data[:min(int64(len(data)), h.Size)]); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// TestTarErrors has archives that are refused with a message of one line.
func TestTarErrors(t *testing.T) {
	t.Parallel()
	good := keyed(t, 0, 12, number)
	with := func(more ...tarFile) []byte { return tarred(t, append(slices.Clone(good), more...)...) }
	whole := tarred(t, good...)
	for name, test := range map[string]struct {
		file []byte
		want string
	}{
		"truncated":        {whole[:len(whole)/2], "truncated"},
		"no archive":       {ramp(5000), "not a tar archive, or damaged, at its start"},
		"empty":            {nil, "no training images"},
		"huge claim":       {lyingTar(t, tar.Header{Name: "a.png", Typeflag: tar.TypeReg, Size: 1 << 40, Format: tar.FormatGNU}, ramp(600)), "the member \"a.png\" claims 1 TiB"},
		"no class":         {with(tarFile{"new.png", grey(t, 3, 4, 1)}), "new.png: has no .cls with its class"},
		"no image":         {with(tarFile{"new.cls", []byte("1")}), "\"new.cls\" has a class but no image"},
		"only another":     {with(tarFile{"new.left.jpg", grey(t, 3, 4, 1)}, tarFile{"new.cls", []byte("1")}), "\"new.cls\" has a class but no image"},
		"two images":       {with(tarFile{"deep/001.jpg", grey(t, 3, 4, 1)}), "has two images, .png and .jpg"},
		"same image twice": {with(tarFile{"deep/001.png", grey(t, 3, 4, 1)}), "has two images, .png and .png"},
		"same class twice": {with(tarFile{"deep/001.cls", []byte("1")}), "occurs twice"},
		"empty class":      {with(tarFile{"new.cls", []byte(" \n")}), "is no class"},
		"binary class":     {with(tarFile{"new.cls", []byte{0xff, 0}}), "is no class"},
		"long class":       {with(tarFile{"new.cls", make([]byte, 2000)}), "2000 bytes, want a class of at most 1024"},
		"other size":       {with(tarFile{"new.png", grey(t, 9, 4, 1)}, tarFile{"new.cls", []byte("1")}), "images of 2 sizes"},
	} {
		path := filepath.Join(t.TempDir(), "a.tar")
		save(t, test.file, path)
		_, err := Open(context.Background(), "tar:"+path, Options{})
		t.Run(name, func(t *testing.T) { wantError(t, err, ErrData, path, test.want) })
	}
}

// TestTarNames has members that are no images, and names that point elsewhere. They are
// only names.
func TestTarNames(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	long := strings.Repeat("n", 300)
	for i, name := range []string{"../../outside", "/etc/absolute", "./plain", long, "dir/._mac", "a.b/c", "last"} {
		data := grey(t, 3, 4, uint8(i))
		header := tar.Header{Name: name + ".png", Typeflag: tar.TypeReg, Size: int64(len(data)), Format: tar.FormatPAX}
		if name == long {
			header.Format = tar.FormatGNU
		}
		if err := w.WriteHeader(&header); err != nil {
			t.Fatal(err)
		}
		w.Write(data)
	}
	for _, h := range []tar.Header{
		{Name: "link.png", Typeflag: tar.TypeSymlink, Linkname: "/etc/passwd"}, {Name: "hard.png", Typeflag: tar.TypeLink, Linkname: "last.png"},
		{Name: "pipe.png", Typeflag: tar.TypeFifo}, {Name: "dir.png/", Typeflag: tar.TypeDir},
	} {
		if err := w.WriteHeader(&h); err != nil {
			t.Fatal(err)
		}
	}
	for i := range 20 {
		w.WriteHeader(&tar.Header{Name: fmt.Sprintf("last.x%02d", i), Typeflag: tar.TypeReg})
	}
	w.Close()
	save(t, b.Bytes(), dir, "a.tar")
	d, messages := opened(t, "tar:"+filepath.Join(dir, "a.tar"), Options{Whole: true})
	if diff := cmp.Diff([]uint8{0, 1, 2, 3, 5, 6}, firstPixels(d.Train)); diff != "" {
		t.Error(diff)
	}
	if text := strings.Join(messages, "\n"); !strings.Contains(text, "24 members are skipped: ") || !strings.Contains(text, "3 links, devices or sparse files, 14 others") || !strings.Contains(text, "1 hidden") {
		t.Errorf("messages %q", messages)
	}
}

// TestTarMemory has an archive of many empty members in little memory, and a compressed
// archive that is large when decompressed.
func TestTarMemory(t *testing.T) {
	littleMemory(t)
	dir := t.TempDir()
	path := filepath.Join(dir, "a.tar")
	file, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	w := tar.NewWriter(file)
	for i := range 60_000 {
		if err := w.WriteHeader(&tar.Header{Name: fmt.Sprintf("%s%d.png", strings.Repeat("k", 80), i), Typeflag: tar.TypeReg}); err != nil {
			t.Fatal(err)
		}
	}
	w.Close()
	file.Close()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	_, err = Open(context.Background(), "tar:"+path, Options{})
	runtime.ReadMemStats(&after)
	wantError(t, err, ErrData, path, "the list of its members: the data need at least")
	if grown := int64(after.HeapSys) - int64(before.HeapSys); grown > 80<<20 {
		t.Errorf("the heap has grown by %d bytes", grown)
	}
	bomb := filepath.Join(dir, "b.tar.gz")
	save(t, zeros(t, tarred(t, keyed(t, 0, 12, number)...)[:1024], 30<<20), bomb)
	cache := filepath.Join(dir, "cache")
	_, err = Open(context.Background(), "tar:"+bomb, Options{StorageOptions: StorageOptions{Cache: cache}})
	wantError(t, err, ErrData, bomb, "which is more than 200 times its size")
	if left, err := os.ReadDir(cache); err != nil || len(left) != 0 {
		t.Errorf("the cache holds %v, %v", left, err)
	}
}

// FuzzTar opens damaged archives from their files. All images can be read, or there is an
// error about the data.
func FuzzTar(f *testing.F) {
	good := tarred(f, keyed(f, 0, 12, number)...)
	f.Add(good)
	f.Add(good[:len(good)/3])
	f.Add(tarred(f, tarFile{"a.left.png", grey(f, 3, 4, 1)}, tarFile{"b.png", grey(f, 3, 4, 1)}))
	f.Add(lyingTar(f, tar.Header{Name: "a.png", Typeflag: tar.TypeReg, Size: 1 << 40, Format: tar.FormatGNU}, ramp(600)))
	f.Fuzz(func(t *testing.T, file []byte) {
		path := filepath.Join(t.TempDir(), "a.tar")
		save(t, file, path)
		d, err := Open(context.Background(), "tar:"+path, Options{StorageOptions: little})
		if err == nil {
			_, err = d.Train.meter(context.Background())
		}
		if err != nil && !bytes.HasPrefix(file, []byte{0x1f, 0x8b}) { // which need a cache
			wantError(t, err, ErrData)
		}
	})
}
