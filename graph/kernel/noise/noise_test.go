package noise_test

import (
	"bytes"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"gaetrain/graph/kernel"
	"gaetrain/graph/kernel/noise"
)

// TestBits compares with recorded bits. Another number for a key would change
// every run that is resumed or repeated.
func TestBits(t *testing.T) {
	old := kernel.Path()
	defer func() {
		if err := kernel.Use(old); err != nil {
			t.Error(err)
		}
	}()
	tests := []struct {
		key                          noise.Key
		uniform, gaussian, bernoulli []uint32
	}{
		{
			noise.Key{Seed: 1, Stream: 9 | 2<<8, Step: 3},
			[]uint32{0x3f39bc9f, 0x3ec6b4e2, 0x3cb6aac0, 0x3ec7e218, 0x3e92583e},
			[]uint32{0xbf9d047a, 0x3f851655, 0xbe27e80f, 0x3e0a335b, 0xbf3ba3f1},
			[]uint32{0, 1, 1, 1, 1},
		},
		{
			noise.Key{Seed: 1<<40 + 7, Stream: 1, Step: 1<<33 + 5},
			[]uint32{0x3f76e03a, 0x3c1a5b00, 0x3f547cdc, 0x3f73f4df, 0x3e561e14},
			[]uint32{0x4024fb0f, 0x3e1c702d, 0x3fe6864e, 0xbf0c6528, 0x3f04229c},
			[]uint32{0, 1, 0, 0, 1},
		},
	}
	for _, path := range kernel.Paths() {
		if err := kernel.Use(path); err != nil {
			t.Fatal(err)
		}
		for _, test := range tests {
			bits := func(fill func(dst []float32)) []uint32 {
				values, all := make([]float32, 5), make([]uint32, 5)
				fill(values)
				for i, v := range values {
					all[i] = math.Float32bits(v)
				}
				return all
			}
			if got := bits(func(dst []float32) { noise.Uniform(dst, test.key) }); !slices.Equal(got, test.uniform) {
				t.Errorf("%s: uniform numbers of %+v are %#x, want %#x", path, test.key, got, test.uniform)
			}
			if got := bits(func(dst []float32) { noise.Normal(dst, test.key) }); !slices.Equal(got, test.gaussian) {
				t.Errorf("%s: normal numbers of %+v are %#x, want %#x", path, test.key, got, test.gaussian)
			}
			want := slices.Clone(test.bernoulli)
			for i := range want {
				want[i] *= math.Float32bits(1)
			}
			if got := bits(func(dst []float32) { noise.Bernoulli(dst, 0.5, test.key) }); !slices.Equal(got, want) {
				t.Errorf("%s: zeros and ones of %+v are %#x, want %#x", path, test.key, got, want)
			}
		}
	}
}

func TestNothingIsAllocated(t *testing.T) {
	values := make([]float32, 1<<15)
	if count := testing.AllocsPerRun(10, func() {
		noise.Normal(values, noise.Key{Seed: 1})
		noise.Bernoulli(values, 0.5, noise.Key{Seed: 1})
	}); count != 0 {
		t.Errorf("%v allocations per call", count)
	}
}

var (
	declaration = regexp.MustCompile(`(\w+)\s+noise\.Stream\s*=\s*(.*)`)
	literal     = regexp.MustCompile(`Stream:\s*(\d.*)`)
)

// TestStreams reads every declaration of a stream in the module. The numbers
// must differ, and no key outside of tests may have a stream without a name.
func TestStreams(t *testing.T) {
	t.Parallel()
	owners := make(map[int]string)
	err := filepath.WalkDir("../../..", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || filepath.Ext(name) != ".go" || strings.HasSuffix(name, "_test.go") {
			return err
		}
		source, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		for line := range bytes.Lines(source) {
			text, isComment := strings.CutPrefix(strings.TrimSpace(string(line)), "//")
			if isComment {
				continue
			}
			if match := literal.FindString(text); match != "" {
				t.Errorf("%s: %s; hint: name the stream by a constant", name, match)
			}
			match := declaration.FindStringSubmatch(text)
			if match == nil {
				continue
			}
			value, _, _ := strings.Cut(match[2], "//")
			number, err := strconv.Atoi(strings.TrimSpace(value))
			if err != nil || number < 1 || number > 255 {
				t.Errorf("%s: stream %s is %s, want a number from 1 to 255", name, match[1], match[2])
			}
			owner := name + ": " + match[1]
			if owners[number] != "" {
				t.Errorf("%s and %s are both stream %d", owners[number], owner, number)
			}
			owners[number] = owner
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(owners) < 10 {
		t.Errorf("%d streams found, want at least 10", len(owners))
	}
}
