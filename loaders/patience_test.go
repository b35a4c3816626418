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

// answer answers a request for a file. If it returns false, the server answers as usual.
type answer = func(w http.ResponseWriter, r *http.Request, file []byte) bool

// ranged sends a response with the status 206 and a body without a length. Then it
// closes the connection.
func ranged(w http.ResponseWriter, contentRange string, body []byte) bool {
	w.Header().Set("Content-Range", contentRange)
	w.WriteHeader(http.StatusPartialContent)
	w.Write(body)
	w.(http.Flusher).Flush()
	panic(http.ErrAbortHandler)
}

// lies interrupts the first request. It answers each later one with a Content-Range and
// a body that the caller makes from the offset and the file.
func lies(with func(from int, file []byte) (string, []byte)) answer {
	return func(w http.ResponseWriter, r *http.Request, file []byte) bool {
		if from := offset(r); from > 0 {
			text, body := with(from, file)
			w.Header().Set("Content-Range", text)
			w.WriteHeader(http.StatusPartialContent)
			w.(http.Flusher).Flush() // no Content-Length
			w.Write(body)
			return true
		}
		return cutOff(w, r, file, 9000)
	}
}

// TestFetchGivesUp has servers that never send the complete file. After a few requests,
// Fetch turns to the next mirror and uses no bytes of another file.
func TestFetchGivesUp(t *testing.T) {
	contents := bigFiles()
	forever := func(w http.ResponseWriter, r *http.Request, step time.Duration) bool {
		for r.Context().Err() == nil {
			w.Write([]byte{0x1f})
			w.(http.Flusher).Flush()
			time.Sleep(step)
		}
		return true
	}
	tests := []struct {
		name     string
		requests int // at most, of one file
		mention  string
		bad      func() answer
	}{
		{"one byte and a cut", 5, "cut off after", func() answer {
			return func(w http.ResponseWriter, r *http.Request, file []byte) bool {
				if from := offset(r); from > 0 {
					return ranged(w, fmt.Sprintf("bytes %d-%d/%d", from, len(file)-1, len(file)), file[from:from+1])
				}
				return cutOff(w, r, file, 9000)
			}
		}},
		{"ranges of one byte", 5, "cut off after", func() answer {
			return func(w http.ResponseWriter, r *http.Request, file []byte) bool {
				from := offset(r)
				w.Header().Set("Content-Length", "1")
				w.Header().Set("Content-Range", fmt.Sprintf("bytes %d-%d/%d", from, from, len(file)))
				w.WriteHeader(http.StatusPartialContent)
				w.Write(file[from : from+1])
				return true
			}
		}},
		{"a byte now and then", 4, "the server is too slow", func() answer {
			return func(w http.ResponseWriter, r *http.Request, _ []byte) bool { return forever(w, r, 5*time.Millisecond) }
		}},
		{"another total each time", 8, "given up after", func() answer {
			var n atomic.Int32
			return func(w http.ResponseWriter, r *http.Request, file []byte) bool {
				if from, total := offset(r), len(file)+int(n.Add(1)); from > 0 {
					return ranged(w, fmt.Sprintf("bytes %d-%d/%d", from, total-1, total), file[from:min(from+3000, len(file))])
				}
				return cutOff(w, r, file, 9000)
			}
		}},
		{"another length each time", 8, "given up after", func() answer {
			var n atomic.Int32
			return func(w http.ResponseWriter, r *http.Request, file []byte) bool {
				w.Header().Set("Content-Length", fmt.Sprint(len(file)+int(n.Add(1)%2)))
				w.Write(file[:9000])
				w.(http.Flusher).Flush()
				panic(http.ErrAbortHandler)
			}
		}},
		{"another version each time", 8, "given up after", func() answer {
			var n atomic.Int32
			return func(w http.ResponseWriter, r *http.Request, file []byte) bool {
				w.Header().Set("ETag", fmt.Sprintf(`"%d"`, n.Add(1)))
				return cutOff(w, r, file, 9000)
			}
		}},
		{"progress for ever", 10, "given up after 10 attempts", func() answer {
			var n atomic.Int32
			return func(w http.ResponseWriter, r *http.Request, file []byte) bool {
				w.Header().Set("Content-Length", fmt.Sprint(1<<20))
				w.Write(make([]byte, 9000*int(n.Add(1))))
				w.(http.Flusher).Flush()
				panic(http.ErrAbortHandler)
			}
		}},
		{"another range", 2, "from 0 on instead of 9000", func() answer {
			return lies(func(_ int, file []byte) (string, []byte) {
				return fmt.Sprintf("bytes 0-%d/%d", len(file)-1, len(file)), file
			})
		}},
		{"end before begin", 2, "Content-Range", func() answer {
			return lies(func(from int, file []byte) (string, []byte) {
				return fmt.Sprintf("bytes %d-%d/%d", from, from-1, len(file)), file[from:]
			})
		}},
		{"end behind the total", 2, "Content-Range", func() answer {
			return lies(func(from int, file []byte) (string, []byte) {
				return fmt.Sprintf("bytes %d-%d/%d", from, len(file), len(file)), file[from:]
			})
		}},
		{"more than the range", 2, "more than 9010 bytes", func() answer {
			return lies(func(from int, file []byte) (string, []byte) {
				return fmt.Sprintf("bytes %d-%d/%d", from, from+9, len(file)), file[from : from+20]
			})
		}},
		{"a total beyond all bounds", 2, "not the requested file", func() answer {
			return lies(func(from int, file []byte) (string, []byte) {
				return fmt.Sprintf("bytes %d-%d/%d", from, 1<<40, 1<<41), file[from:]
			})
		}},
		{"a length beyond all bounds", 1, "not the requested file", func() answer {
			return func(w http.ResponseWriter, r *http.Request, _ []byte) bool {
				w.Header().Set("Content-Length", fmt.Sprint(1<<40))
				w.WriteHeader(http.StatusOK)
				return true
			}
		}},
		{"redirects for ever", 4 * 11, "10 redirects", func() answer {
			return func(w http.ResponseWriter, r *http.Request, _ []byte) bool {
				http.Redirect(w, r, r.URL.Path, http.StatusFound)
				return true
			}
		}},
		{"huge headers", 4, "given up after 4 attempts", func() answer {
			value := strings.Repeat("x", 12<<20)
			return func(w http.ResponseWriter, r *http.Request, _ []byte) bool {
				w.Header().Set("X", value)
				w.WriteHeader(http.StatusOK)
				return true
			}
		}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			impatient(t)
			before := maxAttempts
			maxAttempts = 10
			t.Cleanup(func() { maxAttempts = before })
			tinySet(t, contents)
			answer := test.bad()
			bad := serve(t, contents, func(w http.ResponseWriter, r *http.Request, file []byte) bool {
				return strings.Contains(r.URL.Path, "train-images") && answer(w, r, file)
			})
			good, cache := serve(t, contents, nil), t.TempDir()
			var log []string
			o := options(cache, bad.base(), good.base())
			o.Log = func(m string) { log = append(log, m) }
			if err := Fetch(context.Background(), "tiny", o); err != nil {
				t.Fatal(err)
			}
			wantCache(t, cache)
			if len(log) != 1 || !strings.Contains(log[0], test.mention) || len(log[0]) > 400 || strings.Contains(log[0], "\n") {
				t.Errorf("said of the bad mirror: %.600q, want a line with %q", log, test.mention)
			}
			if n := len(bad.requests) - 3; n > test.requests {
				t.Errorf("%d requests of one file, want at most %d", n, test.requests)
			}
			// One request, and a second one if the size is found to be different.
			if n := len(good.requests); n > 2 {
				t.Errorf("%d requests to the good mirror: %q", n, good.requests)
			}
		})
	}
}

// TestFetchOfAnotherVersion continues a part from one mirror at another mirror only if
// both have the same version of the file.
func TestFetchOfAnotherVersion(t *testing.T) {
	impatient(t)
	contents := bigFiles()
	for header, values := range map[string][2]string{
		"ETag":          {`"a"`, `"b"`},
		"Last-Modified": {"Mon, 02 Jan 2006 15:04:05 GMT", "Mon, 02 Jan 2006 15:04:06 GMT"},
	} {
		tinySet(t, contents)
		old := serve(t, contents, func(w http.ResponseWriter, r *http.Request, file []byte) bool {
			if offset(r) > 0 {
				http.NotFound(w, r)
				return true
			}
			w.Header().Set(header, values[0])
			return cutOff(w, r, make([]byte, len(file)), 9000)
		})
		good := serve(t, contents, func(w http.ResponseWriter, r *http.Request, file []byte) bool {
			w.Header().Set(header, values[1])
			return false
		})
		cache := t.TempDir()
		if err := Fetch(context.Background(), "tiny", options(cache, old.base(), good.base())); err != nil {
			t.Fatal(err)
		}
		wantCache(t, cache)
		if diff := cmp.Diff([]string{"train-images-idx3-ubyte.gz bytes=9000-"}, good.requests[:1]); diff != "" {
			t.Error(diff)
		}
		if n := len(slices.DeleteFunc(good.requests, func(r string) bool { return !strings.HasPrefix(r, "train-images") })); n != 1 {
			t.Errorf("%s: %d requests for the training images, want 1", header, n)
		}
	}
}

// TestFetchWaitsBetweenAttempts checks that Fetch waits before each attempt, and that the
// wait doubles after attempts without progress.
func TestFetchWaitsBetweenAttempts(t *testing.T) {
	impatient(t)
	firstBackoff = 20 * time.Millisecond
	contents := bigFiles()
	for name, test := range map[string]struct {
		bytes int // of each attempt
		waits []time.Duration
	}{
		"with progress": {6000, []time.Duration{20, 20, 20}},
		"without":       {1, []time.Duration{40, 80}},
	} {
		tinySet(t, contents)
		var mu sync.Mutex
		var times []time.Time
		s := serve(t, contents, func(w http.ResponseWriter, r *http.Request, file []byte) bool {
			if !strings.Contains(r.URL.Path, "train-images") {
				return false
			}
			mu.Lock()
			times = append(times, time.Now())
			mu.Unlock()
			return cutOff(w, r, file, test.bytes)
		})
		err := Fetch(context.Background(), "tiny", options(t.TempDir(), s.base()))
		if got := err == nil; got != (test.bytes > 1) {
			t.Errorf("%s: error %v", name, err)
		}
		if len(times) < len(test.waits)+1 {
			t.Fatalf("%s: %d requests", name, len(times))
		}
		for i, want := range test.waits {
			last := len(times) - len(test.waits) + i
			if got := times[last].Sub(times[last-1]); got < want*time.Millisecond {
				t.Errorf("%s: %v before request %d, want at least %v", name, got, last, want*time.Millisecond)
			}
		}
	}
}

func TestFetchCancelledWhileWaiting(t *testing.T) {
	impatient(t)
	firstBackoff = time.Hour
	contents := tinyFiles()
	tinySet(t, contents)
	ctx, cancel := context.WithCancel(context.Background())
	s := serve(t, contents, func(w http.ResponseWriter, r *http.Request, _ []byte) bool {
		w.WriteHeader(http.StatusServiceUnavailable)
		time.AfterFunc(20*time.Millisecond, cancel)
		return true
	})
	if err := Fetch(ctx, "tiny", options(t.TempDir(), s.base())); !errors.Is(err, context.Canceled) || errors.Is(err, ErrData) {
		t.Errorf("error %v, want only the context's", err)
	}
}

// TestDecompressionIsBounded stops reading a file that decompresses to more bytes than
// the set has.
func TestDecompressionIsBounded(t *testing.T) {
	impatient(t)
	contents := tinyFiles()
	tinySet(t, contents)
	contents[trainImages] = idx(make([]byte, 2<<20), 2, 1024, 1024)
	contents[trainLabels] = idx(make([]byte, 2<<20), 2<<20)
	s, cache := serve(t, contents, nil), t.TempDir()
	err := Fetch(context.Background(), "tiny", options(cache, s.base()))
	wantError(t, err, ErrData, "more than 1 MiB decompressed")
	if diff := cmp.Diff([]string{".lock"}, names(t, cache)); diff != "" {
		t.Error(diff)
	}
	saveTiny(t, contents, cache, "tiny")
	if err := os.Remove(filepath.Join(cache, "tiny", ".lock")); err != nil {
		t.Fatal(err)
	}
	statuses, err := Verify(context.Background(), "tiny", Options{CacheDir: cache})
	wantError(t, err, ErrData, "2 of 4 files")
	for _, status := range statuses[:2] {
		if status.State != FileUnreadable || !strings.Contains(status.Reason, "more than 1 MiB decompressed") {
			t.Errorf("%+v, want it unreadable for its size", status)
		}
	}
}
