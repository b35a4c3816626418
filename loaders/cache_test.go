package loaders

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"image"
	"image/color"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"gaetrain/loaders/files"
)

// cacheOf returns the only file of a cache.
func cacheOf(t *testing.T, dir string) string {
	t.Helper()
	found, err := filepath.Glob(filepath.Join(dir, "*.pixels"))
	if err != nil || len(found) != 1 {
		t.Fatalf("the cache holds %q, %v", found, err)
	}
	return found[0]
}

// TestCache reads folders from a cache and compares them with those in memory.
func TestCache(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	photos(t, filepath.Join(dir, "photos"), 30)
	for i := range 12 {
		clear, drawn := image.NewNRGBA(image.Rect(0, 0, 3, 2)), image.NewRGBA(image.Rect(0, 0, 3, 2))
		clear.Set(i%3, 0, color.NRGBA{uint8(20 * i), 9, 90, 200})
		for p := range 6 {
			drawn.Set(p%3, p/3, color.RGBA{uint8(30*p + i), uint8(30*p + i), uint8(30*p + i), 255})
		}
		save(t, encodePNG(t, clear), dir, "clear", fmt.Sprintf("%02d.png", i))
		save(t, encodePNG(t, drawn), dir, "drawn", fmt.Sprintf("%02d.png", i)) // grey pixels in a file of colours
		save(t, grey(t, 3, 4, uint8(i)), dir, "pairs", "first", fmt.Sprintf("%02d.png", i))
		save(t, grey(t, 3, 4, uint8(i+50)), dir, "pairs", "second", fmt.Sprintf("%02d.png", i))
	}
	for i, o := range []ImageOptions{{}, {Grey: true}, {Background: "#10ff00"}, {Size: Size{6, 3}, Fit: "pad"}} {
		for _, name := range []string{"folder:photos", "folder:clear", "folder:drawn", "pairs:pairs"} {
			kind, path, _ := strings.Cut(name, ":")
			source := kind + ":" + filepath.Join(dir, path)
			want, _ := opened(t, source, Options{ImageOptions: o})
			cache := filepath.Join(dir, fmt.Sprint("cache", i, path))
			for range 2 {
				got, messages := opened(t, source, Options{ImageOptions: o, StorageOptions: StorageOptions{Cache: cache}})
				if diff := cmp.Diff([]Split{want.Train, want.Test}, []Split{got.Train, got.Test}, byContent); diff != "" {
					t.Errorf("%s with %+v: %s", name, o, diff)
				}
				if got.Background != want.Background || !slices.Equal(got.Classes, want.Classes) {
					t.Errorf("%s with %+v: background %q instead of %q, classes %q, messages %q", name, o, got.Background, want.Background, got.Classes, messages)
				}
			}
		}
	}
}

// TestCacheIsMadeAgain changes the files of a data set, and damages caches.
func TestCacheIsMadeAgain(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	source, cache := filepath.Join(dir, "photos"), filepath.Join(dir, "cache")
	photos(t, source, 20)
	o := Options{StorageOptions: StorageOptions{Cache: cache}}
	open := func(why string) {
		t.Helper()
		want, _ := opened(t, "folder:"+source, Options{})
		got, messages := opened(t, "folder:"+source, o)
		if diff := cmp.Diff([]Split{want.Train, want.Test}, []Split{got.Train, got.Test}, byContent); diff != "" {
			t.Error(diff)
		}
		text := strings.Join(messages, "\n")
		if again := strings.Contains(text, "the cache is made again, because "+why); again != (why != "") {
			t.Errorf("messages %q, want %q", messages, why)
		}
	}
	open("")
	path := cacheOf(t, cache)
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	open("")
	past := time.Now().Add(-time.Hour)
	if err := os.Chtimes(filepath.Join(source, "a", "00.png"), past, past); err != nil {
		t.Fatal(err)
	}
	open("the files of the data set have changed")
	save(t, grey(t, 4, 5, 9), source, "b", "99.png")
	open("the files of the data set have changed")
	whole, err = os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for _, at := range []int{len(whole) - 1, len(whole) - 12, len(whole) - 20, len(whole) - 60, len(whole) - 24, 21*60 + 5} {
		damaged := slices.Clone(whole)
		damaged[at] ^= 4
		save(t, damaged, path)
		open("it is incomplete or damaged")
	}
	save(t, whole[:len(whole)/2], path)
	open("it is incomplete or damaged")
	save(t, nil, path)
	open("it is incomplete or damaged")
	d, _ := opened(t, "folder:"+source, o)
	damaged := slices.Clone(whole)
	damaged[60*3+7] ^= 1
	if err := os.WriteFile(path, damaged, 0o644); err != nil {
		t.Fatal(err)
	}
	_, err = d.Train.meter(context.Background())
	wantError(t, err, ErrData, path, "item 3: damaged; hint: remove the file")
}

// TestCacheOfBrokenImages skips images that cannot be decoded, and says so each time.
func TestCacheOfBrokenImages(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	source := filepath.Join(dir, "photos")
	photos(t, source, 20)
	whole, err := os.ReadFile(filepath.Join(source, "a", "04.png"))
	if err != nil {
		t.Fatal(err)
	}
	save(t, whole[:len(whole)-20], source, "a", "04.png")
	o := Options{StorageOptions: StorageOptions{Cache: filepath.Join(dir, "cache")}}
	for range 2 {
		d, messages := opened(t, "folder:"+source, o)
		if d.Train.Len()+d.Test.Len() != 19 || !strings.Contains(strings.Join(messages, "\n"), "1 image is skipped: broken") {
			t.Errorf("%d images, messages %q", d.Train.Len()+d.Test.Len(), messages)
		}
	}
	o.Strict = true
	os.Remove(cacheOf(t, o.Cache))
	_, err = Open(context.Background(), "folder:"+source, o)
	wantError(t, err, ErrData, "04.png")
}

// TestCacheIsWrittenOnce makes one cache from several goroutines, in a folder with an old
// temporary file, and in a folder that cannot be written.
func TestCacheIsWrittenOnce(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	source, cache := filepath.Join(dir, "photos"), filepath.Join(dir, "cache")
	photos(t, source, 20)
	old, recent := filepath.Join(cache, files.TemporaryName()), filepath.Join(cache, files.TemporaryName())
	save(t, nil, old)
	save(t, nil, recent)
	past := time.Now().Add(-2 * time.Hour)
	if err := os.Chtimes(old, past, past); err != nil {
		t.Fatal(err)
	}
	var running sync.WaitGroup
	for range 4 {
		running.Go(func() {
			if _, err := Open(context.Background(), "folder:"+source, Options{StorageOptions: StorageOptions{Cache: cache}}); err != nil {
				t.Error(err)
			}
		})
	}
	running.Wait()
	cacheOf(t, cache)
	left, err := os.ReadDir(cache)
	if err != nil || len(left) != 2 {
		t.Errorf("the cache holds %v, %v", left, err)
	}
	blocked := filepath.Join(dir, "file")
	save(t, nil, blocked)
	_, err = Open(context.Background(), "folder:"+source, Options{StorageOptions: StorageOptions{Cache: filepath.Join(blocked, "cache")}})
	wantError(t, err, ErrData, "cache")
	ctx, stop := context.WithCancelCause(context.Background())
	stop(errors.New("stopped"))
	if _, err = Open(ctx, "folder:"+source, Options{StorageOptions: StorageOptions{Cache: filepath.Join(dir, "other")}}); err == nil || !strings.Contains(err.Error(), "stopped") {
		t.Errorf("error %v", err)
	}
}

// FuzzCache opens damaged caches. The error is about the file, or all items can be read.
func FuzzCache(f *testing.F) {
	index, err := json.Marshal(cacheIndex{Version: cacheVersion, Source: "s", Shape: [3]int{1, 1, 2}, Names: []string{"a", "b"}})
	if err != nil {
		f.Fatal(err)
	}
	f.Add(index, ramp(4), ramp(8))
	f.Add([]byte(`{"version":1,"source":"s","shape":[1,-1,-2],"names":["a"]}`), ramp(2), ramp(4))
	f.Add([]byte(`{"version":1,"source":"s","shape":[4294967296,4294967296,2],"names":["a"]}`), ramp(2), ramp(4))
	f.Add([]byte(`{"version":2}`), ramp(2), ramp(4))
	f.Fuzz(func(t *testing.T, index, pixels, sums []byte) {
		path := filepath.Join(t.TempDir(), "a.pixels")
		file := append(append(append(slices.Clone(pixels), sums...), index...), trailerOf(index, sums)...)
		save(t, append(file, cacheMagic...), path)
		store, x, err := openCache(path, "s", newBudget())
		if err != nil {
			return
		}
		values := make([]float32, x.shape().Size())
		for i := range store.Len() {
			if err := store.Read(values, i); err != nil {
				wantError(t, err, ErrData)
			}
		}
	})
}
