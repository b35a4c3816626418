package main

import (
	"fmt"
	"image"
	"image/color"
	"image/png"
	"io"
	"os"
	"path/filepath"
	"strings"

	"gaetrain/loaders/files"
)

// run is the folder of the run in the work folder.
func (r row) run() string { return "runs/" + r.model }

// training is the command that trains the model.
func (r row) training() string {
	return fmt.Sprintf("gaetrain train --model %s %s --dataset fashion-mnist --validation 0 --seed 1 --pictures 0 --run %s", r.model, r.train, r.run())
}

// drawing is the command that draws a picture.
func (r row) drawing(d draw) string {
	command := fmt.Sprintf("gaetrain %s --run %s %s", d.verb, r.run(), d.flags)
	if d.verb == "reconstruct" {
		command += " --out " + r.model
	}
	return command
}

// drawn is the path of the picture in the work folder.
func (r row) drawn(d draw) string {
	switch d.verb {
	case "reconstruct":
		return r.model + ".png"
	case "interpolate":
		return r.run() + "/pictures/interpolation.png"
	}
	return r.run() + "/pictures/samples.png"
}

// picture is the path of the picture in docs.
func (r row) picture(d draw) string { return fmt.Sprintf("pictures/%s-%s.png", r.model, d.verb) }

// Limits of the sizes of pictures, in bytes.
const (
	mostBytes    = 40 << 10 // of one picture
	mostAllBytes = 1 << 20  // of all pictures
)

// shrink writes a picture with few shades of grey, so that its file is small.
func shrink(from, to string) error {
	file, err := os.Open(from)
	if err != nil {
		return err
	}
	defer file.Close()
	whole, err := png.Decode(file)
	if err != nil {
		return fmt.Errorf("%s: %w", from, err)
	}
	for shades := 32; ; shades /= 2 {
		if err := writePNG(to, greys(whole, shades)); err != nil {
			return err
		}
		info, err := os.Stat(to)
		if err != nil || info.Size() <= mostBytes {
			return err
		}
		if shades <= 8 {
			return fmt.Errorf("%s has %d bytes with %d shades of grey; hint: draw fewer images", to, info.Size(), shades)
		}
	}
}

// greys returns a picture with evenly spaced shades of grey.
func greys(of image.Image, shades int) *image.Paletted {
	var palette color.Palette
	for i := range shades {
		palette = append(palette, color.Gray{uint8(255 * i / (shades - 1))})
	}
	b := of.Bounds()
	result := image.NewPaletted(b, palette)
	for y := b.Min.Y; y < b.Max.Y; y++ {
		for x := b.Min.X; x < b.Max.X; x++ {
			grey := color.GrayModel.Convert(of.At(x, y)).(color.Gray)
			result.SetColorIndex(x, y, uint8((int(grey.Y)*(shades-1)+127)/255))
		}
	}
	return result
}

func writePNG(path string, img image.Image) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	encoder := png.Encoder{CompressionLevel: png.BestCompression}
	return files.Write(path, func(w io.Writer) error { return encoder.Encode(w, img) })
}

const introduction = `# Gallery

This page shows what each model makes of Fashion-MNIST after a short training on all 60,000 images, and the commands that drew the pictures.
The runs are short, and the settings are mostly the defaults, so the pictures do not rank the models: [results.md](results.md) has figures.
Reconstructions are of test images. Below each is its squared error per pixel. Interpolations go from the code of one test image to that of another.
` + "`go run ./scripts/gallery`" + ` makes the page. A new model is one row of [rows.go](../scripts/gallery/rows.go).
`

// page returns the text of the page: the rows for which shown returns true, and the names of
// the others.
func page(shown func(row) bool) string {
	var b strings.Builder
	b.WriteString(introduction)
	var missing []string
	for _, r := range rows {
		if !shown(r) {
			missing = append(missing, "`"+r.model+"`")
			continue
		}
		fmt.Fprintf(&b, "\n## %s\n\n%s\n\n", r.model, r.about)
		commands := []string{r.training()}
		for _, d := range r.draws {
			fmt.Fprintf(&b, "![%s by %s](%s)\n\n", titles[d.verb], r.model, r.picture(d))
			commands = append(commands, r.drawing(d))
		}
		fmt.Fprintf(&b, "```sh\n%s\n```\n", strings.Join(commands, "\n"))
	}
	if missing != nil {
		fmt.Fprintf(&b, "\nThe pictures of %s are not drawn yet.\n", strings.Join(missing, ", "))
	}
	return b.String()
}

var titles = map[string]string{"reconstruct": "Test images and reconstructions", "interpolate": "Interpolations", "sample": "Samples"}

// isDrawn reports whether all pictures of a row are in docs.
func (o options) isDrawn(r row) bool {
	for _, d := range r.draws {
		if _, err := os.Stat(filepath.Join(o.root, "docs", r.picture(d))); err != nil {
			return false
		}
	}
	return true
}

func (o options) writePage() error {
	return files.Write(filepath.Join(o.root, "docs", "gallery.md"), func(w io.Writer) error {
		_, err := io.WriteString(w, page(o.isDrawn))
		return err
	})
}
