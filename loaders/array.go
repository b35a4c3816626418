package loaders

import (
	"bufio"
	"bytes"
	"context"
	"crypto/md5"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
)

// openArray reads a file of numbers: a NumPy array or archive, a table in text, or a
// Parquet file. The content decides which, not the name.
func openArray(ctx context.Context, path string, o Options, room *budget) (*Dataset, error) {
	o.ArrayOptions = o.withDefaults()
	for _, check := range []error{o.ArrayOptions.Validate(), o.SplitOptions.Validate()} {
		if check != nil {
			return nil, check
		}
	}
	a := &arrayFile{ctx: ctx, path: path, name: "array:" + path, o: o, room: room}
	d := &Dataset{Name: a.name}
	if err := a.read(d); err != nil {
		if errors.Is(err, ErrUnknown) {
			return nil, usageErrorf("%s: %w", path, err)
		}
		return nil, dataErrorf("%s: %w", path, err)
	}
	return d, nil
}

// arrayFile is a file of numbers that is being read.
type arrayFile struct {
	ctx  context.Context
	path string
	name string // of the data set
	o    Options
	room *budget
}

// Starts of files.
const (
	zipMagic     = "PK\x03\x04"
	parquetMagic = "PAR1"
)

func (a *arrayFile) folder() (dir, name string) {
	dir, name = filepath.Split(filepath.Clean(a.path))
	if dir == "" {
		dir = "."
	}
	return dir, name
}

// read reads the file into a data set.
func (a *arrayFile) read(d *Dataset) error {
	dir, name := a.folder()
	s, file, err := openSource(a.ctx, os.DirFS(dir), name, a.room)
	if err != nil {
		return err
	}
	defer file.Close()
	sum := md5.New()
	start := bufio.NewReaderSize(io.TeeReader(s.Reader, sum), chunkBytes)
	s.Reader = start
	magic, err := start.Peek(len(npyMagic))
	if err != nil && !errors.Is(err, io.EOF) {
		return dataErrorf("%w", err)
	}
	var m *matrix
	switch {
	case bytes.HasPrefix(magic, []byte(zipMagic)):
		return a.readArchive(d)
	case bytes.HasPrefix(magic, []byte(parquetMagic)):
		m, err = a.readParquet(d)
	case bytes.HasPrefix(magic, []byte(npyMagic)):
		m, err = a.readArray(s)
	case isExtension(name, ".npy") || isExtension(name, ".npz") || isExtension(name, ".parquet"):
		return dataErrorf("the file is not what its name says: it starts with bytes %x", magic)
	default:
		m, err = a.readText(start, partOf(file))
	}
	if err != nil {
		return err
	}
	if stays, ok := m.store.(*fileStore); ok {
		stays.path = a.path
		digest, err := sampled(s.raw, s.raw.size)
		if err != nil {
			return err
		}
		d.Digest = map[string]string{arrayDigest: digest}
		defer func() { a.o.logStaying(a.path, "", d.Train, d.Test) }()
	}
	if d.Digest == nil {
		d.Digest = map[string]string{arrayDigest: "md5:" + digestOf(sum)}
	}
	return a.divide(d, m)
}

// arrayDigest is the key of Dataset.Digest. It is not the name of the file, which can be
// another one for the same data.
const arrayDigest = "values"

func isExtension(name, extension string) bool {
	return strings.EqualFold(filepath.Ext(name), extension)
}

func (a *arrayFile) readArray(s source) (*matrix, error) {
	if err := a.withoutColumns("a NumPy array"); err != nil {
		return nil, err
	}
	return readNumbers(a.ctx, s, a.o.ArrayOptions)
}

// partOf returns a function for the part of a file that has been read.
func partOf(file io.Closer) func() float64 {
	f, ok := file.(*os.File)
	if !ok {
		return nil
	}
	return func() float64 {
		at, err := f.Seek(0, io.SeekCurrent)
		info, statErr := f.Stat()
		if err != nil || statErr != nil {
			return 1
		}
		return float64(at) / float64(max(info.Size(), 1))
	}
}

func (a *arrayFile) readText(start *bufio.Reader, part func() float64) (*matrix, error) {
	if err := a.withoutAxes("a table"); err != nil {
		return nil, err
	}
	return readCSV(start, a.path, a.name, a.o, a.room, part)
}

// withoutColumns and withoutAxes refuse options that the kind of file does not have,
// unless they are those of a run, which was trained on another file.
func (a *arrayFile) withoutColumns(what string) error {
	if a.o.Scaling != nil {
		return nil
	}
	return a.o.withoutColumns(what)
}

func (a *arrayFile) withoutAxes(what string) error {
	if a.o.Scaling != nil {
		return nil
	}
	return a.o.withoutAxes(what)
}

// divide makes the items training and test images.
func (a *arrayFile) divide(d *Dataset, m *matrix) (err error) {
	if d.Train, err = a.split(d, m); err != nil {
		return err
	}
	if err := d.nameClasses(m.classes.names, nil); err != nil || a.o.Whole {
		return err
	}
	d.Train, d.Test, err = d.Train.holdOut(a.o.SplitOptions)
	d.HeldOut = d.Test.Len()
	return err
}

// split returns the items of a file after the treatment of missing values.
func (a *arrayFile) split(d *Dataset, m *matrix) (Split, error) {
	if a.o.Missing == missingDrop {
		all := m.rows
		if dropped := m.drop(); dropped > 0 {
			a.o.log("%s: %d of %d rows have missing values and are left out (--missing drop)", a.name, dropped, all)
		}
	}
	if m.missing > 0 {
		a.o.log("%s: %d missing values are replaced by means of the training rows (--missing mean)", a.name, m.missing)
	}
	if m.rows == 0 {
		return Split{}, dataErrorf("no row without missing values is left; hint: --missing mean, or --ignore the columns without values")
	}
	if m.classes.index != nil {
		if err := m.classes.settle(a.o.Label); err != nil {
			return Split{}, err
		}
	}
	if a.o.Features != nil && m.features == nil && m.shape.IsTable() {
		if n := m.shape.Width; n != len(a.o.Features) {
			return Split{}, dataErrorf("%d columns without names, but the model was trained on %d: %s", n, len(a.o.Features), listed(a.o.Features))
		}
		a.o.log("%s: the columns have no names, so they are taken in the order of the run: %s", a.name, listed(a.o.Features))
		m.features = a.o.Features
	}
	if names := m.coarse(); names != nil {
		a.o.log("%s: float32 loses more than a thousandth of the range of column %s; hint: subtract the smallest value of the column, or --ignore it", a.name, listed(names))
	}
	d.Features = m.features
	d.bytes = m.isPixels
	d.unscaled = &unscaled{kind: a.o.Scale, pixels: m.isPixels, missing: a.o.Missing == missingMean, options: a.o}
	s := Values(m.shape, m.values)
	if m.pixels != nil {
		s = Pixels(m.shape, m.pixels)
	}
	if m.store != nil {
		s.Store = m.store
	}
	s.Labels, s.Positions = m.classes.numbers, m.kept
	return s, nil
}
