package loaders

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// TestFetch checks that Fetch gets the complete set from servers with faults.
func TestFetch(t *testing.T) {
	impatient(t)
	cuts := func(n int) func(http.ResponseWriter, *http.Request, []byte) bool {
		return func(w http.ResponseWriter, r *http.Request, file []byte) bool { return cutOff(w, r, file, n) }
	}
	tests := []struct {
		name      string
		misbehave func(t *testing.T) func(http.ResponseWriter, *http.Request, []byte) bool
	}{
		{"well-behaved", func(*testing.T) func(http.ResponseWriter, *http.Request, []byte) bool { return nil }},
		{"cut again and again", func(*testing.T) func(http.ResponseWriter, *http.Request, []byte) bool { return cuts(4000) }},
		{"cut once, then no ranges", func(*testing.T) func(http.ResponseWriter, *http.Request, []byte) bool {
			return func(w http.ResponseWriter, r *http.Request, file []byte) bool {
				if r.Header.Get("Range") == "" {
					return cutOff(w, r, file, 9000)
				}
				w.Write(file)
				return true
			}
		}},
		{"busy at first", func(*testing.T) func(http.ResponseWriter, *http.Request, []byte) bool {
			var n atomic.Int32
			return func(w http.ResponseWriter, r *http.Request, file []byte) bool {
				if n.Add(1) > 2 {
					return false
				}
				w.WriteHeader(http.StatusServiceUnavailable)
				return true
			}
		}},
		{"stalls once", func(*testing.T) func(http.ResponseWriter, *http.Request, []byte) bool {
			var n atomic.Int32
			return func(w http.ResponseWriter, r *http.Request, file []byte) bool {
				if n.Add(1) > 1 {
					return false
				}
				w.Header().Set("Content-Length", fmt.Sprint(len(file)))
				w.Write(file[:100])
				w.(http.Flusher).Flush()
				<-r.Context().Done()
				return true
			}
		}},
		{"no length", func(*testing.T) func(http.ResponseWriter, *http.Request, []byte) bool {
			return func(w http.ResponseWriter, r *http.Request, file []byte) bool {
				w.(http.Flusher).Flush()
				w.Write(file)
				return true
			}
		}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			contents := bigFiles()
			tinySet(t, contents)
			s := serve(t, contents, test.misbehave(t))
			cache := t.TempDir()
			if err := Fetch(context.Background(), "tiny", options(cache, s.base())); err != nil {
				t.Fatal(err)
			}
			wantCache(t, cache)
		})
	}
}

func TestFetchFromTheNextMirror(t *testing.T) {
	impatient(t)
	contents := bigFiles()
	tests := []struct {
		name string
		bad  func(w http.ResponseWriter, r *http.Request, file []byte) bool
	}{
		{"not found", func(w http.ResponseWriter, r *http.Request, _ []byte) bool { http.NotFound(w, r); return true }},
		{"a page", func(w http.ResponseWriter, r *http.Request, _ []byte) bool {
			w.Write([]byte("<html>sign in"))
			return true
		}},
		{"wrong bytes", func(w http.ResponseWriter, r *http.Request, file []byte) bool {
			wrong := slices.Clone(file)
			wrong[len(wrong)/2] ^= 1
			http.ServeContent(w, r, "", time.Time{}, strings.NewReader(string(wrong)))
			return true
		}},
		{"wrong bytes, cut off", func(w http.ResponseWriter, r *http.Request, file []byte) bool {
			wrong := make([]byte, len(file))
			return cutOff(w, r, wrong, 9000) || func() bool {
				http.ServeContent(w, r, "", time.Time{}, strings.NewReader(string(wrong)))
				return true
			}()
		}},
		{"always stalling", func(w http.ResponseWriter, r *http.Request, _ []byte) bool { <-r.Context().Done(); return true }},
		{"endless", func(w http.ResponseWriter, r *http.Request, _ []byte) bool {
			for block := make([]byte, 1<<16); ; {
				if _, err := w.Write(block); err != nil {
					return true
				}
			}
		}},
		{"another range", func(w http.ResponseWriter, r *http.Request, file []byte) bool {
			if offset(r) == 0 {
				return cutOff(w, r, file, 10)
			}
			w.Header().Set("Content-Range", "bytes 0-9/10")
			w.WriteHeader(http.StatusPartialContent)
			return true
		}},
		{"nonsense range", func(w http.ResponseWriter, r *http.Request, file []byte) bool {
			if offset(r) == 0 {
				return cutOff(w, r, file, 10)
			}
			w.WriteHeader(http.StatusPartialContent)
			return true
		}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			tinySet(t, contents)
			bad := serve(t, contents, func(w http.ResponseWriter, r *http.Request, file []byte) bool {
				return strings.Contains(r.URL.Path, "train-images") && test.bad(w, r, file) // one file is enough, and waits only once
			})
			good, cache := serve(t, contents, nil), t.TempDir()
			var messages []string
			o := options(cache, bad.base(), strings.TrimSuffix(good.base(), "/"))
			o.Log = func(m string) { messages = append(messages, m) }
			if err := Fetch(context.Background(), "tiny", o); err != nil {
				t.Fatal(err)
			}
			wantCache(t, cache)
			if len(messages) == 0 {
				t.Error("nothing said about the bad mirror")
			}
		})
	}
}

// TestFetchFails has no good mirror. There is an error, and no file has its final name.
func TestFetchFails(t *testing.T) {
	impatient(t)
	contents := tinyFiles()
	tinySet(t, contents)
	contents[trainImages] = idx(make([]uint8, 30), 5, 2, 3)
	wrong := serve(t, contents, nil)
	gone := serve(t, contents, func(w http.ResponseWriter, r *http.Request, _ []byte) bool { http.NotFound(w, r); return true })
	closed := serve(t, contents, nil)
	closed.Close()
	cache := t.TempDir()
	_, err := Open(context.Background(), "tiny", options(cache, wrong.base(), gone.base(), closed.base()))
	wantError(t, err, ErrData, "train-images-idx3-ubyte.gz of tiny", "md5", "404", "refused", "hint")
	if diff := cmp.Diff([]string{".lock"}, names(t, cache)); diff != "" {
		t.Error(diff)
	}
}

func TestOpenDownloads(t *testing.T) {
	contents := tinyFiles()
	tinySet(t, contents)
	s, cache := serve(t, contents, nil), t.TempDir()
	o := options(cache, s.base())
	done := map[string]int64{}
	o.Progress = func(file string, n, total int64) {
		if n > total || n < done[file] {
			t.Errorf("%s: %d of %d bytes after %d", file, n, total, done[file])
		}
		done[file] = n
	}
	d, err := Open(context.Background(), "tiny", o)
	if err != nil {
		t.Fatal(err)
	}
	if d.Train.Len() != 5 || len(done) != 4 {
		t.Errorf("%d training images, progress of %v", d.Train.Len(), done)
	}
	for file, n := range done {
		if want := int64(len(s.files["/base/"+file])); n != want {
			t.Errorf("%s: progress ends at %d of %d bytes", file, n, want)
		}
	}
	if _, err := Open(context.Background(), "tiny", o); err != nil || len(s.requests) != 4 {
		t.Errorf("%d requests after a second Open (error %v), want the first 4", len(s.requests), err)
	}
	o.Download, o.CacheDir = false, t.TempDir()
	_, err = Open(context.Background(), "tiny", o)
	wantError(t, err, ErrData, "not found")
}

// TestFetchGoesOn continues an interrupted download, removes a part of another file,
// replaces a damaged file and keeps a good one.
func TestFetchGoesOn(t *testing.T) {
	impatient(t)
	contents := bigFiles()
	tinySet(t, contents)
	s, cache := serve(t, contents, nil), t.TempDir()
	file := func(role int) []byte { return s.files["/base/"+idxFiles()[role].name+".gz"] }
	save(t, file(trainImages)[:5000], cache, "tiny", "train-images-idx3-ubyte.gz.part")
	save(t, make([]byte, 10), cache, "tiny", "train-labels-idx1-ubyte.gz.part")
	save(t, file(testImages)[:20], cache, "tiny", "t10k-images-idx3-ubyte.gz")
	save(t, file(testLabels), cache, "tiny", "t10k-labels-idx1-ubyte.gz")
	if err := Fetch(context.Background(), "tiny", options(cache, s.base())); err != nil {
		t.Fatal(err)
	}
	wantCache(t, cache)
	if diff := cmp.Diff([]string{
		"train-images-idx3-ubyte.gz bytes=5000-",
		"train-labels-idx1-ubyte.gz bytes=10-",
		"train-labels-idx1-ubyte.gz ",
		"t10k-images-idx3-ubyte.gz ",
	}, s.requests); diff != "" {
		t.Error(diff)
	}

	// The part file has all bytes but was not renamed, or it has too many bytes.
	for name, part := range map[string][]byte{"whole": file(trainImages), "longer": append(slices.Clone(file(trainImages)), 1, 2)} {
		if err := os.Remove(filepath.Join(cache, "tiny", "train-images-idx3-ubyte.gz")); err != nil {
			t.Fatal(err)
		}
		save(t, part, cache, "tiny", "train-images-idx3-ubyte.gz.part")
		if err := Fetch(context.Background(), "tiny", options(cache, s.base())); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		wantCache(t, cache)
	}
}

func TestFetchCancelled(t *testing.T) {
	contents := bigFiles()
	tinySet(t, contents)
	ctx, cancel := context.WithCancel(context.Background())
	s := serve(t, contents, func(w http.ResponseWriter, r *http.Request, file []byte) bool {
		w.Write(file[:5000])
		w.(http.Flusher).Flush()
		<-r.Context().Done()
		return true
	})
	cache := t.TempDir()
	o := options(cache, s.base())
	o.Progress = func(string, int64, int64) { cancel() }
	err := Fetch(ctx, "tiny", o)
	if !errors.Is(err, context.Canceled) || errors.Is(err, ErrData) {
		t.Errorf("error %v, want only the context's", err)
	}
	if diff := cmp.Diff([]string{".lock", "train-images-idx3-ubyte.gz.part"}, names(t, cache)); diff != "" {
		t.Error(diff)
	}
	s.misbehave = nil
	if err := Fetch(context.Background(), "tiny", options(cache, s.base())); err != nil {
		t.Fatal(err)
	}
	wantCache(t, cache)
}

func TestFetchAtOnce(t *testing.T) {
	impatient(t)
	contents := bigFiles()
	tinySet(t, contents)
	s := serve(t, contents, func(w http.ResponseWriter, r *http.Request, file []byte) bool { return cutOff(w, r, file, 20000) })
	cache := t.TempDir()
	var group sync.WaitGroup
	for range 4 {
		group.Go(func() {
			if _, err := Open(context.Background(), "tiny", options(cache, s.base())); err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
	wantCache(t, cache)
	whole := 0
	for _, request := range s.requests {
		if strings.HasSuffix(request, " ") {
			whole++
		}
	}
	if whole != 4 {
		t.Errorf("%d files were requested from the start, want 4: each once", whole)
	}
}

func TestFetchIntoReadOnly(t *testing.T) {
	contents := tinyFiles()
	tinySet(t, contents)
	s, dir := serve(t, contents, nil), t.TempDir()
	save(t, nil, dir, "cache") // a file in place of the folder
	err := Fetch(context.Background(), "tiny", options(filepath.Join(dir, "cache"), s.base()))
	wantError(t, err, ErrData, "cache")
	if len(s.requests) != 0 {
		t.Errorf("requests %v although nothing can be stored", s.requests)
	}
}

func FuzzContentRange(f *testing.F) {
	for _, header := range []string{"bytes 5-9/10", "bytes 5-9/*", "bytes */10", "bytes", "", "bytes 9-5/10", "bytes 0-4611686018427387903/4611686018427387904", "bytes 0-18446744073709551615/*", "bytes -1-2/3"} {
		f.Add(header)
	}
	f.Fuzz(func(t *testing.T, header string) {
		at, err := contentRange(header)
		if err == nil && (at.begin < -1 || at.begin >= 0 && at.end <= 0 || at.total < -1) {
			t.Fatalf("%q: %+v", header, at)
		}
	})
}
