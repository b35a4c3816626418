package loaders

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"
)

// Reasons why a file or a folder is not read.
const (
	hiddenFile = "hidden or system file"
	otherKind  = "not " + kinds
	animation  = "animated WebP"
	besideRoot = "next to the folders of the splits"
)

// systemFiles are the names, in lower case, of files that operating systems put into
// folders. The names of other such files begin with a dot.
var systemFiles = []string{"thumbs.db", "desktop.ini", "__macosx"}

func isHidden(name string) bool {
	return strings.HasPrefix(name, ".") || slices.Contains(systemFiles, strings.ToLower(name))
}

// skipped lists the files and folders of a data set that are not read, by reason.
type skipped map[string][]string

func (s skipped) add(reason, path string) { s[reason] = append(s[reason], path) }

// log reports the number of skipped files in one line, with an example of each reason.
func (s skipped) log(dir string, o Options) {
	total, parts := 0, []string(nil)
	for _, reason := range []string{hiddenFile, otherKind, animation, besideRoot} {
		if names := s[reason]; len(names) > 0 {
			total += len(names)
			parts = append(parts, fmt.Sprintf("%d %s (such as %s)", len(names), reason, filepath.Base(names[0])))
		}
	}
	if total > 0 {
		o.log("%s: %d files or folders are not read: %s", dir, total, strings.Join(parts, ", "))
	}
}
