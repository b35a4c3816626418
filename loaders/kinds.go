package loaders

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// kindOf returns the prefix for --dataset that fits the file or the folder at a path.
// It returns "" if the path cannot be that of a data set.
func kindOf(path string) string {
	switch {
	case path == "":
		return ""
	case !isDir(path):
		if _, err := os.Stat(path); err == nil && strings.EqualFold(filepath.Ext(path), ".npz") {
			return "npz"
		}
		return ""
	case isDir(filepath.Join(path, "first")) && isDir(filepath.Join(path, "second")):
		return "pairs"
	}
	entries, _ := os.ReadDir(path)
	for _, entry := range entries {
		if name := strings.TrimSuffix(entry.Name(), ".gz"); strings.HasSuffix(name, "-ubyte") {
			return "idx"
		}
	}
	return "folder"
}

// missing returns an error if a file or a folder does not exist. The error names the
// current folder, because a relative path depends on it.
func missing(name, path string) error {
	if _, err := os.Stat(path); !errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	here, err := os.Getwd()
	if err != nil || filepath.IsAbs(path) {
		return dataErrorf("%s: no such file or folder", name)
	}
	return dataErrorf("%s: no such file or folder in the current folder, %s; hint: start gaetrain in the folder to which the path is relative", name, here)
}
