package main

import (
	"crypto/sha256"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// contents returns the files of a folder with their digests, and its folders. It is
// empty if the folder does not exist.
func contents(dir string) map[string]string {
	found := make(map[string]string)
	filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return nil
		}
		name, _ := filepath.Rel(dir, path)
		if found[name] = "folder"; entry.IsDir() {
			return nil
		}
		data, _ := os.ReadFile(path)
		found[name] = fmt.Sprintf("%x", sha256.Sum256(data))
		return nil
	})
	return found
}

// unchanged returns an error that names the files of a folder that differ from before,
// which contents returned.
func unchanged(dir string, before map[string]string) error {
	now := contents(dir)
	var changes []string
	for name, digest := range before {
		if got, ok := now[name]; !ok {
			changes = append(changes, name+" is gone")
		} else if got != digest {
			changes = append(changes, name+" has changed")
		}
	}
	for name := range now {
		if _, ok := before[name]; !ok {
			changes = append(changes, name+" is new")
		}
	}
	if slices.Sort(changes); len(changes) > 0 {
		return fmt.Errorf("the folder has changed: %s", strings.Join(changes, ", "))
	}
	return nil
}

// copyFolder copies a folder with all its files and folders.
func copyFolder(from, to string) {
	if err := os.CopyFS(to, os.DirFS(from)); err != nil {
		panic(err)
	}
}

func exists(path string) bool {
	_, err := os.Lstat(path)
	return err == nil
}

// read and write access files of the try itself, so they panic if they fail.
func read(path string) []byte {
	data, err := os.ReadFile(path)
	if err != nil {
		panic(err)
	}
	return data
}

func write(path string, data []byte) {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		panic(err)
	}
	if err := os.WriteFile(path, data, 0o644); err != nil {
		panic(err)
	}
}

func sortedNames[V any](of map[string]V) []string { return slices.Sorted(maps.Keys(of)) }

// temporary matches the names of files that are being written.
var temporary = regexp.MustCompile(`^\.gaetrain-[A-Z2-7]{26}$`)

// leftovers reports a temporary file in a folder, or an array of encode without its
// table.
func leftovers(dir string) error {
	if !exists(dir) {
		return nil
	}
	return filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if temporary.MatchString(entry.Name()) {
			return fmt.Errorf("%s is left behind", filepath.Base(path))
		}
		if table, ok := strings.CutSuffix(path, ".npy"); ok && filepath.Base(table) == "codes" && !exists(table+".csv") {
			return fmt.Errorf("codes.npy exists without codes.csv")
		}
		return nil
	})
}

// first returns the first error.
func first(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}
