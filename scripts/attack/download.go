package main

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"path"
	"path/filepath"
	"strconv"
	"time"
)

const (
	mostRequests = 50              // for one file of one mirror
	quickFailure = 60              // seconds, with servers that answer immediately
	slowFailure  = 3 * time.Minute // with a server that sends single bytes
)

// downloadTries fetch a data set from servers that answer incorrectly.
func downloadTries(o options) (tries []try) {
	names := sortedNames(servers)
	if o.quick {
		names = []string{"one-byte", "bomb", "wrong-offset", "redirects"}
	}
	for _, name := range names {
		tries = append(tries, try{name, func(a *attempt) error { return a.fetch(name) }})
	}
	tries = append(tries, try{"second-mirror", (*attempt).secondMirror})
	if !o.quick { // it takes minutes, so the others run at the same time
		tries = append([]try{{"trickle", (*attempt).trickle}}, tries...)
	}
	return tries
}

// fetch downloads while all mirrors answer incorrectly in the same way.
func (a *attempt) fetch(name string) error {
	random := rand.New(rand.NewPCG(a.rand.Uint64(), 0))
	p := a.newProxy(func(w http.ResponseWriter, r *http.Request) { servers[name](random, w, r, offset(r)) })
	defer p.close()
	o := a.wait(a.start(a.command("datasets", "fetch", "fashion-mnist")), quickFailure*time.Second)
	if err := first(a.fewRequests(p), refusedAfterWarnings(o), o.within(quickFailure, mostBytes)); err != nil {
		return err
	}
	if wrongBytes[name] {
		return a.nothingLeft()
	}
	return nil
}

// wrongBytes are the servers that certainly send no bytes of the file. The bytes of the
// other servers may be kept, so that the next download can resume.
var wrongBytes = map[string]bool{"bomb": true, "endless": true, "wrong-offset": true}

// offset returns the position from which a request resumes.
func offset(r *http.Request) (n int) {
	fmt.Sscanf(r.Header.Get("Range"), "bytes=%d-", &n)
	return n
}

// fewRequests checks that there were requests, but not too many.
func (a *attempt) fewRequests(p *proxy) error {
	url, n, mirrors := p.most()
	a.last += fmt.Sprintf(", %d requests", n)
	switch {
	case n == 0:
		return leftOut("the program does not use the proxy that the environment names")
	case n > mostRequests:
		return fmt.Errorf("%d requests for %s, want at most %d", n, url, mostRequests)
	case mirrors < 2:
		return fmt.Errorf("only one mirror has got a request: %s", url)
	}
	return nil
}

// refusedAfterWarnings checks for exit code 3 and one line about the error, after the
// warnings about the mirrors.
func refusedAfterWarnings(o outcome) error {
	if err := o.ends(3); err != nil {
		return err
	}
	return o.withoutWarnings().refused(3)
}

// nothingLeft checks that no wrong bytes are kept, from which the next download would
// resume.
func (a *attempt) nothingLeft() error {
	return filepath.WalkDir(filepath.Join(a.dir, "cache"), func(path string, entry os.DirEntry, err error) error {
		if err == nil && !entry.IsDir() && entry.Name() != ".lock" {
			return fmt.Errorf("%s is left behind", entry.Name())
		}
		return nil
	})
}

// secondMirror downloads while the first mirror answers incorrectly and the second
// serves the files. The partial file in the cache is from neither.
func (a *attempt) secondMirror() error {
	for _, name := range idxNames {
		if !exists(filepath.Join(a.data, name+".gz")) {
			return leftOut("there is no Fashion-MNIST in " + a.data + "; hint: -data")
		}
	}
	bad := ""
	p := a.newProxy(func(w http.ResponseWriter, r *http.Request) {
		if bad == "" {
			bad = r.URL.Host // the mirror that gets the first request
		}
		if bad == r.URL.Host {
			partial(w, offset(r), size, make([]byte, 10))
		}
		http.ServeFile(w, r, filepath.Join(a.data, path.Base(r.URL.Path)))
	})
	defer p.close()
	write(filepath.Join(a.dir, "cache", "gaetrain", "fashion-mnist", idxNames[0]+".gz.part"), make([]byte, 5000))
	o := a.gaetrain("datasets", "fetch", "fashion-mnist")
	return first(a.fewRequests(p), o.ends(0))
}

// trickle downloads while the first mirror sends one byte every few seconds. The program
// must end this because of its minimum rate. The second mirror does not have the file.
func (a *attempt) trickle() error {
	slow := ""
	p := a.newProxy(func(w http.ResponseWriter, r *http.Request) {
		if slow == "" {
			slow = r.URL.Host // the mirror that gets the first request
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
		return fmt.Errorf("the download from a mirror that sends a byte every 5 s takes more than %s", slowFailure)
	}
	return first(a.fewRequests(p), refusedAfterWarnings(o))
}
