package compression

import (
	"context"
	"errors"
	"math"
	"math/rand/v2"
	"slices"
	"sync/atomic"
	"testing"
)

// coder codes 3 words of 20 entries. The probabilities of a word depend on the word before.
func coder() WordCoder {
	return WordCoder{Words: 3, Entries: 20, New: func() Frequencies {
		sums := make([]uint32, 21)
		return func(before []uint16, p int) []uint32 {
			for k := range 20 {
				frequency := uint32(1)
				if p > 0 && k == int(before[p-1]) {
					frequency = 1 << 22 // nearly certain
				}
				sums[k+1] = sums[k] + frequency
			}
			return sums
		}
	}}
}

// words are those of n images, of which most repeat their first word.
func words(n int) (all []uint16) {
	r := rand.New(rand.NewPCG(1, 2))
	for range n {
		first, last := uint16(r.IntN(20)), uint16(r.IntN(20))
		if last > 0 {
			last = first
		}
		all = append(all, first, first, last)
	}
	return all
}

func wordFile(t *testing.T, n int) []byte {
	t.Helper()
	file, err := (&Archive{Channels: 1, Height: 2, Width: 3, Model: [32]byte{1}}).EncodeWords(t.Context(), coder(), words(n))
	if err != nil {
		t.Fatal(err)
	}
	return file
}

// TestWords writes and reads files of words. Their size is that of the information content.
func TestWords(t *testing.T) {
	t.Parallel()
	for _, n := range []int{1, 2, 300, 600} {
		file := wordFile(t, n)
		a, err := Parse(file)
		if err != nil {
			t.Fatal(err)
		}
		got, err := a.Coded.Decode(t.Context(), coder())
		if err != nil || !slices.Equal(got, words(n)) || a.Width != 3 || a.Model[0] != 1 || a.Coded.Words != 3 || a.Coded.Entries != 20 {
			t.Errorf("%d images: the words differ after they are written and read: %v", n, err)
		}
		bits, of := 0.0, coder().New()
		for code := range slices.Chunk(words(n), 3) {
			for p, k := range code {
				sums := of(code[:p], p)
				bits -= math.Log2(float64(sums[k+1]-sums[k]) / float64(sums[20]))
			}
		}
		if most := bits/8 + headerSize + 12 + 6*float64(n/group+1); float64(len(file)) > most {
			t.Errorf("%d images: the file has %d bytes, want at most %.0f", n, len(file), most)
		}
	}
}

// TestWordsOfAnotherPrior checks that a file is refused if its prior gives other
// probabilities when it is read, and that damaged files are refused.
func TestWordsOfAnotherPrior(t *testing.T) {
	t.Parallel()
	file := wordFile(t, 30)
	a, err := Parse(file)
	if err != nil {
		t.Fatal(err)
	}
	other := coder()
	other.New = func() Frequencies {
		of := coder().New()
		return func(before []uint16, p int) []uint32 {
			sums := of(before, p)
			sums[20]++
			return sums
		}
	}
	if _, err := a.Coded.Decode(t.Context(), other); !errors.Is(err, ErrFormat) {
		t.Errorf("other probabilities: error %v", err)
	}
	refusesDamage(t, file)
	if _, err := coder().Encode(t.Context(), []uint16{1, 2, 20}); !errors.Is(err, ErrInput) {
		t.Errorf("a word that is not of the codebook: error %v", err)
	}
}

// TestWordsEndSoon ends a context during the first word. No other image is coded, because a
// large prior takes seconds for a group of images.
func TestWordsEndSoon(t *testing.T) {
	t.Parallel()
	coded, err := coder().Encode(t.Context(), words(group))
	if err != nil {
		t.Fatal(err)
	}
	for name, do := range map[string]func(context.Context, WordCoder) error{
		"encode": func(ctx context.Context, c WordCoder) error { return second(c.Encode(ctx, words(group))) },
		"decode": func(ctx context.Context, c WordCoder) error { return second(c.Decode(ctx, coded, group)) },
	} {
		ctx, cancel := context.WithCancel(t.Context())
		var calls atomic.Int32
		c := coder()
		c.New = func() Frequencies {
			of := coder().New()
			return func(before []uint16, p int) []uint32 {
				cancel()
				calls.Add(1)
				return of(before, p)
			}
		}
		if err := do(ctx, c); !errors.Is(err, context.Canceled) || int(calls.Load()) > c.Words {
			t.Errorf("%s: error %v after %d words", name, err, calls.Load())
		}
	}
}
