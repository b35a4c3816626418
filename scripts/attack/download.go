package main

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"path"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

const (
	mostRequests = 50              // for a file from a mirror
	quickFailure = 60              // seconds, with servers that answer at once
	slowFailure  = 3 * time.Minute // with a server that trickles
)

// downloadTries fetch a data set from servers that do wrong.
func downloadTries(o options) (tries []try) {
	names := sortedNames(servers)
	if o.quick {
		names = []string{"one-byte", "bomb", "wrong-offset", "redirects"}
	}
	for _, name := range names {
		tries = append(tries, try{name, func(a *attempt) error { return a.fetch(name) }})
	}
	tries = append(tries, try{"second-mirror", (*attempt).secondMirror})
	if !o.quick { // it takes minutes, so the others run beside it
		tries = append([]try{{"trickle", (*attempt).trickle}}, tries...)
	}
	return tries
}

// fetch has all mirrors do the same wrong.
func (a *attempt) fetch(name string) error {
	random := rand.New(rand.NewPCG(a.rand.Uint64(), 0))
	p := a.newProxy(func(w http.ResponseWriter, r *http.Request) { servers[name](random, w, r, offset(r)) })
	defer p.close()
	o := a.wait(a.start(a.command("datasets", "fetch", "fashion-mnist")), quickFailure*time.Second)
	if err := first(a.asked(p), refusedAfterWarnings(o), o.within(quickFailure, mostBytes)); err != nil {
		return err
	}
	if lies[name] {
		return a.nothingLeft()
	}
	return nil
}

// lies are the servers whose bytes are certainly not of the file. What the others
// have sent may stay, so that the next attempt can go on from there.
var lies = map[string]bool{"bomb": true, "endless": true, "wrong-offset": true}

// offset is where a request goes on.
func offset(r *http.Request) (n int) {
	fmt.Sscanf(r.Header.Get("Range"), "bytes=%d-", &n)
	return n
}

// asked wants few requests, but more than none.
func (a *attempt) asked(p *proxy) error {
	url, n, mirrors := p.most()
	a.last += fmt.Sprintf(", %d requests", n)
	switch {
	case n == 0:
		return leftOut("the program does not use the proxy of the environment")
	case n > mostRequests:
		return fmt.Errorf("%d requests for %s, want at most %d", n, url, mostRequests)
	case mirrors < 2:
		return fmt.Errorf("only one mirror was asked: %s", url)
	}
	return nil
}

// refusedAfterWarnings wants exit code 3 and one line about the error, after those
// about the mirrors.
func refusedAfterWarnings(o outcome) error {
	lines := strings.SplitAfter(o.stderr, "\n")
	for len(lines) > 0 && !strings.HasPrefix(lines[0], "gaetrain: ") {
		lines = lines[1:]
	}
	if err := o.ends(3); err != nil {
		return err
	}
	o.stderr = strings.Join(lines, "")
	return o.refused(3)
}

// nothingLeft wants no wrong bytes that the next attempt would go on from.
func (a *attempt) nothingLeft() error {
	return filepath.WalkDir(filepath.Join(a.dir, "cache"), func(path string, entry os.DirEntry, err error) error {
		if err == nil && !entry.IsDir() && entry.Name() != ".lock" {
			return fmt.Errorf("%s is left behind", entry.Name())
		}
		return nil
	})
}

// secondMirror has the first mirror do wrong, and the second serve the files. What
// is in the cache is of neither.
func (a *attempt) secondMirror() error {
	for _, name := range idxNames {
		if !exists(filepath.Join(a.data, name+".gz")) {
			return leftOut("there is no Fashion-MNIST in " + a.data + "; hint: -data")
		}
	}
	bad := ""
	p := a.newProxy(func(w http.ResponseWriter, r *http.Request) {
		if bad == "" {
			bad = r.URL.Host // the mirror that is asked first
		}
		if bad == r.URL.Host {
			partial(w, offset(r), size, make([]byte, 10))
		}
		http.ServeFile(w, r, filepath.Join(a.data, path.Base(r.URL.Path)))
	})
	defer p.close()
	write(filepath.Join(a.dir, "cache", "gaetrain", "fashion-mnist", idxNames[0]+".gz.part"), make([]byte, 5000))
	o := a.gaetrain("datasets", "fetch", "fashion-mnist")
	return first(a.asked(p), o.ends(0))
}

// trickle has the first mirror send one byte every few seconds, which a least rate
// must end. The second mirror has no such file.
func (a *attempt) trickle() error {
	slow := ""
	p := a.newProxy(func(w http.ResponseWriter, r *http.Request) {
		if slow == "" {
			slow = r.URL.Host // the mirror that is asked first
		}
		if slow != r.URL.Host {
			http.NotFound(w, r)
			return
		}
		w.Header().Set("Content-Length", strconv.Itoa(size))
		for range 100 {
			if _, err := w.Write([]byte{0x1f}); err != nil {
				return
			}
			http.NewResponseController(w).Flush()
			select {
			case <-r.Context().Done():
				return
			case <-time.After(5 * time.Second):
			}
		}
	})
	defer p.close()
	o := a.wait(a.start(a.command("datasets", "fetch", "fashion-mnist")), slowFailure)
	if o.late {
		return fmt.Errorf("a mirror that sends a byte every 5 s holds it for more than %s", slowFailure)
	}
	return first(a.asked(p), refusedAfterWarnings(o))
}
