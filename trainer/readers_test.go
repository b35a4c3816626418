package trainer

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

// bounded calls a function that reads some bytes, and reports memory that the bytes do not
// explain.
func bounded(t *testing.T, bytes int, read func()) {
	t.Helper()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	read()
	runtime.ReadMemStats(&after)
	if used := after.TotalAlloc - before.TotalAlloc; used > uint64(8<<20+1000*bytes) {
		t.Errorf("%d bytes were allocated to read %d", used, bytes)
	}
}

// sealedAs is a file with the right checksum, whatever follows the first line.
func sealedAs(rest []byte) []byte {
	return fmt.Appendf(nil, sealStart+sealLine+"%s", crc32.Checksum(rest, castagnoli), rest)
}

// FuzzReadRunInfo reads run.json files with the right checksum.
func FuzzReadRunInfo(f *testing.F) {
	_, dir := trained(f, small())
	_, rest, _ := strings.Cut(string(read(f, dir, runFile)), "\n")
	_, rest, _ = strings.Cut(rest, "\n")
	f.Add([]byte(rest))
	f.Add([]byte(strings.Replace(rest, `"format": 4`, `"format": 3`, 1)))
	f.Add([]byte(`"format": 4, "id": "x", "stages": [{}]}`))
	f.Add([]byte(`"format": 4, "id": "x", "stages": [{"epochs": -1}], "image": {"channels": 1000000000, "height": 1000000000, "width": 1}}`))
	f.Fuzz(func(t *testing.T, rest []byte) {
		write(t, sealedAs(rest), dir, runFile)
		bounded(t, len(rest), func() {
			info, err := ReadRunInfo(dir)
			if err != nil {
				if !errors.Is(err, ErrRun) {
					t.Errorf("error %v", err)
				}
				return
			}
			if info.ID == "" || len(info.Stages) == 0 || info.Format != runFormat {
				t.Errorf("read %+v", info)
			}
			m, err := OpenModel(find, dir, LastCheckpoint)
			if err == nil && m.Info.ID != info.ID {
				t.Errorf("the model is of run %s", m.Info.ID)
			}
			if err != nil && !errors.Is(err, ErrRun) && !errors.Is(err, ErrCheckpoint) && !errors.Is(err, ErrConfiguration) {
				t.Errorf("error %v", err)
			}
		})
	})
}

// FuzzStateOf reads state.json. Only known phases may be returned.
func FuzzStateOf(f *testing.F) {
	dir := f.TempDir()
	write(f, []byte("{}"), dir, runFile)
	for _, text := range []string{
		`{"phase":"running","since":"2026-01-02T03:04:05Z","host":"a","process":1}`, `{"phase":"done"}`, `{"phase":"x\u001b[2J"}`, `{}`, `{`, `null`,
		`{"phase":"stopped","since":"0000-00-00"}`, `{"process":1e99}`,
	} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		write(t, data, dir, stateFile)
		bounded(t, len(data), func() {
			s, err := StateOf(dir)
			switch {
			case err != nil && !errors.Is(err, ErrRun):
				t.Errorf("error %v", err)
			case err == nil && !s.Phase.known():
				t.Errorf("phase %q", s.Phase)
			}
		})
	})
}

// FuzzFinal reads metrics.json files with the right checksum.
func FuzzFinal(f *testing.F) {
	l, dir := trained(f, small())
	_, rest, _ := strings.Cut(string(read(f, dir, finalFile)), "\n")
	_, rest, _ = strings.Cut(rest, "\n")
	f.Add([]byte(rest))
	f.Add([]byte(`"epochs": -1, "last": {"test": {"loss": 1e400}}}`))
	f.Add([]byte(`"last": {"test": {"terms": {"kl": 3}, "kl": 3}}, "best": null}`))
	f.Fuzz(func(t *testing.T, rest []byte) {
		write(t, sealedAs(rest), dir, finalFile)
		bounded(t, len(rest), func() {
			final, err := l.Run.Final()
			if err != nil {
				if !errors.Is(err, ErrRun) {
					t.Errorf("error %v", err)
				}
				return
			}
			if _, err := json.Marshal(final); err != nil {
				t.Errorf("%+v cannot be written: %v", final, err)
			}
		})
	})
}

// FuzzReadHeader reads the headers of checkpoints without their tensors.
func FuzzReadHeader(f *testing.F) {
	data, _ := minute(f)
	f.Add(data)
	f.Add(data[:60])
	f.Add([]byte("\x02\x00\x00\x00\x00\x00\x00\x00{}"))
	f.Add([]byte("\xff\xff\xff\x05\x00\x00\x00\x00{}"))
	f.Add(append([]byte("\x00\x00\x10\x00\x00\x00\x00\x00"), bytes.Repeat([]byte(`{"__metadata__":`), 1000)...))
	f.Fuzz(func(t *testing.T, data []byte) {
		path := filepath.Join(t.TempDir(), "x.safetensors")
		write(t, data, path)
		bounded(t, len(data), func() {
			h, err := readHeader(path)
			switch {
			case err != nil && !errors.Is(err, ErrCheckpoint):
				t.Errorf("error %v", err)
			case err == nil && h.Position.check() != nil:
				t.Errorf("position %+v", h.Position)
			}
		})
	})
}

// FuzzReadIndices reads lists of labelled images.
func FuzzReadIndices(f *testing.F) {
	for _, text := range []string{"0\n1\n2\n", "2", "", "\n\n", "-1", "3", "1\n1", "0x1", "99999999999999999999", "1 \r\n0\r\n"} {
		f.Add([]byte(text))
	}
	path := filepath.Join(f.TempDir(), "list")
	f.Fuzz(func(t *testing.T, data []byte) {
		if err := os.WriteFile(path, data, 0o644); err != nil {
			t.Fatal(err)
		}
		bounded(t, len(data), func() {
			const images = 3
			indices, err := readIndices(path, images)
			if err != nil {
				fails(t, err, ErrConfiguration)
				return
			}
			seen := make(map[int]bool)
			for _, i := range indices {
				if i < 0 || i >= images || seen[i] {
					t.Errorf("%q: indices %v", data, indices)
				}
				seen[i] = true
			}
		})
	})
}
