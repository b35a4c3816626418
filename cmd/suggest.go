package cmd

import (
	"fmt"
	"strings"

	"github.com/xrash/smetrics"

	"gaetrain/viz/plain"
)

// unknown is the usage error about a name, with the nearest valid one.
func unknown(kind, name string, valid []string) error {
	return fmt.Errorf("%w: unknown %s %s; hint: did you mean %s?", errUsage, kind, name, nearest(name, valid))
}

// nearest returns the valid name that has the given initials (lr for learning-rate), or
// otherwise the one with the smallest edit distance. A long name is clipped, because time
// and memory grow with its length.
func nearest(name string, valid []string) string {
	name = plain.Clip(name, 100)
	for _, v := range valid {
		if short := initials(v); len(short) > 1 && short == strings.ToLower(strings.TrimLeft(name, "-")) {
			return v
		}
	}
	best, fewest := "", 1<<30
	for _, v := range valid {
		if edits := smetrics.WagnerFischer(strings.ToLower(name), strings.ToLower(v), 1, 1, 2); edits < fewest {
			best, fewest = v, edits
		}
	}
	return best
}

// initials are the first letters of the words of a name.
func initials(name string) string {
	var letters strings.Builder
	for word := range strings.SplitSeq(strings.TrimLeft(name, "-"), "-") {
		letters.WriteString(word[:min(1, len(word))])
	}
	return letters.String()
}
