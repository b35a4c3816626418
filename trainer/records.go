package trainer

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"gaetrain/loaders/files"
)

// Extent is the part of metrics.jsonl that the finished epochs have written. The bytes
// after it belong to an epoch whose checkpoint was never saved.
type Extent struct {
	Bytes    int64  `json:"bytes"`
	Checksum uint32 `json:"crc32c"` // of these bytes
}

// ReadRecords reads the records of the epochs before the last checkpoint of a run
// folder. A run without a checkpoint has no records. Errors wrap ErrRun or
// ErrCheckpoint.
func ReadRecords(dir string) ([]Record, error) {
	last, err := readHeader(filepath.Join(dir, lastCheckpoint))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return last.Metrics.read(dir)
}

// Records returns the records of the run so far, including those of an epoch that has
// just been evaluated.
func (l *Loop) Records() ([]Record, error) { return l.written.read(l.Run.Dir) }

// read reads the records of an extent.
func (x Extent) read(dir string) (records []Record, err error) {
	data, err := x.load(dir)
	if err != nil {
		return nil, err
	}
	for line := range bytes.Lines(data) {
		var r Record
		if err := json.Unmarshal(line, &r); err != nil {
			return nil, fmt.Errorf("%w: %s line %d: %w", ErrRun, filepath.Join(dir, metricsFile), len(records)+1, err)
		}
		records = append(records, r)
	}
	return records, nil
}

// load reads the bytes of an extent and verifies them.
func (x Extent) load(dir string) ([]byte, error) {
	if x.Bytes == 0 {
		return nil, nil
	}
	path := filepath.Join(dir, metricsFile)
	if err := files.RequireRegular(path); err != nil {
		return nil, fmt.Errorf("%w: %w; hint: restore the file from a copy", ErrRun, err)
	}
	file, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("%w: %w; hint: restore the file from a copy", ErrRun, err)
	}
	defer file.Close()
	data, err := io.ReadAll(io.LimitReader(file, x.Bytes))
	switch {
	case err != nil:
		return nil, fmt.Errorf("%w: %s: %w", ErrRun, path, err)
	case int64(len(data)) < x.Bytes:
		return nil, fmt.Errorf("%w: %s has %d bytes, but it had %d when the checkpoint was saved; hint: restore the file from a copy", ErrRun, path, len(data), x.Bytes)
	case crc32.Checksum(data, castagnoli) != x.Checksum:
		return nil, fmt.Errorf("%w: %s: its checksum is wrong; hint: the file was changed or damaged, restore it from a copy", ErrRun, path)
	}
	return data, nil
}

// cut removes the bytes after an extent.
func (x Extent) cut(dir string) error {
	path := filepath.Join(dir, metricsFile)
	info, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) && x.Bytes == 0 {
		return nil
	}
	if err == nil && info.Size() > x.Bytes {
		err = os.Truncate(path, x.Bytes)
	}
	if err != nil {
		return fmt.Errorf("%w: %w", ErrRun, err)
	}
	return nil
}

// append writes records after an extent and returns the longer extent.
func (x Extent) append(dir string, records []Record) (Extent, error) {
	var lines []byte
	for _, r := range records {
		line, err := json.Marshal(r)
		if err != nil {
			return x, fmt.Errorf("%w: %w", ErrRun, err)
		}
		lines = append(append(lines, line...), '\n')
	}
	file, err := os.OpenFile(filepath.Join(dir, metricsFile), os.O_CREATE|os.O_WRONLY, 0o644)
	if err != nil {
		return x, fmt.Errorf("%w: %w", ErrRun, err)
	}
	if _, err = file.WriteAt(lines, x.Bytes); err == nil {
		err = file.Sync()
	}
	if closing := file.Close(); err == nil {
		err = closing
	}
	if err != nil {
		return x, fmt.Errorf("%w: %w; hint: is the disk full?", ErrRun, err)
	}
	return Extent{x.Bytes + int64(len(lines)), crc32.Update(x.Checksum, castagnoli, lines)}, nil
}
