package loaders

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// bigFiles returns tinyFiles with so many incompressible training images that a
// connection can be closed in the middle of the file.
func bigFiles() [4][]byte {
	files := tinyFiles()
	const n = 5000
	pixels, state := make([]uint8, 6*n), uint32(1)
	for i := range pixels {
		state = state*1664525 + 1013904223
		pixels[i] = uint8(state >> 24)
	}
	files[trainImages] = idx(pixels, n, 2, 3)
	files[trainLabels] = idx(make([]uint8, n), n)
	return files
}

// server serves the gzipped files of a set. misbehave can answer a request instead.
type server struct {
	*httptest.Server
	files     map[string][]byte
	misbehave func(w http.ResponseWriter, r *http.Request, file []byte) bool
	mu        sync.Mutex
	requests  []string // path and range
}

func serve(t *testing.T, contents [4][]byte, misbehave func(http.ResponseWriter, *http.Request, []byte) bool) *server {
	t.Helper()
	s := &server{files: map[string][]byte{}, misbehave: misbehave}
	for role, data := range contents {
		s.files["/base/"+idxFiles()[role].name+".gz"] = zipped(t, data)
	}
	s.Server = httptest.NewServer(s)
	t.Cleanup(s.Close)
	return s
}

func (s *server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	s.requests = append(s.requests, filepath.Base(r.URL.Path)+" "+r.Header.Get("Range"))
	s.mu.Unlock()
	file, ok := s.files[r.URL.Path]
	if !ok {
		http.NotFound(w, r)
		return
	}
	if s.misbehave != nil && s.misbehave(w, r, file) {
		return
	}
	http.ServeContent(w, r, "", time.Time{}, strings.NewReader(string(file)))
}

func (s *server) base() string { return s.URL + "/base/" }

// offset returns the first byte of the range of a request.
func offset(r *http.Request) int {
	n, _ := strconv.Atoi(strings.TrimSuffix(strings.TrimPrefix(r.Header.Get("Range"), "bytes="), "-"))
	return n
}

// cutOff serves n bytes of the requested range and closes the connection. It returns
// false if the range has no more than n bytes.
func cutOff(w http.ResponseWriter, r *http.Request, file []byte, n int) bool {
	from := offset(r)
	if from+n >= len(file) {
		return false
	}
	w.Header().Set("Content-Length", fmt.Sprint(len(file)-from))
	if from > 0 {
		w.Header().Set("Content-Range", fmt.Sprintf("bytes %d-%d/%d", from, len(file)-1, len(file)))
		w.WriteHeader(http.StatusPartialContent)
	}
	w.Write(file[from : from+n])
	w.(http.Flusher).Flush()
	panic(http.ErrAbortHandler)
}

// impatient shortens the time limits of downloads.
func impatient(t *testing.T) {
	stall, backoff := stallAfter, firstBackoff
	stallAfter, firstBackoff = 100*time.Millisecond, time.Millisecond
	t.Cleanup(func() { stallAfter, firstBackoff = stall, backoff })
}

// wantCache checks that the cache has the complete tiny set and no other files.
func wantCache(t *testing.T, cache string) {
	t.Helper()
	if _, err := Verify(context.Background(), "tiny", Options{CacheDir: cache}); err != nil {
		t.Error(err)
	}
	if diff := cmp.Diff([]string{".lock", "t10k-images-idx3-ubyte.gz", "t10k-labels-idx1-ubyte.gz", "train-images-idx3-ubyte.gz", "train-labels-idx1-ubyte.gz"}, names(t, cache)); diff != "" {
		t.Error(diff)
	}
}

func names(t *testing.T, cache string) []string {
	t.Helper()
	entries, err := os.ReadDir(filepath.Join(cache, "tiny"))
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names
}

func options(cache string, bases ...string) Options {
	return Options{CacheDir: cache, Download: true, Mirrors: map[string][]string{"tiny": bases}}
}
