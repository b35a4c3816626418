package watch

import (
	"bufio"
	"context"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// serve serves a folder with one run, a.
func serve(t *testing.T, token string) (dir string, server *httptest.Server) {
	t.Helper()
	dir = t.TempDir()
	addRun(t, filepath.Join(dir, "a"))
	w := New(dir)
	w.look(context.Background())
	server = httptest.NewServer((&Server{Watcher: w, Token: token}).Handler())
	t.Cleanup(server.Close)
	return dir, server
}

// get sends a request and returns the status, the header and the body.
func get(t *testing.T, client *http.Client, method, url string, header ...string) (int, http.Header, string) {
	t.Helper()
	r, err := http.NewRequest(method, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i < len(header); i += 2 {
		if header[i] == "Host" {
			r.Host = header[i+1]
		}
		r.Header.Set(header[i], header[i+1])
	}
	answer, err := client.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer.StatusCode, answer.Header, string(body)
}

func TestServerFiles(t *testing.T) {
	dir, server := serve(t, "")
	run := "/run/" + idOf("a")
	secret := filepath.Join(t.TempDir(), "secret.png")
	put(t, secret, "secret")
	pictures := filepath.Join(dir, "a", "pictures")
	for link, target := range map[string]string{"link.png": secret, "inner.png": "filters.png", "folder.png": dir} {
		if err := os.Symlink(target, filepath.Join(pictures, link)); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Mkdir(filepath.Join(pictures, "dir.png"), 0o755); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]int{
		"/": 200, "/style.css": 200, "/curves.js": 200, "/watch.js": 200,
		run + "/records": 200, run + "/pictures": 200, run + "/pictures/filters.png": 200, run + "/report.html": 200,
		run + "/records?from=x": 400, "/run/000000000000/records": 404, run + "/run.json": 404, run + "/pictures/none.png": 404,
		run + "/pictures/x-0001.html": 404, run + "/pictures/link.png": 403, run + "/pictures/inner.png": 403, run + "/pictures/folder.png": 403, run + "/pictures/dir.png": 403,
		run + "/pictures/..%2frun.json": 404, run + "/pictures/..%2f..%2fa%2fpictures%2ffilters.png": 404, run + "/pictures/%2e%2e%2fx.png": 404, "/run/..%2f..%2fetc/report.html": 404,
		run + "/pictures/.hidden.png": 404, "/none": 404, run + "/checkpoint/last.safetensors": 404,
	} {
		status, header, body := get(t, server.Client(), "GET", server.URL+path)
		if status != want {
			t.Errorf("%s: status %d, want %d", path, status, want)
		}
		if header.Get("Content-Security-Policy") == "" || header.Get("X-Content-Type-Options") != "nosniff" {
			t.Errorf("%s: headers %v", path, header)
		}
		if strings.Contains(body, "secret") || strings.Contains(body, dir) {
			t.Errorf("%s: the body tells %q", path, body)
		}
	}
	_, header, body := get(t, server.Client(), "GET", server.URL+run+"/report.html")
	if policy := header.Get("Content-Security-Policy"); !strings.Contains(policy, "sandbox allow-scripts") || strings.Contains(policy, "allow-same-origin") || body != "<script>report</script>" {
		t.Errorf("the report has the policy %q and the body %q", policy, body)
	}
	if _, header, _ := get(t, server.Client(), "GET", server.URL+"/"); strings.Contains(header.Get("Content-Security-Policy"), "unsafe") {
		t.Errorf("the page has the policy %q", header.Get("Content-Security-Policy"))
	}
	var list Pictures
	_, _, body = get(t, server.Client(), "GET", server.URL+run+"/pictures")
	if err := json.Unmarshal([]byte(body), &list); err != nil || len(list.Kinds) != 2 || len(list.Kinds[0].Epochs) != 2 || list.Kinds[0].Epochs[1] != 2 || list.Kinds[1].Name != "samples-2-joint" {
		t.Errorf("pictures %s, %v", body, err)
	}
}

func TestServerRequests(t *testing.T) {
	_, server := serve(t, "")
	for _, c := range []struct {
		what, method string
		header       []string
		want         int
	}{
		{"another method", "POST", nil, 405},
		{"deletion", "DELETE", nil, 405},
		{"the name of this machine", "GET", []string{"Host", "localhost:8686"}, 200},
		{"another name that points here", "GET", []string{"Host", "evil.example:8686"}, 403},
		{"another name like an address", "GET", []string{"Host", "127.0.0.1.evil.example"}, 403},
		{"another address", "GET", []string{"Host", "192.0.2.1"}, 403},
		{"IPv6", "GET", []string{"Host", "[::1]:8686"}, 200},
		{"a script of another site", "GET", []string{"Sec-Fetch-Site", "cross-site", "Sec-Fetch-Mode", "no-cors"}, 403},
		{"a link on another site", "GET", []string{"Sec-Fetch-Site", "cross-site", "Sec-Fetch-Mode", "navigate"}, 200},
	} {
		if status, _, _ := get(t, server.Client(), c.method, server.URL+"/", c.header...); status != c.want {
			t.Errorf("%s: status %d, want %d", c.what, status, c.want)
		}
	}
}

func TestServerToken(t *testing.T) {
	_, server := serve(t, "right")
	paths := []string{"/", "/events", "/watch.js", "/run/" + idOf("a") + "/report.html"}
	for _, path := range paths {
		for _, query := range []string{"", "?token=wrong", "?token="} {
			if status, _, body := get(t, server.Client(), "GET", server.URL+path+query); status != 401 || strings.Contains(body, "right") {
				t.Errorf("%s%s: status %d, %s", path, query, status, body)
			}
		}
	}
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	client := &http.Client{Jar: jar}
	if status, _, body := get(t, client, "GET", server.URL+"/?token=right", "Host", strings.TrimPrefix(server.URL, "http://")); status != 200 || !strings.Contains(body, "watch.js") {
		t.Errorf("with the token: status %d", status)
	}
	if status, _, _ := get(t, client, "GET", server.URL+paths[3]); status != 200 {
		t.Errorf("with the cookie: status %d", status)
	}
	client.CheckRedirect = func(r *http.Request, _ []*http.Request) error { return http.ErrUseLastResponse }
	if _, header, _ := get(t, client, "GET", server.URL+"//evil.example/?token=right"); strings.HasPrefix(header.Get("Location"), "//") {
		t.Errorf("redirected to %s", header.Get("Location"))
	}
}

// stream reads server-sent events.
func stream(t *testing.T, ctx context.Context, url string) (next func() *Update) {
	t.Helper()
	r, err := http.NewRequestWithContext(ctx, "GET", url+"/events", nil)
	if err != nil {
		t.Fatal(err)
	}
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { answer.Body.Close() })
	if answer.StatusCode != 200 || answer.Header.Get("Content-Type") != "text/event-stream" {
		t.Fatalf("status %d, type %s", answer.StatusCode, answer.Header.Get("Content-Type"))
	}
	lines := bufio.NewScanner(answer.Body)
	lines.Buffer(nil, 1<<20)
	return func() *Update {
		t.Helper()
		for lines.Scan() {
			if data, ok := strings.CutPrefix(lines.Text(), "data: "); ok {
				var u Update
				if err := json.Unmarshal([]byte(data), &u); err != nil {
					t.Fatal(err)
				}
				return &u
			}
		}
		return nil
	}
}

// TestServerLive runs a real server while a run changes, and stops it.
func TestServerLive(t *testing.T) {
	dir := t.TempDir()
	addRun(t, filepath.Join(dir, "a"))
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	w, served := New(dir), make(chan error, 1)
	watched := make(chan struct{})
	go func() {
		w.Watch(ctx)
		close(watched)
	}()
	go func() { served <- (&Server{Watcher: w}).Serve(ctx, listener) }()
	limited, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	next := stream(t, limited, "http://"+listener.Addr().String())
	wait := func(what string, ok func(rows map[string]Row) bool) {
		t.Helper()
		for u := next(); ; u = next() {
			if u == nil {
				t.Fatalf("the stream ends before %s", what)
			}
			if ok(rowsOf(t, u)) {
				return
			}
		}
	}
	wait("the first rows", func(rows map[string]Row) bool { return rows["a"].Epoch == 2 })
	appendTo(t, filepath.Join(dir, "a"), written("train", 3, "test", 2))
	wait("a new record", func(rows map[string]Row) bool { return rows["a"].Epoch == 3 })
	addRun(t, filepath.Join(dir, "b"))
	wait("a new run", func(rows map[string]Row) bool { return rows["b"].Epoch == 2 })
	stop()
	select {
	case err := <-served:
		if err != nil {
			t.Error(err)
		}
	case <-time.After(5 * time.Second):
		t.Fatal("the server does not stop while a page is open")
	}
	<-watched
}

func TestServerStreams(t *testing.T) {
	_, server := serve(t, "")
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	for range mostStreams {
		stream(t, ctx, server.URL)()
	}
	if status, _, _ := get(t, server.Client(), "GET", server.URL+"/events"); status != 503 {
		t.Errorf("one stream too many has the status %d, want 503", status)
	}
}

func TestServerRecords(t *testing.T) {
	dir, server := serve(t, "")
	appendTo(t, filepath.Join(dir, "a"), "damaged\n")
	url := server.URL + "/run/" + idOf("a") + "/records?from="
	read := func(from string) (r Records) {
		t.Helper()
		_, _, body := get(t, server.Client(), "GET", url+from)
		if err := json.Unmarshal([]byte(body), &r); err != nil {
			t.Fatal(err)
		}
		return r
	}
	first := read("")
	if len(first.Rows) != 6 || first.Damaged != 1 || len(first.Splits) != 3 || first.Figures[0] != "reconstruction" || *first.Rows[5][1] != 2 {
		t.Errorf("records %+v", first)
	}
	if again := read(first.Next); len(again.Rows) != 0 || again.Reset || again.More || again.Next != first.Next {
		t.Errorf("records after the last: %+v", again)
	}
	appendTo(t, filepath.Join(dir, "a"), written("train", 3, "test", 2))
	if more := read(first.Next); len(more.Rows) != 1 || *more.Rows[0][1] != 3 || *more.Rows[0][3] != 2 {
		t.Errorf("new records: %+v", more)
	}
	put(t, filepath.Join(dir, "a", "metrics.jsonl"), written("train", 1, "test", 5))
	if cut := read(first.Next); !cut.Reset || len(cut.Rows) != 1 {
		t.Errorf("records of a file that was cut: %+v", cut)
	}
}
