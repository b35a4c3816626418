package loaders

// Outline is what is known about a user's image files before all of them are decoded.
type Outline struct {
	// Shape is that of an item. Image files of colours can have grey pixels, so images have
	// one channel until a decoded one has colours. Likely is the shape if one will have them.
	Shape   Shape
	Likely  Shape
	Classes int   // number of classes; 0: the images have no labels
	Items   int   // number of items; 1 until all headers are read
	Bytes   int64 // of memory that their values take
	Final   bool  // the images that are still to be decoded cannot change the others
}

// Split returns the items as a split whose values cannot be read yet.
func (o Outline) Split() Split { return Split{Shape: o.Shape, Store: &outlined{o}} }

// outlined is the store of an outline.
type outlined struct{ Outline }

func (o *outlined) Len() int     { return o.Items }
func (o *outlined) Bytes() int64 { return o.Outline.Bytes }

func (o *outlined) Read([]float32, int) error { return dataErrorf("the images are not decoded yet") }

// announce gives the outline to the function that the options name. It is called when the
// first header is read, when all headers are read, and when a decoded image shows that the
// images are coloured. An error of the function ends reading.
func (c *collector) announce() error {
	if c.outline == nil {
		return nil
	}
	frames := len(c.canvases)
	o := Outline{Shape: Shape{frames * c.channels, c.shape.Height, c.shape.Width}, Classes: c.classes, Items: max(c.count/frames, 1)}
	if o.Likely = o.Shape; c.coloured > 0 && !c.grey {
		o.Likely.Channels = 3 * frames
	}
	o.Bytes = int64(o.Items) * int64(o.Shape.Size())
	if c.stays {
		o.Bytes = pictureBytes * int64(o.Items*frames)
	}
	o.Final = c.count > 0 && o.Shape == o.Likely
	return c.outline(o)
}
