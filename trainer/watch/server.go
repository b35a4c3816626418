package watch

import (
	"context"
	"crypto/subtle"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"gaetrain/viz/page"
)

// Server serves the page about the runs of a Watcher.
type Server struct {
	Watcher *Watcher
	// Token is what a browser must know, "" for none. Without a token, requests must name this machine itself, so that a page
	// from elsewhere cannot read the runs by a name that it lets point here.
	Token string
}

// Limits of the server.
const (
	mostRequests = 64 // at a time
	mostStreams  = 32 // of events at a time
	requestTime  = 30 * time.Second
)

// policy is the content security policy of the page.
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

// Serve answers requests until the context ends.
func (s *Server) Serve(ctx context.Context, listener net.Listener) error {
	server := &http.Server{
		Handler: s.Handler(), BaseContext: func(net.Listener) context.Context { return ctx },
		ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 10 * time.Second, IdleTimeout: time.Minute, MaxHeaderBytes: 16 << 10,
	}
	stopped := context.AfterFunc(ctx, func() {
		const grace = time.Second
		ctx, cancel := context.WithTimeout(context.Background(), grace)
		defer cancel()
		if server.Shutdown(ctx) != nil {
			server.Close()
		}
	})
	defer stopped()
	if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

// Handler answers requests.
func (s *Server) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", static("text/html; charset=utf-8", page.Watch))
	mux.HandleFunc("GET /style.css", static("text/css; charset=utf-8", page.StyleSheet))
	mux.HandleFunc("GET /curves.js", static("text/javascript; charset=utf-8", page.CurvesScript))
	mux.HandleFunc("GET /watch.js", static("text/javascript; charset=utf-8", page.WatchScript))
	mux.HandleFunc("GET /events", s.events(make(chan struct{}, mostStreams)))
	limited := limit(make(chan struct{}, mostRequests))
	mux.HandleFunc("GET /run/{id}/records", limited(s.records))
	mux.HandleFunc("GET /run/{id}/pictures", limited(s.pictures))
	mux.HandleFunc("GET /run/{id}/pictures/{name}", limited(s.picture))
	mux.HandleFunc("GET /run/{id}/report.html", limited(s.report))
	return s.guarded(mux)
}

// static answers with a text that is part of the program.
func static(kind, text string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", kind)
		_, _ = w.Write([]byte(text))
	}
}

// limit bounds the number of requests that are answered at a time, and the time for each.
func limit(places chan struct{}) func(http.HandlerFunc) http.HandlerFunc {
	return func(next http.HandlerFunc) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			select {
			case places <- struct{}{}:
				defer func() { <-places }()
			default:
				http.Error(w, "too many requests at a time", http.StatusServiceUnavailable)
				return
			}
			_ = http.NewResponseController(w).SetWriteDeadline(time.Now().Add(requestTime))
			next(w, r)
		}
	}
}

// guarded sets the headers of all answers, and refuses requests that no page of this server makes.
func (s *Server) guarded(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		for key, value := range map[string]string{
			"Content-Security-Policy": policy, "X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer",
			"Cross-Origin-Resource-Policy": "same-origin", "Cross-Origin-Opener-Policy": "same-origin", "Cache-Control": "no-cache",
		} {
			w.Header().Set(key, value)
		}
		defer func() {
			if problem := recover(); problem != nil {
				http.Error(w, "unexpected", http.StatusInternalServerError)
			}
		}()
		switch {
		case r.Method != http.MethodGet && r.Method != http.MethodHead:
			w.Header().Set("Allow", "GET, HEAD")
			http.Error(w, "only GET is answered", http.StatusMethodNotAllowed)
		case s.Token == "" && !isLocal(r.Host):
			http.Error(w, "the host of the address is not this machine; hint: open the address that gaetrain watch has printed", http.StatusForbidden)
		case r.Header.Get("Sec-Fetch-Site") == "cross-site" && r.Header.Get("Sec-Fetch-Mode") != "navigate":
			http.Error(w, "the request comes from another site", http.StatusForbidden)
		case s.Token != "" && !s.admitted(w, r):
		default:
			next.ServeHTTP(w, r)
		}
	})
}

// isLocal reports whether a Host header names this machine itself.
func isLocal(host string) bool {
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	host = strings.Trim(host, "[]")
	ip := net.ParseIP(host)
	return strings.EqualFold(host, "localhost") || ip != nil && ip.IsLoopback()
}

// admitted reports whether a request has the token. A token in the address becomes a cookie, and the browser is sent to the address
// without it. If it returns false, the request has been answered.
func (s *Server) admitted(w http.ResponseWriter, r *http.Request) bool {
	name := "gaetrain"
	if _, port, err := net.SplitHostPort(r.Host); err == nil && strings.Trim(port, "0123456789") == "" {
		name += "-" + port // cookies are shared by all ports of a host
	}
	same := func(token string) bool { return subtle.ConstantTimeCompare([]byte(token), []byte(s.Token)) == 1 }
	query := r.URL.Query()
	if query.Has("token") && same(query.Get("token")) {
		http.SetCookie(w, &http.Cookie{Name: name, Value: s.Token, Path: "/", HttpOnly: true, SameSite: http.SameSiteStrictMode})
		query.Del("token")
		http.Redirect(w, r, (&url.URL{Path: "/" + strings.TrimLeft(r.URL.Path, "/"), RawQuery: query.Encode()}).String(), http.StatusSeeOther)
		return false
	}
	if cookie, err := r.Cookie(name); err == nil && same(cookie.Value) {
		return true
	}
	http.Error(w, "this page needs a token; hint: open the address that gaetrain watch has printed", http.StatusUnauthorized)
	return false
}

// events sends updates as server-sent events until the page leaves.
func (s *Server) events(places chan struct{}) http.HandlerFunc {
	const (
		pause = 50 * time.Millisecond // between two events
		alive = 15 * time.Second      // between comments that keep a connection open
		write = 10 * time.Second      // for one event
	)
	return func(w http.ResponseWriter, r *http.Request) {
		select {
		case places <- struct{}{}:
			defer func() { <-places }()
		default:
			http.Error(w, "too many pages are open", http.StatusServiceUnavailable)
			return
		}
		out := http.NewResponseController(w)
		w.Header().Set("Content-Type", "text/event-stream")
		w.Header().Set("Cache-Control", "no-store")
		_ = out.SetReadDeadline(time.Time{})
		for version := uint64(0); ; {
			update, now, changed := s.Watcher.since(version)
			if update != nil {
				data, err := json.Marshal(update)
				if err == nil {
					err = send(w, out, fmt.Appendf(nil, "data: %s\n\n", data), write)
				}
				if err != nil {
					return
				}
			}
			version = now
			for waiting := true; waiting; {
				select {
				case <-r.Context().Done():
					return
				case <-changed:
					waiting = false
				case <-time.After(alive):
					if err := send(w, out, []byte(":\n\n"), write); err != nil {
						return
					}
				}
			}
			time.Sleep(pause)
		}
	}
}

// send writes an event within a time.
func send(w http.ResponseWriter, out *http.ResponseController, text []byte, within time.Duration) error {
	if err := out.SetWriteDeadline(time.Now().Add(within)); err != nil {
		return err
	}
	if _, err := w.Write(text); err != nil {
		return err
	}
	return out.Flush()
}

// answer writes a value as JSON, or an error.
func answer(w http.ResponseWriter, value any, err error) {
	if err == nil {
		var data []byte
		if data, err = json.Marshal(value); err == nil {
			w.Header().Set("Content-Type", "application/json")
			_, _ = w.Write(data)
			return
		}
	}
	fail(w, err)
}

// fail answers with an error. The text of the error stays here, because it can name files outside the folder.
func fail(w http.ResponseWriter, err error) {
	if errors.Is(err, fs.ErrNotExist) {
		http.Error(w, "there is no such file", http.StatusNotFound)
		return
	}
	http.Error(w, "the file cannot be read", http.StatusForbidden)
}
