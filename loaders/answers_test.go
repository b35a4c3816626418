package loaders

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"
)

// answerEnd separates the answers of a fuzzed server.
const answerEnd = "\x00\n"

// fuzzedServer is a client whose connections all lead to a server that answers each request
// with the next of some texts and closes the connection. After the last text, it closes each
// connection without an answer.
func fuzzedServer(answers []string) *http.Client {
	dial := func(context.Context, string, string) (net.Conn, error) {
		client, server := net.Pipe()
		answer := ""
		if len(answers) > 0 {
			answer, answers = answers[0], answers[1:]
		}
		go func() {
			defer server.Close()
			if _, err := http.ReadRequest(bufio.NewReader(server)); err == nil {
				_, _ = server.Write([]byte(answer))
			}
		}()
		return client, nil
	}
	return &http.Client{Transport: &http.Transport{DialContext: dial, DialTLSContext: dial, DisableKeepAlives: true}}
}

// FuzzAnswers downloads a file from a server that answers anything. Only the right file may
// be kept, whatever status, lengths, ranges and redirects the server sends. Files, memory
// and time must have bounds.
func FuzzAnswers(f *testing.F) {
	backoff := firstBackoff
	firstBackoff = time.Microsecond
	f.Cleanup(func() { firstBackoff = backoff })
	right, limit := []byte("0123456789abcdef"), int64(64)
	for _, answers := range [][]string{
		{"HTTP/1.1 200 OK\r\nContent-Length: 16\r\n\r\n" + string(right)},
		{"HTTP/1.1 200 OK\r\n\r\n" + string(right)},
		{"HTTP/1.1 200 OK\r\nContent-Length: 16\r\nETag: \"a\"\r\n\r\n0123", "HTTP/1.1 206 Partial Content\r\nETag: \"a\"\r\nContent-Range: bytes 4-15/16\r\nContent-Length: 12\r\n\r\n456789abcdef"},
		{"HTTP/1.1 200 OK\r\nContent-Length: 16\r\n\r\n0123", "HTTP/1.1 206 Partial Content\r\nContent-Range: bytes 0-15/16\r\n\r\n" + string(right)},
		{"HTTP/1.1 200 OK\r\nContent-Length: 9223372036854775807\r\n\r\n" + string(right)},
		{"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n10\r\n" + string(right) + "\r\n0\r\n\r\n"},
		{"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\n" + string(right)},
		{"HTTP/1.1 200 OK\r\n\r\n" + strings.Repeat("x", 100)},
		{"HTTP/1.1 302 Found\r\nLocation: http://other/\r\n\r\n", "HTTP/1.1 302 Found\r\nLocation: /base/f\r\n\r\n", "HTTP/1.1 200 OK\r\n\r\n" + string(right)},
		{"HTTP/1.1 503 Later\r\nRetry-After: 100\r\n\r\n", "HTTP/1.1 416 Range Not Satisfiable\r\nContent-Range: bytes */16\r\n\r\n"},
		{"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 404 Not Found\r\nContent-Length: 5\r\n\r\nnever"},
	} {
		f.Add([]byte(strings.Join(answers, answerEnd)))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		dir := t.TempDir()
		d := download{
			client: fuzzedServer(strings.Split(string(data), answerEnd)), path: filepath.Join(dir, "f"), limit: limit,
			check: func(_ context.Context, part string) error {
				if got, err := os.ReadFile(part); err != nil || !bytes.Equal(got, right) {
					return errors.New("another file")
				}
				return nil
			},
		}
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		start := time.Now()
		err := d.from(t.Context(), "http://host/base/f")
		runtime.ReadMemStats(&after)
		if got, missing := os.ReadFile(d.path); (err == nil) != (missing == nil) || missing == nil && !bytes.Equal(got, right) {
			t.Errorf("error is %v, and the file has %q", err, got)
		}
		if info, err := os.Stat(d.part()); err == nil && info.Size() > limit+1<<16 {
			t.Errorf("%d bytes are stored, want at most %d and one buffer", info.Size(), limit)
		}
		if used := after.TotalAlloc - before.TotalAlloc; used > uint64(64<<20+100*len(data)) {
			t.Errorf("%d bytes were allocated for answers of %d bytes", used, len(data))
		}
		if took := time.Since(start); took > 10*time.Second {
			t.Errorf("the download took %v", took)
		}
	})
}
