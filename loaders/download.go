package loaders

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"sync/atomic"
	"time"

	"gaetrain/loaders/files"
	"gaetrain/loaders/memory"
)

// Time limits of downloads. They are variables because tests shorten them.
var (
	stallAfter   = 30 * time.Second       // period over which the rate of a connection is averaged
	leastRate    = int64(4 << 10)         // bytes per second; slower connections are closed
	firstBackoff = 500 * time.Millisecond // wait before the second attempt; it doubles without progress
	maxIdle      = 4                      // attempts without progress, one after the other
	maxAttempts  = 100                    // for one file at one mirror, with or without progress
)

// diskError is an error for which another mirror is no help.
type diskError struct{ error }

func (e diskError) Unwrap() error { return e.error }

// finalError is an error for which another attempt at the same mirror is no help.
type finalError struct{ error }

func (e finalError) Unwrap() error { return e.error }

// download downloads one file to path. It writes path.part, which a later download
// continues after an interruption. Then it checks, syncs and renames that file.
type download struct {
	client   *http.Client
	path     string
	limit    int64                                        // bytes; larger files are refused
	check    func(ctx context.Context, part string) error // checks the complete file
	progress func(done, total int64)                      // nil: none

	// What servers said about the bytes in path.part that this process downloaded.
	validator string // ETag or Last-Modified; "": unknown
	total     int64  // size of the complete file; 0: unknown
}

// from downloads the file from one address. It continues after each interruption. It
// waits before each attempt, and longer after an attempt without progress.
func (d *download) from(ctx context.Context, url string) error {
	progress := progress{best: d.have()}
	continued, restarted := progress.best > 0, false // the part file may be of another file
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
			restarted = true // only once
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

// progress counts the attempts without progress.
type progress struct {
	best  int64 // largest number of bytes so far
	idle  int   // attempts, one after the other, that did not add enough bytes
	begun bool  // the download has started again, because the part file was of another file
}

// made reports whether an attempt that ends with have bytes made progress. The first
// attempt that loses bytes starts the count again.
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

// least returns the number of bytes that must arrive in the period stallAfter.
func least() int64 { return int64(float64(leastRate) * stallAfter.Seconds()) }

// enough returns the number of bytes that count as progress of an attempt.
func (d *download) enough() int64 {
	if d.total > 0 {
		return max(1, min(least(), d.total/8))
	}
	return max(1, least())
}

func (d *download) part() string { return d.path + ".part" }

// have returns the number of bytes that have arrived so far.
func (d *download) have() int64 {
	info, err := os.Stat(d.part())
	if err != nil {
		return 0
	}
	return info.Size()
}

// drop removes the bytes that have arrived, because they are of another file.
func (d *download) drop() error {
	d.validator, d.total = "", 0
	if err := os.Remove(d.part()); err != nil && !errors.Is(err, os.ErrNotExist) {
		return diskError{err}
	}
	return nil
}

// attempt makes one request for the missing bytes and stores those that arrive.
func (d *download) attempt(ctx context.Context, url string) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var arrived atomic.Int64
	go giveUpSlow(ctx, cancel, &arrived, stallAfter, least())

	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return finalError{err}
	}
	// Ranges and digests refer to the bytes as they are stored on the server.
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

// errSlow is the cause of a cancelled connection.
var errSlow = errors.New("the server is too slow")

// giveUpSlow cancels a connection if fewer than want bytes arrive in a period. The
// first period starts with the request.
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

// slowOr returns errSlow if that is why the context of a connection is done, else err.
func slowOr(ctx context.Context, err error) error {
	if cause := context.Cause(ctx); err != nil && errors.Is(cause, errSlow) {
		return cause
	}
	return err
}

// finish checks the part file. It renames the file if the check succeeds and removes
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
	if err := files.Rename(d.part(), d.path); err != nil {
		return diskError{err}
	}
	return nil
}
