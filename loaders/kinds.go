package loaders

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// kindOf returns the prefix for --dataset that fits the file or the folder at a path.
// It returns "" if the path cannot be that of a data set.
func kindOf(path string) string {
	switch {
	case path == "":
		return ""
	case !isDir(path):
		return kindOfFile(path)
	case isDir(filepath.Join(path, "first")) && isDir(filepath.Join(path, "second")):
		return "pairs"
	}
	entries, _ := os.ReadDir(path)
	for _, entry := range entries {
		if name := strings.TrimSuffix(entry.Name(), ".gz"); strings.HasSuffix(name, "-ubyte") {
			return "idx"
		}
		if kindOfFile(filepath.Join(path, entry.Name())) == "tar" {
			return "tar"
		}
	}
	return "folder"
}

// arrayExtensions are those of files that array:FILE reads, in lower case.
var arrayExtensions = []string{".npy", ".csv", ".tsv", ".parquet"}

// kindOfFile returns npz, array or tar, or "" if there is no such file.
func kindOfFile(path string) string {
	extension := strings.ToLower(filepath.Ext(strings.TrimSuffix(path, ".gz")))
	_, err := os.Stat(path)
	switch {
	case err != nil:
	case extension == ".npz":
		return "npz"
	case slices.Contains(arrayExtensions, extension):
		return "array"
	case extension == ".tar" || extension == ".tgz":
		return "tar"
	}
	return ""
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
