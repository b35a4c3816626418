package loaders

import "strings"

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
