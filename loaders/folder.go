package loaders

import (
	"bytes"
	"context"
	"crypto/md5"
	"fmt"
	"hash"
	"image"
	"image/draw"
	_ "image/jpeg" // decoders of folder:DIR
	_ "image/png"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// maxSide bounds the height and width of an image file: larger is taken for a
// corrupt header.
const maxSide = 1 << 13

// maxDepth bounds how deep sub-folders go, so that a link to a parent ends.
const maxDepth = 8

// openFolder reads PNG and JPEG files. The sub-folders are the classes, in
// sorted order; images without sub-folders are unlabelled. With train and test
// sub-folders these are the splits, otherwise each tenth image in sorted order
// is a test image. Images are grey if all are, else RGB; transparent pixels lie
// on black. All have one size.
func openFolder(ctx context.Context, dir string, o Options) (*Dataset, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, dataErrorf("%s: %w", dir, reason(err))
	}
	c := &collector{ctx: ctx, sum: md5.New()}
	train, test := filepath.Join(dir, "train"), filepath.Join(dir, "test")
	var trainFiles, testFiles []picture
	if isDir(train) && isDir(test) {
		for _, entry := range entries {
			if name := entry.Name(); name != "train" && name != "test" {
				o.log("%s: not read, the images are those in train and test", filepath.Join(dir, name))
			}
		}
		if trainFiles, err = pictures(train); err != nil {
			return nil, err
		}
		if testFiles, err = pictures(test); err != nil {
			return nil, err
		}
	} else {
		all, err := pictures(dir)
		if err != nil {
			return nil, err
		}
		if len(all) < 10 {
			return nil, dataErrorf("%s: %d images are too few to hold out a tenth; hint: at least 10, or sub-folders train and test", dir, len(all))
		}
		for i, p := range all {
			if i%10 == 9 {
				testFiles = append(testFiles, p)
			} else {
				trainFiles = append(trainFiles, p)
			}
		}
	}
	classes, err := classNames(dir, trainFiles, testFiles)
	if err != nil {
		return nil, err
	}
	for _, p := range slices.Concat(trainFiles, testFiles) {
		if err := c.add(p, dir); err != nil {
			return nil, err
		}
	}
	all := Split{Shape: c.shape, Images: c.pixels}
	if classes != nil {
		for _, p := range slices.Concat(trainFiles, testFiles) {
			label, _ := slices.BinarySearch(classes, p.class)
			all.Labels = append(all.Labels, uint8(label))
		}
	}
	d := &Dataset{Classes: classes, Digest: map[string]string{"folder": "md5:" + digestOf(c.sum)}}
	d.Train, d.Test = all.Holdout(len(testFiles))
	return d, nil
}

func isDir(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.IsDir()
}

// picture is an image file of a class; "" if it lies in no sub-folder.
type picture struct{ path, class string }

// pictures lists the image files of a folder and its sub-folders in sorted
// order.
func pictures(root string) ([]picture, error) {
	var list []picture
	var walk func(dir, class string, depth int) error
	walk = func(dir, class string, depth int) error {
		entries, err := os.ReadDir(dir) // sorted
		if err != nil {
			return dataErrorf("%s: %w", dir, reason(err))
		}
		if depth > maxDepth {
			return dataErrorf("%s: sub-folders more than %d deep", dir, maxDepth)
		}
		for _, entry := range entries {
			path := filepath.Join(dir, entry.Name())
			switch {
			case strings.HasPrefix(entry.Name(), "."):
			case isDir(path):
				inner := class
				if depth == 0 {
					inner = entry.Name()
				}
				if err := walk(path, inner, depth+1); err != nil {
					return err
				}
			case isPicture(path):
				list = append(list, picture{path, class})
			}
		}
		return nil
	}
	if err := walk(root, "", 0); err != nil {
		return nil, err
	}
	if len(list) == 0 {
		return nil, dataErrorf("%s: holds no PNG or JPEG files", root)
	}
	return list, nil
}

func isPicture(path string) bool {
	return slices.Contains([]string{".png", ".jpg", ".jpeg"}, strings.ToLower(filepath.Ext(path)))
}

// classNames returns the sorted names of the sub-folders; nil if there are none.
func classNames(dir string, lists ...[]picture) ([]string, error) {
	var names []string
	loose := ""
	for _, p := range slices.Concat(lists...) {
		if p.class == "" {
			loose = p.path
		}
		names = append(names, p.class)
	}
	slices.Sort(names)
	names = slices.Compact(names)
	switch {
	case loose != "" && len(names) > 1:
		return nil, dataErrorf("%s: lies beside sub-folders, which are classes; hint: move it into one", loose)
	case loose != "":
		return nil, nil
	case len(names) > 256:
		return nil, dataErrorf("%s: %d sub-folders, want at most 256 classes", dir, len(names))
	}
	return names, nil
}

// collector gathers the pixels of images, grey until the first that is not.
type collector struct {
	ctx    context.Context
	shape  Shape
	first  string // path of the first image
	pixels []uint8
	canvas *image.RGBA // the image being added
	sum    hash.Hash   // of names and files, in order
}

func (c *collector) add(p picture, root string) error {
	if err := context.Cause(c.ctx); err != nil {
		return err
	}
	data, err := os.ReadFile(p.path)
	if err != nil {
		return dataErrorf("%s: %w", p.path, reason(err))
	}
	name, err := filepath.Rel(root, p.path)
	if err != nil {
		return dataErrorf("%s: %w", p.path, err)
	}
	fmt.Fprintf(c.sum, "%s\n%d\n", filepath.ToSlash(name), len(data))
	c.sum.Write(data)
	config, _, err := image.DecodeConfig(bytes.NewReader(data))
	if err != nil {
		return dataErrorf("%s: unreadable image: %w", p.path, err)
	}
	if err := c.checkSize(p.path, config.Height, config.Width); err != nil {
		return err
	}
	decoded, _, err := image.Decode(bytes.NewReader(data))
	if err != nil {
		return dataErrorf("%s: unreadable image: %w", p.path, err)
	}
	c.draw(decoded)
	if c.shape.Channels == 1 && !isGrey(c.canvas.Pix) {
		c.widen()
	}
	if int64(len(c.pixels)+c.shape.Size()) > maxBytes {
		return dataErrorf("%s: the images up to this one are more than %d GiB", p.path, maxBytes>>30)
	}
	for channel := range c.shape.Channels {
		for at := channel; at < len(c.canvas.Pix); at += 4 {
			c.pixels = append(c.pixels, c.canvas.Pix[at])
		}
	}
	return nil
}

func (c *collector) checkSize(path string, height, width int) error {
	switch {
	case height <= 0 || width <= 0 || height > maxSide || width > maxSide:
		return dataErrorf("%s: image of %d×%d pixels (height×width), want at most %d×%d", path, height, width, maxSide, maxSide)
	case c.first == "":
		c.first, c.shape = path, Shape{1, height, width}
	case height != c.shape.Height || width != c.shape.Width:
		return dataErrorf("images of different sizes: %s is %d×%d, %s is %d×%d (height×width); hint: resize them to one size",
			c.first, c.shape.Height, c.shape.Width, path, height, width)
	}
	return nil
}

// widen turns the grey images so far into RGB ones.
func (c *collector) widen() {
	plane := c.shape.Size()
	wide := make([]uint8, 0, 3*len(c.pixels))
	for at := 0; at < len(c.pixels); at += plane {
		for range 3 {
			wide = append(wide, c.pixels[at:at+plane]...)
		}
	}
	c.pixels, c.shape.Channels = wide, 3
}

// draw puts an image on the canvas. RGBA is premultiplied: what is transparent
// comes out black.
func (c *collector) draw(m image.Image) {
	if c.canvas == nil {
		c.canvas = image.NewRGBA(image.Rect(0, 0, c.shape.Width, c.shape.Height))
	}
	draw.Draw(c.canvas, c.canvas.Bounds(), m, m.Bounds().Min, draw.Src)
}

func isGrey(rgba []uint8) bool {
	for at := 0; at < len(rgba); at += 4 {
		if rgba[at] != rgba[at+1] || rgba[at+1] != rgba[at+2] {
			return false
		}
	}
	return true
}
