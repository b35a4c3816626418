package loaders

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"runtime"
	"sync"

	"gaetrain/graph/kernel"
	"gaetrain/loaders/files"
)

// imageStore decodes image files whenever they are read. Several goroutines can do so.
type imageStore struct {
	decoder
	look
	list      []picture // all frames of an item, one after the other
	frames    int       // of an item
	shape     Shape     // of a frame
	opaque    bool      // transparent pixels are an error, because no header shows them
	decodings chan struct{}
	easels    sync.Pool // *easel
}

// easel is the memory for one image.
type easel struct {
	canvas
	pixels []uint8
	file   []byte // the whole file, if it is small
}

// newImageStore returns a store of the surveyed images of a collector.
func newImageStore(c *collector, list []picture) *imageStore {
	s := &imageStore{decoder: c.decoder, look: c.look, list: list, frames: len(c.canvases), shape: c.shape, opaque: c.mayHide == 0}
	s.shape.Channels = s.channels
	s.room = newBudget()
	s.decodings = make(chan struct{}, max(1, min(int64(runtime.GOMAXPROCS(0)), s.room.most()/max(1, c.decoding))))
	s.easels.New = func() any { return &easel{pixels: make([]uint8, s.shape.Size())} }
	return s
}

func (s *imageStore) Len() int      { return len(s.list) / s.frames }
func (s *imageStore) inFiles() bool { return true }

// pictureBytes is the memory that the name of an image file takes.
const pictureBytes = 200

// Bytes counts the names of the files.
func (s *imageStore) Bytes() int64 { return pictureBytes * int64(len(s.list)) }

func (s *imageStore) Read(dst []float32, i int) error {
	at := s.easels.Get().(*easel)
	defer s.easels.Put(at)
	size := s.shape.Size()
	for frame := range s.frames {
		if err := s.decodeInto(at, s.list[i*s.frames+frame]); err != nil {
			return err
		}
		kernel.ScaleBytes(dst[frame*size:(frame+1)*size], at.pixels)
	}
	return nil
}

// decodeInto decodes a picture into the pixels of an easel.
func (s *imageStore) decodeInto(at *easel, p picture) error {
	s.decodings <- struct{}{}
	defer func() { <-s.decodings }()
	file, closer, err := p.open(context.Background())
	if err != nil {
		return err
	}
	defer closer.Close()
	if file, err = at.load(file, p); err != nil {
		return err
	}
	if err := s.decodeFile(context.Background(), file, p.path, &at.canvas); err != nil {
		return err
	}
	size := at.Rect.Size()
	switch {
	case size.X != s.shape.Width || size.Y != s.shape.Height:
		return dataErrorf("%s: the file was replaced after its header was read", p.path)
	case s.channels == 1 && !s.grey && !isGrey(at.Pix):
		return dataErrorf("%s: has colours, which the headers of the images do not show; hint: --grey", p.path)
	case s.opaque && !at.Opaque():
		return dataErrorf("%s: has transparent pixels, which the headers of the images do not show; hint: --background white", p.path)
	}
	if s.opaque {
		s.look.draw(at.pixels, &at.canvas)
	} else {
		s.look.read(at.pixels, &at.canvas)
	}
	return nil
}

// load reads a small file at once, because its header and its pixels are read in many
// parts.
func (e *easel) load(file *io.SectionReader, p picture) (*io.SectionReader, error) {
	const small = 1 << 20
	if file.Size() > small {
		return file, nil
	}
	e.file = enough(e.file, int(file.Size()))
	if n, err := file.ReadAt(e.file, 0); n < len(e.file) {
		return nil, dataErrorf("%s: %w", p.path, files.Reason(err))
	}
	return io.NewSectionReader(bytes.NewReader(e.file), 0, file.Size()), nil
}

// stay returns the surveyed images as a store that decodes them whenever they are read.
func (c *collector) stay(list []picture, o Options) (all collected, err error) {
	name, err := c.scan(list, o)
	if err != nil {
		return all, err
	}
	store := newImageStore(c, list)
	shape := store.shape
	shape.Channels *= store.frames
	for i, p := range list {
		fmt.Fprintf(p.in.sum, "%s\n%d\n", p.name, c.lengths[i])
		p.in.scheme = namesAndSizes
	}
	all = collected{Split{Shape: shape, Store: store}, list, name, c.decoder, c.look}
	colours := "grey"
	if c.channels == 3 {
		colours = "in colour"
	}
	o.logStaying(c.dir, fmt.Sprintf("; all images are %s; hint: --cache DIR decodes each image only once", colours), all.Split)
	return all, nil
}

// setBackground sets the colour behind transparent pixels, and makes the images coloured
// if the background is.
func (c *collector) setBackground(name string) (err error) {
	if c.background, err = parseBackground(name); err != nil {
		return err
	}
	if b := c.background; c.mayHide > 0 && !c.grey && (b[0] != b[1] || b[1] != b[2]) {
		c.channels = 3
	}
	return nil
}
