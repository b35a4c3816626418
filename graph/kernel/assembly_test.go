package kernel

import (
	"os"
	"regexp"
	"strings"
	"testing"
)

// TestAVX2NeedsNoMore checks that the functions for AVX2 use only its
// registers. The generator would also accept the sixteen additional registers
// of AVX-512.
func TestAVX2NeedsNoMore(t *testing.T) {
	t.Parallel()
	beyond := regexp.MustCompile(`\b([XY](1[6-9]|2\d|3[01])|Z\d+|K[0-7])\b`)
	for _, file := range []string{"vector_amd64.s", "gemm_amd64.s"} {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		functions := 0
		for _, function := range strings.Split(string(text), "\nTEXT ")[1:] {
			name, body, _ := strings.Cut(function, "(SB)")
			if !strings.Contains(name, "AVX2") {
				continue
			}
			functions++
			body, _, _ = strings.Cut(body, "\nDATA")
			if register := beyond.FindString(body); register != "" {
				t.Errorf("%s: %s uses %s", file, name, register)
			}
			if !strings.Contains(body, "VZEROUPPER") {
				t.Errorf("%s: %s leaves the upper halves of registers dirty", file, name)
			}
		}
		if functions == 0 {
			t.Errorf("%s has no functions for AVX2", file)
		}
	}
}
