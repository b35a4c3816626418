package sweep

import (
	"crypto/sha256"
	"fmt"
	"strings"
)

// longestName is the number of bytes of a name to which a digest is appended if there are
// more. File systems limit names to 255 bytes.
const longestName = 120

// Name is the name of the run folder of a job, such as "code=16_learning-rate=0.001_seed=1".
// It depends only on the values of the settings that vary and on the seed. It has only
// characters that a shell, a list with commas and a file system leave unchanged: others
// are replaced by "-". A digest of all values then follows, so that names stay distinct.
func (j Job) Name() string {
	exact := j.String()
	words := make([]string, 0, len(j.Values)+1)
	changed := false
	for _, v := range j.Values {
		text := strings.Map(func(r rune) rune {
			switch {
			case r >= 'a' && r <= 'z', r >= 'A' && r <= 'Z', r >= '0' && r <= '9', strings.ContainsRune(".+-", r):
				return r
			}
			return '-'
		}, v.shown())
		changed = changed || text != v.shown()
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
	return fmt.Sprintf("%s_%x", name, sha256.Sum256([]byte(exact)))[:len(name)+1+8]
}
