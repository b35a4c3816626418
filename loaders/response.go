package loaders

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"strconv"
	"strings"
	"sync/atomic"
)

// span is the part of a file from byte begin to byte end − 1. Unknown numbers are −1.
type span struct{ begin, end, total int64 }

// place returns which part of the file the body of a response is. The bytes before
// offset have arrived. They are dropped if the server contradicts itself, so that the
// next attempt does not use them.
func (d *download) place(response *http.Response, offset int64) (span, error) {
	switch code := response.StatusCode; {
	case code == http.StatusOK: // the server does not support ranges, or has another version of the file
		n := response.ContentLength
		if n > d.limit {
			return span{}, finalError{fmt.Errorf("the server has %d bytes, want at most %d: this is not the requested file", n, d.limit)}
		}
		d.validator, d.total = validator(response.Header), max(n, 0)
		return span{0, n, n}, nil
	case code == http.StatusPartialContent:
		return d.partial(response, offset)
	case code == http.StatusRequestedRangeNotSatisfiable:
		at, err := contentRange(response.Header.Get("Content-Range"))
		if err == nil && at.total == offset {
			response.Body = http.NoBody // the part file is complete
			return span{offset, offset, offset}, nil
		}
		if err := d.drop(); err != nil {
			return span{}, err
		}
		return span{}, errors.New("the file has changed on the server")
	case code >= 500 || code == http.StatusTooManyRequests || code == http.StatusRequestTimeout:
		return span{}, answered(code)
	default:
		return span{}, finalError{answered(code)}
	}
}

func answered(code int) error {
	return fmt.Errorf("the server answered %d %s", code, http.StatusText(code))
}

// partial does the work of place for a response with the status 206.
func (d *download) partial(response *http.Response, offset int64) (span, error) {
	at, err := contentRange(response.Header.Get("Content-Range"))
	length, changed := response.ContentLength, false
	switch sent := validator(response.Header); {
	case err != nil:
	case at.begin != offset:
		err = fmt.Errorf("the server sent bytes from %d on instead of %d", at.begin, offset)
	case at.end <= at.begin || at.total >= 0 && at.end > at.total || length >= 0 && length != at.end-at.begin:
		err = fmt.Errorf("the server sent the Content-Range %.80q and %d bytes", response.Header.Get("Content-Range"), length)
	case at.total > d.limit:
		err = fmt.Errorf("the server has %d bytes, want at most %d: this is not the requested file", at.total, d.limit)
	case at.total > 0 && d.total > 0 && at.total != d.total, sent != "" && d.validator != "" && sent != d.validator:
		err, changed = errors.New("the file has changed on the server"), true
	}
	if err == nil {
		d.total = max(d.total, at.total)
		if d.total > 0 {
			at.total = d.total
		}
		return at, nil
	}
	if err := d.drop(); err != nil {
		return span{}, err
	}
	if changed {
		return span{}, err // another attempt can download the new version
	}
	return span{}, finalError{err}
}

// validator returns the version of a file for the header If-Range. It is "" if the
// server gives no strong ETag and no date.
func validator(header http.Header) string {
	if tag := header.Get("ETag"); strings.HasPrefix(tag, `"`) {
		return tag
	}
	return header.Get("Last-Modified")
}

// contentRange parses "bytes 5-9/10", "bytes 5-9/*" and "bytes */10".
func contentRange(header string) (span, error) {
	wrong := fmt.Errorf("the server sent the Content-Range %.80q", header)
	number := func(digits string) int64 {
		n, err := strconv.ParseUint(digits, 10, 62)
		if err != nil {
			return -1
		}
		return int64(n)
	}
	part, size, ok := strings.Cut(strings.TrimPrefix(header, "bytes "), "/")
	at := span{-1, -1, -1}
	if at.total = number(size); !ok || at.total < 0 && size != "*" {
		return span{}, wrong
	}
	if part == "*" {
		return at, nil
	}
	first, last, _ := strings.Cut(part, "-")
	if at.begin, at.end = number(first), number(last)+1; at.begin < 0 || at.end <= 0 {
		return span{}, wrong
	}
	return at, nil
}

// store writes the body into the part file at its place.
func (d *download) store(body io.Reader, at span, arrived *atomic.Int64) error {
	part, err := d.openPart()
	if err != nil {
		return diskError{err}
	}
	defer part.Close()
	if err := part.Truncate(at.begin); err != nil {
		return diskError{err}
	}
	most := d.limit
	if at.end >= 0 {
		most = min(most, at.end)
	}
	buffer, done := make([]byte, 1<<16), at.begin
	for {
		n, err := body.Read(buffer)
		arrived.Add(int64(n))
		if n > 0 {
			if _, err := part.WriteAt(buffer[:n], done); err != nil {
				return diskError{err}
			}
			done += int64(n)
			d.report(done, at.total)
		}
		switch ended := errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF); {
		case done > most:
			if err := d.drop(); err != nil {
				return err
			}
			return finalError{fmt.Errorf("the server sent more than %d bytes: this is not the requested file", most)}
		case ended && done < max(at.end, at.total):
			return fmt.Errorf("cut off after %d of %d bytes", done, max(at.end, at.total))
		case errors.Is(err, io.EOF):
			if err := part.Sync(); err != nil {
				return diskError{err}
			}
			return nil
		case err != nil:
			return err
		}
	}
}

// openPart opens the part file for writing. A pipe is refused, because opening it can
// block.
func (d *download) openPart() (*os.File, error) {
	if info, err := os.Stat(d.part()); err == nil && !info.Mode().IsRegular() {
		return nil, fmt.Errorf("%s: not a regular file", d.part())
	}
	return os.OpenFile(d.part(), os.O_WRONLY|os.O_CREATE, 0o644)
}

func (d *download) report(done, total int64) {
	if d.progress != nil {
		d.progress(done, total)
	}
}
