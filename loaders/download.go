package loaders

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"sync/atomic"
	"time"

	"gaetrain/loaders/memory"
)

// Patience with servers. Variables, so that tests need not wait.
var (
	stallAfter   = 30 * time.Second       // over which the rate of a connection is averaged
	leastRate    = int64(4 << 10)         // bytes per second; a slower connection is given up
	firstBackoff = 500 * time.Millisecond // before the second attempt; doubles without progress
	maxIdle      = 4                      // attempts in a row without progress
	maxAttempts  = 100                    // for one file at one mirror, whatever arrives
)

// diskError is one that no other mirror can help.
type diskError struct{ error }

func (e diskError) Unwrap() error { return e.error }

// finalError is one that another attempt at the same mirror cannot help.
type finalError struct{ error }

func (e finalError) Unwrap() error { return e.error }

// download brings one file to path: by way of path.part, which survives an
// interruption and is continued, then a check, a sync and a rename.
type download struct {
	client   *http.Client
	path     string
	limit    int64                                        // bytes, more are refused
	check    func(ctx context.Context, part string) error // of the whole file
	progress func(done, total int64)                      // nil: none

	// Of the bytes in path.part, as far as they came in this process.
	validator string // ETag or Last-Modified; "": unknown
	total     int64  // of the whole file; 0: unknown
}

// from downloads the file from one address. It continues after each cut, and
// waits before each attempt, longer after one that made no progress.
func (d *download) from(ctx context.Context, url string) error {
	progress := progress{best: d.have()}
	continued, restarted := progress.best > 0, false // what is there may be of another file
	backoff := firstBackoff
	for attempt := 1; ; attempt++ {
		err := d.attempt(ctx, url)
		if err == nil {
			if err = d.finish(ctx); err == nil {
				return nil
			}
			if restarted || !continued {
				return err
			}
			restarted = true // once, from the start
		} else if errors.As(err, new(finalError)) {
			return err
		}
		continued = true
		if ctx.Err() != nil || errors.As(err, new(diskError)) {
			return err
		}
		if progress.made(d.have(), d.enough()) {
			backoff = firstBackoff
		}
		if progress.idle >= maxIdle || attempt >= maxAttempts {
			return fmt.Errorf("given up after %d attempts: %w", attempt, err)
		}
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-time.After(backoff):
			backoff *= 2
		}
	}
}

// progress counts the attempts that got no further than those before.
type progress struct {
	best  int64 // the most bytes there have been
	idle  int   // attempts in a row that did not add enough
	begun bool  // anew, after what was there turned out to be of another file
}

// made reports whether an attempt that ends with the given number of bytes got
// ahead. To begin anew is forgiven once.
func (p *progress) made(have, enough int64) bool {
	if have < p.best && !p.begun {
		p.begun, p.best = true, 0
	}
	ahead := have-p.best >= enough
	p.best = max(p.best, have)
	p.idle++
	if ahead {
		p.idle = 0
	}
	return ahead
}

// least is the number of bytes that must arrive while the rate is averaged.
func least() int64 { return int64(float64(leastRate) * stallAfter.Seconds()) }

// enough is the number of bytes of an attempt that made progress.
func (d *download) enough() int64 {
	if d.total > 0 {
		return max(1, min(least(), d.total/8))
	}
	return max(1, least())
}

func (d *download) part() string { return d.path + ".part" }

// have returns the bytes that have arrived so far.
func (d *download) have() int64 {
	info, err := os.Stat(d.part())
	if err != nil {
		return 0
	}
	return info.Size()
}

// drop removes what has arrived, because the rest would not fit it.
func (d *download) drop() error {
	d.validator, d.total = "", 0
	if err := os.Remove(d.part()); err != nil && !errors.Is(err, os.ErrNotExist) {
		return diskError{err}
	}
	return nil
}

// attempt makes one request for what is missing and stores what arrives.
func (d *download) attempt(ctx context.Context, url string) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var arrived atomic.Int64
	go giveUpSlow(ctx, cancel, &arrived, stallAfter, least())

	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return finalError{err}
	}
	// Bytes as they are stored: ranges and digests are of those.
	request.Header.Set("Accept-Encoding", "identity")
	offset := d.have()
	if offset > 0 {
		request.Header.Set("Range", fmt.Sprintf("bytes=%d-", offset))
		if d.validator != "" {
			request.Header.Set("If-Range", d.validator)
		}
	}
	response, err := d.client.Do(request)
	if err != nil {
		return slowOr(ctx, err)
	}
	defer response.Body.Close()
	body, err := d.place(response, offset)
	if err != nil {
		return err
	}
	return slowOr(ctx, d.store(response.Body, body, &arrived))
}

// errSlow is the cause of a connection given up.
var errSlow = errors.New("the server is too slow")

// giveUpSlow cancels a connection as soon as less than want bytes have arrived in
// a period. The wait for the answer belongs to the first one.
func giveUpSlow(ctx context.Context, cancel context.CancelCauseFunc, arrived *atomic.Int64, period time.Duration, want int64) {
	tick := time.NewTicker(period)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			if n := arrived.Swap(0); n < want {
				cancel(fmt.Errorf("%w: %s in %v, want at least %s", errSlow, memory.Format(n), period, memory.Format(want)))
				return
			}
		}
	}
}

// slowOr tells why a connection ended.
func slowOr(ctx context.Context, err error) error {
	if cause := context.Cause(ctx); err != nil && errors.Is(cause, errSlow) {
		return cause
	}
	return err
}

// finish gives the part file its name if it is what it should be, and removes
// it if not.
func (d *download) finish(ctx context.Context) error {
	if err := d.check(ctx, d.part()); err != nil {
		if ctx.Err() == nil {
			if err := d.drop(); err != nil {
				return err
			}
		}
		return finalError{err}
	}
	if err := os.Rename(d.part(), d.path); err != nil {
		return diskError{err}
	}
	dir, err := os.Open(filepath.Dir(d.path))
	if err != nil {
		return diskError{err}
	}
	defer dir.Close()
	dir.Sync() // not every file system can; the file itself is synced
	return nil
}
