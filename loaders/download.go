package loaders

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// Patience with servers. Variables, so that tests need not wait.
var (
	stallAfter   = 30 * time.Second       // without a byte a connection is given up
	firstBackoff = 500 * time.Millisecond // before the second attempt; doubles while nothing arrives
	maxAttempts  = 4                      // in a row in which nothing arrives
)

// errStalled is the cause of a connection given up.
var errStalled = errors.New("the server sent nothing for too long")

// diskError is one that no other mirror can help.
type diskError struct{ error }

func (e diskError) Unwrap() error { return e.error }

// finalError is one that another attempt at the same mirror cannot help.
type finalError struct{ error }

func (e finalError) Unwrap() error { return e.error }

// download brings one file to path: by way of path.part, which survives an
// interruption and is gone on with, then a check, a sync and a rename.
type download struct {
	client   *http.Client
	path     string
	limit    int64                                        // bytes, more are refused
	check    func(ctx context.Context, part string) error // of the whole file
	progress func(done, total int64)                      // nil: none
}

// from downloads the file from one address, resuming after each cut as long as
// bytes arrive.
func (d *download) from(ctx context.Context, url string) error {
	backoff, idle, restarted := firstBackoff, 0, false
	resumed := d.have() > 0 // what is there may be of another file
	for {
		before := d.have()
		err := d.attempt(ctx, url)
		if err == nil {
			if err = d.finish(ctx); err == nil {
				return nil
			}
			if restarted || !resumed || ctx.Err() != nil || errors.As(err, new(diskError)) {
				return err
			}
			restarted = true // once, from the start
			continue
		}
		if ctx.Err() != nil || errors.As(err, new(diskError)) || errors.As(err, new(finalError)) {
			return err
		}
		resumed = true
		if d.have() > before {
			backoff, idle = firstBackoff, 0
			continue
		}
		if idle++; idle >= maxAttempts {
			return err
		}
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-time.After(backoff):
			backoff *= 2
		}
	}
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

// attempt makes one request for what is missing and stores what arrives.
func (d *download) attempt(ctx context.Context, url string) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	watchdog := time.AfterFunc(stallAfter, func() { cancel(errStalled) })
	defer watchdog.Stop()

	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return finalError{err}
	}
	// Bytes as they are stored: ranges and digests are of those.
	request.Header.Set("Accept-Encoding", "identity")
	offset := d.have()
	if offset > 0 {
		request.Header.Set("Range", fmt.Sprintf("bytes=%d-", offset))
	}
	response, err := d.client.Do(request)
	if err != nil {
		return stalledOr(ctx, err)
	}
	defer response.Body.Close()
	offset, total, err := d.place(response, offset)
	if err != nil {
		return err
	}
	return d.store(ctx, response.Body, offset, total, watchdog)
}

// place returns where the response's body begins in the file and how long the
// whole file is, −1 if the server does not say.
func (d *download) place(response *http.Response, offset int64) (begin, total int64, err error) {
	switch code := response.StatusCode; {
	case code == http.StatusOK: // also of a server that knows no ranges
		return 0, response.ContentLength, nil
	case code == http.StatusPartialContent:
		begin, total, err := contentRange(response.Header.Get("Content-Range"))
		if err != nil {
			return 0, 0, finalError{err}
		}
		if begin != offset {
			return 0, 0, finalError{fmt.Errorf("the server sent bytes from %d on instead of %d", begin, offset)}
		}
		return begin, total, nil
	case code == http.StatusRequestedRangeNotSatisfiable:
		_, total, err := contentRange(response.Header.Get("Content-Range"))
		if err == nil && total == offset {
			response.Body = http.NoBody // all of it is here already
			return offset, total, nil
		}
		if err := os.Remove(d.part()); err != nil {
			return 0, 0, diskError{err}
		}
		return 0, 0, errors.New("the file has changed on the server")
	case code >= 500 || code == http.StatusTooManyRequests || code == http.StatusRequestTimeout:
		return 0, 0, fmt.Errorf("the server answered %s", response.Status)
	default:
		return 0, 0, finalError{fmt.Errorf("the server answered %s", response.Status)}
	}
}

// contentRange parses "bytes 5-9/10", "bytes 5-9/*" (total −1) and "bytes */10".
func contentRange(header string) (begin, total int64, err error) {
	number := func(digits string) int64 {
		n, wrong := strconv.ParseInt(digits, 10, 64)
		if wrong != nil || n < 0 {
			err = fmt.Errorf("the server sent the Content-Range %q", header)
		}
		return n
	}
	span, size, _ := strings.Cut(strings.TrimPrefix(header, "bytes "), "/")
	total = -1
	if size != "*" {
		total = number(size)
	}
	if span != "*" {
		first, _, _ := strings.Cut(span, "-")
		begin = number(first)
	}
	return begin, total, err
}

// store writes the body into the part file from offset on.
func (d *download) store(ctx context.Context, body io.Reader, offset, total int64, watchdog *time.Timer) error {
	part, err := os.OpenFile(d.part(), os.O_WRONLY|os.O_CREATE, 0o644)
	if err != nil {
		return diskError{err}
	}
	defer part.Close()
	if err := part.Truncate(offset); err != nil {
		return diskError{err}
	}
	buffer, done := make([]byte, 1<<16), offset
	for {
		n, err := body.Read(buffer)
		watchdog.Reset(stallAfter)
		if n > 0 {
			if _, err := part.WriteAt(buffer[:n], done); err != nil {
				return diskError{err}
			}
			done += int64(n)
			d.report(done, total)
		}
		switch {
		case done > d.limit:
			os.Remove(d.part())
			return finalError{fmt.Errorf("more than %d bytes: not the file that was asked for", d.limit)}
		case errors.Is(err, io.EOF) && total >= 0 && done < total:
			return fmt.Errorf("cut off after %d of %d bytes", done, total)
		case errors.Is(err, io.EOF):
			if err := part.Sync(); err != nil {
				return diskError{err}
			}
			return nil
		case err != nil:
			return stalledOr(ctx, err)
		}
	}
}

func (d *download) report(done, total int64) {
	if d.progress != nil {
		d.progress(done, total)
	}
}

// finish gives the part file its name if it is what it should be, and removes
// it if not.
func (d *download) finish(ctx context.Context) error {
	if err := d.check(ctx, d.part()); err != nil {
		if ctx.Err() == nil {
			os.Remove(d.part())
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

// stalledOr tells why a connection ended.
func stalledOr(ctx context.Context, err error) error {
	if errors.Is(context.Cause(ctx), errStalled) {
		return errStalled
	}
	return err
}
