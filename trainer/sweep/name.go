package sweep

import (
	"crypto/sha256"
	"fmt"
	"strconv"
	"strings"
)

// longestName is the number of bytes of a name to which a digest is appended if there are
// more. File systems limit names to 255 bytes.
const longestName = 120

// Name is the name of the run folder of a job, such as "code=16_learning-rate=0.001_seed=1".
// It depends only on the values of the settings that vary and on the seed. It has only
// characters that a shell, a list of runs with commas and a file system leave unchanged.
// Commas become "+", and other characters "-". Names that are then not unique, or are long,
// end with a digest of all values.
func (j Job) Name() string {
	words := make([]string, 0, len(j.Values)+1)
	changed := false
	for _, v := range j.Values {
		text, exact := plainText(v.shown())
		changed = changed || !exact
		words = append(words, v.Name+"="+text)
	}
	seed := fmt.Sprintf("seed=%d", j.Seed)
	name := strings.Join(append(words, seed), "_")
	if !changed && len(name) <= longestName {
		return name
	}
	if body := strings.Join(words, "_"); len(body) > longestName {
		name = body[:longestName] + "_" + seed
	}
	return fmt.Sprintf("%s_%x", name, sha256.Sum256([]byte(j.String())))[:len(name)+1+8]
}

// plainText replaces characters that a name cannot have. It reports whether no other text
// gives the same result.
func plainText(text string) (plain string, exact bool) {
	_, err := strconv.ParseFloat(text, 64)
	exact = err == nil || !strings.Contains(text, "+")
	return strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z', r >= 'A' && r <= 'Z', r >= '0' && r <= '9', strings.ContainsRune(".+-", r):
			return r
		case r == ',':
			return '+'
		}
		exact = false
		return '-'
	}, text), exact
}
