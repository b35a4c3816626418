package watch

import (
	"bytes"
	"fmt"
	"hash/crc32"
	"io"
	"io/fs"
	"os"
	"strconv"
	"strings"
)

// Position is a place in metrics.jsonl after whole lines. The zero value is the beginning.
type Position struct {
	Offset int64
	// Check is the checksum of up to checkedBytes bytes before the place. A resumed run cuts the file and writes it again, and
	// then these bytes change, because records have times.
	Check uint32
}

const (
	checkedBytes = 512
	longestLine  = 1 << 20 // a longer line is damaged
)

var table = crc32.MakeTable(crc32.Castagnoli)

// String writes a position as ParsePosition reads it.
func (p Position) String() string { return fmt.Sprintf("%d-%08x", p.Offset, p.Check) }

// ParsePosition reads a position; "" is the beginning.
func ParsePosition(text string) (p Position, err error) {
	if text == "" {
		return p, nil
	}
	offset, check, _ := strings.Cut(text, "-")
	sum, err := strconv.ParseUint(check, 16, 32)
	if err == nil {
		p.Offset, err = strconv.ParseInt(offset, 10, 64)
	}
	if err != nil || p.Offset < 0 {
		return Position{}, fmt.Errorf("%q is not a position", text)
	}
	p.Check = uint32(sum)
	return p, nil
}

// Chunk is a part of metrics.jsonl.
type Chunk struct {
	Lines []byte // whole lines; the last one is a part of a line that is too long if it has no line feed
	Next  Position
	Reset bool // the file does not continue what was read before, so this is its beginning
	More  bool // there are more lines now
}

// readLines reads the whole lines after a position, most bytes at a time. A last line without a line feed is left for later, because
// it is still being written. A file that does not exist has no lines.
func readLines(folder *os.Root, name string, from Position, most int64) (c Chunk, err error) {
	file, err := openRegular(folder, name)
	if isAbsent(err) {
		return Chunk{Reset: from.Offset > 0}, nil
	}
	if err != nil {
		return c, err
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return c, err
	}
	if from.Offset > 0 {
		check, err := checkBefore(file, from.Offset)
		if err != nil {
			return c, err
		}
		if info.Size() < from.Offset || check != from.Check {
			from, c.Reset = Position{}, true
		}
	}
	data := make([]byte, min(most, max(info.Size()-from.Offset, 0)))
	n, err := file.ReadAt(data, from.Offset)
	if err != nil && err != io.EOF {
		return c, err
	}
	data = data[:n]
	end := bytes.LastIndexByte(data, '\n') + 1
	if end == 0 && n >= longestLine {
		end = n
	}
	c.Lines, c.Next = data[:end], Position{Offset: from.Offset + int64(end)}
	c.More = end > 0 && from.Offset+int64(n) < info.Size()
	c.Next.Check, err = checkBefore(file, c.Next.Offset)
	return c, err
}

// checkBefore is the checksum of the bytes before a place of a file.
func checkBefore(file *os.File, offset int64) (uint32, error) {
	data := make([]byte, min(offset, checkedBytes))
	n, err := file.ReadAt(data, offset-int64(len(data)))
	if err == io.EOF {
		err = nil
	}
	return crc32.Checksum(data[:n], table), err
}

// openRegular opens a file inside a folder. A symbolic link, a pipe or a device is refused.
func openRegular(folder *os.Root, name string) (*os.File, error) {
	info, err := folder.Lstat(name)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrInvalid}
	}
	return folder.Open(name)
}
