package page

import (
	"fmt"
	"strings"
)

// Errors are the errors of a model, by class and of single items.
type Errors struct {
	Caption string
	Classes []ClassError // the largest error first
	Groups  []Group
	Shown   []Picture // such as the confusion matrix of a classifier
}

// ClassError is the mean error of the items of a class.
type ClassError struct {
	Name  string
	Value string  // the error as it is shown
	Share float64 // of the largest error, for the length of a bar
	Count int     // of items
}

// Percent is the length of the bar.
func (e ClassError) Percent() string { return fmt.Sprintf("%.1f", 100*max(0, min(e.Share, 1))) }

// Group are items with their reconstructions, such as the worst ones.
type Group struct {
	Title string
	Items []Example
}

// Example is an item with its reconstruction.
type Example struct {
	Name  string // such as "image 17: Bag"
	Note  string // such as the error
	Tiles []Tile // the item, its corrupted form if there is one, and its reconstruction; a single plot of rows of numbers
}

// Tile is an image, or a plot of rows of numbers.
type Tile struct {
	Name          string // such as "reconstruction"
	PNG           []byte
	Width, Height int         // at which the image is shown
	Lines         [][]float32 // rows of numbers; the last one is the reconstruction
	Low, High     float32     // the range of the axis of the lines
}

// Dimensions of the plot of lines, in units of its view box.
const lineWidth, lineHeight = 160, 56

// Polylines lists the points of each line.
func (t Tile) Polylines() (list []string) {
	for _, line := range t.Lines {
		var points strings.Builder
		for i, v := range line {
			y := lineHeight / 2.0
			if t.High > t.Low {
				y = lineHeight * float64(1-(min(max(v, t.Low), t.High)-t.Low)/(t.High-t.Low))
			}
			fmt.Fprintf(&points, "%.1f,%.1f ", lineWidth*float64(i)/float64(max(1, len(line)-1)), y)
		}
		list = append(list, strings.TrimSpace(points.String()))
	}
	return list
}
