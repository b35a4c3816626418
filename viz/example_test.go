package viz_test

import (
	"bytes"
	"fmt"
	"log"
	"strings"

	"gaetrain/viz"
)

// Two rows of three images of 2×2 pixels. Column i shows image i of each row.
func ExampleGrid() {
	original := viz.Images{Channels: 1, Height: 2, Width: 2, Pixels: []float32{0, 0, 1, 1, 0, 1, 0, 1, 1, 0, 0, 1}}
	reconstruction := viz.Images{Channels: 1, Height: 2, Width: 2, Pixels: []float32{0.1, 0.1, 0.9, 0.9, 0.1, 0.9, 0.1, 0.9, 0.8, 0.2, 0.2, 0.8}}
	picture := viz.Grid("Test images", 3, viz.Row{Label: "original", Images: original}, viz.Row{Label: "reconstruction", Images: reconstruction})
	var png bytes.Buffer
	if err := viz.EncodePNG(&png, picture); err != nil {
		log.Fatal(err)
	}
	fmt.Println(picture.Bounds().Size())
	fmt.Printf("%q\n", png.Bytes()[1:4])
	// Output:
	// (419,251)
	// "PNG"
}

// The loss of four epochs on two splits as an SVG picture.
func ExampleCurves() {
	curves := viz.Curves{Title: "dense on sample", XLabel: "epoch", Marks: []viz.Mark{{X: 3, Label: "best epoch 3"}}, Series: []viz.Series{
		{Name: "loss", Unit: "nats per image", Split: "train", X: []float64{1, 2, 3, 4}, Y: []float64{300, 270, 255, 250}},
		{Name: "loss", Unit: "nats per image", Split: "validation", X: []float64{1, 2, 3, 4}, Y: []float64{290, 272, 268, 269}},
	}}
	var svg bytes.Buffer
	if err := curves.SVG(&svg); err != nil {
		log.Fatal(err)
	}
	fmt.Println(strings.HasPrefix(svg.String(), "<?xml"), strings.Contains(svg.String(), "best epoch 3"))
	// Output:
	// true true
}
