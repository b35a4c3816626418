package loaders

import (
	"archive/zip"
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"
)

// archiveNames are the names of the arrays with the items and of those with the labels.
var archiveNames = [][2]string{{"x_train", "y_train"}, {"images", "labels"}, {"arr_0", "arr_1"}, {"data", "target"}, {"X", "y"}, {"x", "y"}}

// readArchive reads a NumPy archive.
func (a *arrayFile) readArchive(d *Dataset) error {
	if err := a.withoutColumns("a NumPy archive"); err != nil {
		return err
	}
	dir, name := a.folder()
	return withZip(a.ctx, os.DirFS(dir), name, a.room, func(z *zip.Reader, digest string) error {
		d.Digest = map[string]string{arrayDigest: "md5:" + digest}
		arrays := npzArrays(z)
		names := slices.Sorted(maps.Keys(arrays))
		items, labels := "", ""
		for _, pair := range archiveNames {
			if items == "" && arrays[pair[0]] != nil {
				items, labels = pair[0], firstIn(arrays, pair[1], "labels", "target", "y")
			}
		}
		if items == "" && len(names) == 1 {
			items = names[0]
		}
		if items == "" {
			return dataErrorf("holds the arrays %.300s, want x_train, images, arr_0, data or X, or a single array", fmt.Sprintf("%q", names[:min(len(names), 8)]))
		}
		train, err := a.readMember(arrays, items, labels)
		if err != nil {
			return err
		}
		read := []string{items, labels}
		if items != "x_train" || arrays["x_test"] == nil {
			a.logUnread(names, read)
			return a.divide(d, train)
		}
		a.logUnread(names, append(read, "x_test", "y_test"))
		if err := a.o.Needless(a.name, "an array x_test"); err != nil {
			return err
		}
		test, err := a.readMember(arrays, "x_test", "y_test")
		if err != nil {
			return err
		}
		if train.isPixels != test.isPixels {
			return dataErrorf("only one of x_train and x_test holds images of bytes; hint: save both as the same type")
		}
		if d.Test, err = a.split(d, test); err != nil {
			return dataErrorf("x_test: %w", err)
		}
		if d.Train, err = a.split(d, train); err != nil {
			return dataErrorf("x_train: %w", err)
		}
		return d.nameClasses(train.classes.names, test.classes.names)
	})
}

// firstIn returns the first name that an archive has, or "".
func firstIn(arrays map[string]*zip.File, names ...string) string {
	for _, name := range names {
		if arrays[name] != nil {
			return name
		}
	}
	return ""
}

// logUnread reports the arrays of an archive that are not read.
func (a *arrayFile) logUnread(names, read []string) {
	rest := slices.DeleteFunc(slices.Clone(names), func(name string) bool { return slices.Contains(read, name) })
	if len(rest) > 0 {
		a.o.log("%s: the arrays %s are not read", a.name, listed(rest))
	}
}

// readMember reads the items and, if the archive has them, the labels.
func (a *arrayFile) readMember(arrays map[string]*zip.File, items, labels string) (m *matrix, err error) {
	err = withMember(arrays[items], a.room, func(member source) error {
		m, err = readNumbers(a.ctx, member, a.o.ArrayOptions)
		return err
	})
	if err != nil || arrays[labels] == nil {
		return m, err
	}
	err = withMember(arrays[labels], a.room, func(member source) error {
		l, err := readLabels(member, m.rows)
		if errors.Is(err, errRealLabels) {
			a.o.log("%s: %s holds real numbers, which are not classes, so it is not read", a.name, labels)
			return nil
		}
		m.classes.labels = l
		return err
	})
	return m, err
}
