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
	noArchive  = "no tar archive"
)

// systemFiles are the names, in lower case, of files and folders that operating systems
// and storage devices put into folders. The names of other such files begin with a dot.
var systemFiles = []string{"thumbs.db", "ehthumbs.db", "desktop.ini", "__macosx", "@eadir", "$recycle.bin", "system volume information"}

func isHidden(name string) bool {
	return strings.HasPrefix(name, ".") || slices.Contains(systemFiles, strings.ToLower(name))
}

// skipped lists the files and folders of a data set that are not read.
type skipped struct {
	paths  map[string][]string // by reason
	broken []error             // about images that cannot be decoded
}

func (s *skipped) add(reason, path string) {
	if s.paths == nil {
		s.paths = map[string][]string{}
	}
	s.paths[reason] = append(s.paths[reason], path)
}

// refuse returns an error about the first file that is skipped, if there is one.
func (s *skipped) refuse() error {
	for _, reason := range []string{hiddenFile, otherKind, animation, besideRoot, noArchive} {
		if paths := s.paths[reason]; len(paths) > 0 {
			return dataErrorf("%s: %s, which --strict refuses; hint: remove it, or leave --strict out", paths[0], reason)
		}
	}
	return nil
}

// log reports the number of skipped files in one line for each reason, with an example.
// images is the number of images that are not broken.
func (s *skipped) log(dir string, images int, o Options) {
	for _, reason := range []string{hiddenFile, otherKind, animation, besideRoot, noArchive} {
		if paths := s.paths[reason]; len(paths) > 0 {
			o.log("%s: %s skipped: %s (such as %s)", dir, areMany(len(paths), "file or folder", "files or folders"), reason, filepath.Base(paths[0]))
		}
	}
	if n := len(s.broken); n > 0 && images > 0 { // else all are broken, which is an error
		most := ""
		if n > images {
			most = ", more than half of all"
		}
		o.log("%s: %s skipped%s: broken (such as %v); hint: --strict stops at the first one", dir, areMany(n, "image", "images"), most, s.broken[0])
	}
}

// areMany returns, for example, "1 file is" or "2 files are".
func areMany(n int, one, many string) string {
	if n == 1 {
		return "1 " + one + " is"
	}
	return fmt.Sprintf("%d %s are", n, many)
}
