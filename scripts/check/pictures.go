package main

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"image"
	"image/gif"
	"image/png"
	"io"
	"os"
	"path/filepath"
	"regexp"
)

// checkPictures returns the errors of the pictures of a run.
func checkPictures(dir string, epochs int) (wrong []error) {
	checks := map[string]func([]byte) error{
		"curves.png":                   checkPNG,
		"pictures/filters.png":         checkPNG,
		"curves.svg":                   checkSVG,
		"graph.svg":                    checkSVG,
		"graph.dot":                    checkDOT,
		"report.html":                  checkHTML,
		"pictures/reconstructions.gif": func(data []byte) error { return checkGIF(data, min(epochs+1, mostFrames)) },
	}
	for epoch := range epochs + 1 {
		checks[fmt.Sprintf("pictures/reconstructions-%04d.png", epoch)] = checkPNG
	}
	for name, check := range checks {
		data, err := os.ReadFile(filepath.Join(dir, name))
		if err == nil {
			err = check(data)
		}
		if err != nil {
			wrong = append(wrong, fmt.Errorf("%s: %w", name, err))
		}
	}
	return wrong
}

func checkPNG(data []byte) error {
	img, err := png.Decode(bytes.NewReader(data))
	if err != nil {
		return err
	}
	return checkImage(img)
}

// checkImage checks that a picture is not empty.
func checkImage(img image.Image) error {
	const fewest = 3 // minimum number of colours of a picture that shows more than text
	b := img.Bounds()
	if b.Dx() < 64 || b.Dy() < 64 {
		return fmt.Errorf("the picture has only %d×%d pixels", b.Dx(), b.Dy())
	}
	colours := make(map[[3]uint32]bool)
	for y := b.Min.Y; y < b.Max.Y; y++ {
		for x := b.Min.X; x < b.Max.X && len(colours) < fewest; x++ {
			red, green, blue, _ := img.At(x, y).RGBA()
			colours[[3]uint32{red, green, blue}] = true
		}
	}
	if len(colours) < fewest {
		return fmt.Errorf("the picture is empty: %d colours", len(colours))
	}
	return nil
}

// mostFrames is the maximum number of frames in the animation of a run.
const mostFrames = 12

func checkGIF(data []byte, frames int) error {
	g, err := gif.DecodeAll(bytes.NewReader(data))
	if err != nil {
		return err
	}
	if len(g.Image) != frames {
		return fmt.Errorf("the animation has %d frames, want %d", len(g.Image), frames)
	}
	return checkImage(g.Image[0])
}

func checkSVG(data []byte) error {
	root := ""
	for d := xml.NewDecoder(bytes.NewReader(data)); ; {
		token, err := d.Token()
		if err == io.EOF {
			break
		}
		if err != nil {
			return err
		}
		if start, ok := token.(xml.StartElement); ok && root == "" {
			root = start.Name.Local
		}
	}
	if root != "svg" {
		return fmt.Errorf("the outermost element is %q, want svg", root)
	}
	return nil
}

func checkDOT(data []byte) error {
	if !regexp.MustCompile(`(?s)^\s*(strict )?digraph .*->.*}\s*$`).Match(data) {
		return fmt.Errorf("the file is not a digraph with edges")
	}
	return nil
}

var elsewhere = regexp.MustCompile(`(?i)(?:src|srcset|<link[^>]+href)\s*=\s*["']?(?:https?:)?//|url\(\s*["']?(?:https?:)?//`)

// checkHTML checks that a page is complete and needs no other file.
func checkHTML(data []byte) error {
	switch text := bytes.ToLower(bytes.TrimSpace(data)); {
	case !bytes.HasPrefix(text, []byte("<!doctype html>")) || !bytes.HasSuffix(text, []byte("</html>")):
		return fmt.Errorf("the page is not complete")
	case !bytes.Contains(text, []byte("data:image/")):
		return fmt.Errorf("the page has no picture")
	}
	if found := elsewhere.Find(data); found != nil {
		return fmt.Errorf("the page needs another file: %s", found)
	}
	return nil
}
