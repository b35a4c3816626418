package pictures

import (
	"fmt"

	"gaetrain/loaders"
	"gaetrain/trainer/evaluate"
	"gaetrain/viz"
)

// Resembling are images with the nearest of other images by several measures.
type Resembling struct {
	Name    string        // of the images, such as "sample"
	Images  loaders.Split // N
	Nearest [][]int       // by each measure, N indices of the others
}

// DrawNearest draws images above the nearest images by each of the named measures,
// into the pictures of a run. It returns the path.
func DrawNearest(dir, title string, v View, others loaders.Split, measures []string, all ...Resembling) (string, error) {
	var rows []Row
	for _, r := range all {
		shown := min(columns, r.Images.Len())
		images, err := pixels(r.Images.Stratified(shown))
		if err != nil {
			return "", err
		}
		rows = append(rows, Row{r.Name, images})
		for m, indices := range r.Nearest {
			nearest, err := pixels(others.Select(indices[:shown]))
			if err != nil {
				return "", err
			}
			rows = append(rows, Row{"nearest in " + v.Shape.Words(measures[m]), nearest})
		}
	}
	path, err := inFolder(dir, "nearest.png")
	if err != nil {
		return "", err
	}
	return path, write(path, v.columns(title, columns, nil, rows...))
}

// DrawClasses draws a row of images for each predicted class, with the share of all
// images that it has, into the pictures of a run. It returns the path.
func DrawClasses(dir, title string, v View, images loaders.Split, classes []string, logits evaluate.Matrix, shares evaluate.Shares) (string, error) {
	const shown = 14
	sorted := make([][]int, len(classes))
	for i, class := range evaluate.Classes(logits.Values, len(classes)) {
		if len(sorted[class]) < shown {
			sorted[class] = append(sorted[class], i)
		}
	}
	var rows []Row
	for class, indices := range sorted {
		label := fmt.Sprintf("%s %.1f %%", classes[class], 100*shares.Shares[class])
		some, err := pixels(images.Select(indices))
		if err != nil {
			return "", err
		}
		rows = append(rows, Row{label, some})
	}
	path, err := inFolder(dir, "classes.png")
	if err != nil {
		return "", err
	}
	return path, write(path, v.lines(title, shown, viz.Alike, rows...))
}
