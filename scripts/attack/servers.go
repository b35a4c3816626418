package main

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"strconv"
	"time"
)

// size is the length of the file that a server claims to have.
const size = 20 << 20

// server answers a request for the bytes of a file from an offset.
type server func(random *rand.Rand, w http.ResponseWriter, r *http.Request, offset int)

var servers = map[string]server{
	"one-byte": func(_ *rand.Rand, w http.ResponseWriter, _ *http.Request, offset int) {
		partial(w, offset, size, []byte{0x1f})
	},
	"lengths": func(random *rand.Rand, w http.ResponseWriter, _ *http.Request, offset int) {
		partial(w, offset, offset+1000+random.IntN(size), make([]byte, 1+random.IntN(5000)))
	},
	"shrinks": func(_ *rand.Rand, w http.ResponseWriter, _ *http.Request, offset int) {
		if offset > 4000 {
			w.Header().Set("Content-Range", "bytes */100")
			w.WriteHeader(http.StatusRequestedRangeNotSatisfiable)
			return
		}
		partial(w, offset, size, make([]byte, 2000))
	},
	"no-ranges": func(_ *rand.Rand, w http.ResponseWriter, _ *http.Request, _ int) {
		w.Header().Set("Content-Length", strconv.Itoa(size))
		w.Write(make([]byte, 1000))
	},
	"bomb": func(_ *rand.Rand, w http.ResponseWriter, _ *http.Request, _ int) {
		w.Write(zeros(idxHeader(0x803, 60000, 28, 28), 20<<10))
	},
	"endless": func(_ *rand.Rand, w http.ResponseWriter, _ *http.Request, _ int) {
		for begun := time.Now(); time.Since(begun) < time.Minute; {
			if _, err := w.Write(make([]byte, 1<<20)); err != nil {
				return
			}
		}
	},
	"wrong-offset": func(_ *rand.Rand, w http.ResponseWriter, _ *http.Request, offset int) {
		if offset == 0 {
			partial(w, 0, size, make([]byte, 3000))
			return
		}
		partial(w, offset/2, size, make([]byte, 3000))
	},
	"error": func(_ *rand.Rand, w http.ResponseWriter, _ *http.Request, _ int) {
		http.Error(w, "no", http.StatusInternalServerError)
	},
	"redirects": func(random *rand.Rand, w http.ResponseWriter, r *http.Request, _ int) {
		http.Redirect(w, r, fmt.Sprintf("?%d", random.Int()), http.StatusFound)
	},
	"closes": func(random *rand.Rand, w http.ResponseWriter, _ *http.Request, offset int) {
		if random.IntN(2) == 0 {
			panic(http.ErrAbortHandler)
		}
		partial(w, offset, size, make([]byte, random.IntN(100_000)))
	},
}

// partial answers with a few bytes of a file from an offset, and closes the connection.
func partial(w http.ResponseWriter, offset, size int, data []byte) {
	status := http.StatusOK
	if offset > 0 {
		status = http.StatusPartialContent
		w.Header().Set("Content-Range", fmt.Sprintf("bytes %d-%d/%d", offset, size-1, size))
	}
	w.Header().Set("Content-Length", strconv.Itoa(size-offset))
	w.WriteHeader(status)
	w.Write(data)
	http.NewResponseController(w).Flush()
	panic(http.ErrAbortHandler)
}
