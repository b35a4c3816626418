package cmd

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"

	"gaetrain/loaders/files"
	"gaetrain/trainer"
)

// ruleOfOut is the part of a verb's help about the names of the files that it writes.
const ruleOfOut = `Earlier files are never replaced. A default name gets the next free number, such as
%s. If --out names a file that exists, it is refused.`

// otherEndings are endings that a name of --out cannot have unless the verb writes such
// files. A user who gives one expects another format.
var otherEndings = []string{".png", ".jpg", ".jpeg", ".gif", ".svg", ".csv", ".npy", ".npz", ".parquet", ".json", ".txt"}

// freeOut returns the path, without the endings, at which a verb writes its files. It is
// the value of --out without an ending, and files of that name must not exist. If --out is
// not given, it is the default with the next free number. freeOut writes nothing.
func freeOut(c *cli.Context, out string, endings ...string) (string, error) {
	stem := out
	for _, ending := range endings {
		if name, ok := strings.CutSuffix(out, ending); ok {
			stem = name
		}
	}
	if err := checkPlace(out, stem, endings[0]); err != nil {
		return "", err
	}
	switch there := files.Taken(stem, endings...); {
	case slices.Contains(otherEndings, strings.ToLower(filepath.Ext(stem))):
		return "", fmt.Errorf("%w: --out %s: the files end with %s; hint: --out %s", errUsage, out, strings.Join(endings, " and "), strings.TrimSuffix(stem, filepath.Ext(stem)))
	case !wasGiven(c, "out"):
		return files.Unused(stem, endings...), nil
	case there != "":
		return "", fmt.Errorf("%w: --out %s: %s exists; hint: choose another name, or remove it first", errUsage, out, there)
	}
	return stem, nil
}

// checkOut returns an error if the file that --out names cannot be written. It is called
// before any work is done.
func checkOut(out string) error {
	if err := checkPlace(out, out, ""); err != nil {
		return err
	}
	if isFolder(out) {
		return fmt.Errorf("%w: --out %s: %s is a folder", errUsage, out, out)
	}
	return nil
}

// checkPlace returns an error if the value out of --out names no file, or a file in a
// folder that does not exist. name is out without an ending.
func checkPlace(out, name, ending string) error {
	switch dir := filepath.Dir(name); {
	case name == "" || os.IsPathSeparator(name[len(name)-1]):
		return fmt.Errorf("%w: --out %q is not the name of a file; hint: for example results%s", errUsage, out, ending)
	case !isFolder(dir):
		return fmt.Errorf("%w: --out %s: there is no folder %s; hint: create it first", errUsage, out, dir)
	}
	return nil
}

func isFolder(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.IsDir()
}

// writeTogether writes the files of one result. It writes all of them or none.
func writeTogether(list ...files.File) error { return written(files.WriteAll(list...)) }

// writeNew writes the files of one result whose names freeOut has chosen. It replaces no
// file that another process has written since.
func writeNew(list ...files.File) error {
	err := files.WriteNew(list...)
	if errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("%w: %w; hint: another process has written it, so run the command again or choose another --out", errUsage, err)
	}
	return written(err)
}

func written(err error) error {
	if err != nil {
		return fmt.Errorf("%w: %w; hint: is the disk full or the folder read-only?", trainer.ErrRun, err)
	}
	return nil
}
