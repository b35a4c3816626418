package loaders

import "strings"

// IsImage reports whether items of the shape are images. Items of height 1 are rows of a
// table, or signals.
func (s Shape) IsImage() bool { return s.Height > 1 }

// IsTable reports whether an item is a row of the columns of a table.
func (s Shape) IsTable() bool { return s.Height == 1 && s.Channels == 1 }

// rowWords replaces words about images by words about rows of values.
var rowWords = strings.NewReplacer(
	"-images", "-images", "-image", "-image", "-pixels", "-pixels", "images_", "images_", // names of settings and keys
	"images", "rows", "Images", "Rows", "an image", "a row", "An image", "A row", "image", "row", "Image", "Row",
	"pixels", "values", "pixel", "value",
)

// Words returns a text about images in words that fit the shape: rows instead of images
// and values instead of pixels, if its items are not images.
func (s Shape) Words(text string) string {
	if s.IsImage() {
		return text
	}
	return rowWords.Replace(text)
}
