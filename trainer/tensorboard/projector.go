package tensorboard

import (
	"bytes"
	"context"
	"fmt"
	"image/png"
	"io"
	"path/filepath"
	"strconv"
	"strings"

	"gaetrain/loaders"
	"gaetrain/loaders/files"
	"gaetrain/trainer"
	"gaetrain/trainer/pictures"
	"gaetrain/viz/plain"
)

// Limits of the files for the embedding projector, which computes in a web browser.
const (
	mostPoints     = 5000
	mostNumbers    = 2_000_000 // in all codes
	largestSprite  = 64        // pixels of the longer side of an image
	projectorCodes = "codes.tsv"
	projectorNames = "metadata.tsv"
	projectorImage = "sprite.png"
	projectorFile  = "projector_config.pbtxt"
)

func codeName(unit int) string { return "code/" + strconv.Itoa(unit) }

// points returns the items whose codes the projector shows.
func points(model *trainer.Trained, test loaders.Split) loaders.Split {
	return test.Stratified(min(mostPoints, max(1, mostNumbers/max(1, model.CodeSize()))))
}

// project writes the files for the embedding projector: the codes of test items, their
// classes and, for images, the images. It returns the number of items, which is 0 for a
// model without an encoder.
func project(ctx context.Context, dir string, model *trainer.Trained, test loaders.Split, classes []string) (int, error) {
	some := points(model, test)
	if !model.HasEncoder() || some.Len() == 0 {
		return 0, nil
	}
	codes, err := model.Encode(ctx, some)
	if err != nil {
		return 0, err
	}
	list := []files.File{
		{Path: filepath.Join(dir, projectorCodes), Fill: func(w io.Writer) error { return writeCodes(w, codes, model.CodeSize()) }},
		{Path: filepath.Join(dir, projectorNames), Fill: func(w io.Writer) error { return writeNames(w, some, classes) }},
	}
	config := fmt.Sprintf("embeddings {\n  tensor_name: \"codes\"\n  tensor_path: %q\n  metadata_path: %q\n", projectorCodes, projectorNames)
	img, width, height, err := pictures.ViewOf(model).Sprites(ctx, some, largestSprite)
	if err != nil {
		return 0, err
	}
	if img != nil {
		list = append(list, files.File{Path: filepath.Join(dir, projectorImage), Fill: func(w io.Writer) error { return png.Encode(w, img) }})
		config += fmt.Sprintf("  sprite {\n    image_path: %q\n    single_image_dim: %d\n    single_image_dim: %d\n  }\n", projectorImage, width, height)
	}
	config += "}\n"
	list = append(list, files.File{Path: filepath.Join(dir, projectorFile), Fill: func(w io.Writer) error {
		_, err := io.WriteString(w, config)
		return err
	}})
	return some.Len(), asRun(files.WriteAll(list...))
}

// writeCodes writes one line per code, with tabs between the values.
func writeCodes(w io.Writer, codes []float32, size int) error {
	var text []byte
	for i, v := range codes {
		text = strconv.AppendFloat(text, float64(v), 'g', -1, 32)
		if (i+1)%size == 0 {
			text = append(text, '\n')
		} else {
			text = append(text, '\t')
		}
	}
	_, err := w.Write(text)
	return err
}

// writeNames writes what is known of each item. The projector expects names of the columns
// only if there are several.
func writeNames(w io.Writer, s loaders.Split, classes []string) error {
	var text bytes.Buffer
	line := func(class, index, path string) {
		var cells []string
		if s.Labels != nil {
			cells = append(cells, plain.Line(class))
		}
		cells = append(cells, index)
		if s.Names != nil {
			cells = append(cells, plain.Line(path))
		}
		text.WriteString(strings.Join(cells, "\t") + "\n")
	}
	if s.Labels != nil || s.Names != nil {
		line("class", "index", "path")
	}
	for i := range s.Len() {
		class, path := "", ""
		if s.Labels != nil {
			class = strconv.Itoa(int(s.Labels[i]))
			if int(s.Labels[i]) < len(classes) {
				class = classes[s.Labels[i]]
			}
		}
		if s.Names != nil {
			path = s.Names[i]
		}
		line(class, strconv.Itoa(s.Position(i)), path)
	}
	_, err := w.Write(text.Bytes())
	return err
}
