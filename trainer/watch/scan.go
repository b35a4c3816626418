package watch

import (
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// Limits of a search for runs.
const (
	deepest     = 5       // folders below the one that is watched
	mostRuns    = 5_000   // that are shown
	mostEntries = 200_000 // of folders that are read
)

// scan lists the run folders below a folder by their paths below it, sorted. It does not enter run folders, hidden folders or symbolic
// links. limited reports that a limit was reached.
func scan(dir string) (names []string, limited bool, err error) {
	entries := 0
	err = filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			if path == dir {
				return err
			}
			return fs.SkipDir // a folder that cannot be read, or was just removed
		}
		if entries++; entries > mostEntries || len(names) >= mostRuns {
			limited = true
			return fs.SkipAll
		}
		if !entry.IsDir() && path != dir {
			return nil
		}
		name, _ := filepath.Rel(dir, path)
		if path != dir && strings.HasPrefix(entry.Name(), ".") {
			return fs.SkipDir
		}
		if _, err := os.Lstat(filepath.Join(path, "run.json")); err == nil {
			names = append(names, name)
			return fs.SkipDir
		}
		if strings.Count(name, string(filepath.Separator)) >= deepest {
			return fs.SkipDir
		}
		return nil
	})
	slices.Sort(names)
	return names, limited, err
}
