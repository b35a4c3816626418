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
	if !v.Shape.IsImage() {
		return drawNearestRows(dir, title, v, others, all)
	}
	var rows []Row
	for _, r := range all {
		shown := min(2*columns, r.Images.Len())
		images, err := pixels(r.Images.Stratified(shown))
		if err != nil {
			return "", err
		}
		rows = append(rows, Row{Label: r.Name, Values: images})
		for m, indices := range r.Nearest {
			nearest, err := pixels(others.Select(indices[:shown]))
			if err != nil {
				return "", err
			}
			rows = append(rows, Row{Label: "nearest in " + v.Shape.Words(measures[m]), Values: nearest})
		}
	}
	path, err := inFolder(dir, "nearest.png")
	if err != nil {
		return "", err
	}
	return path, write(path, v.columns(title, columns, nil, rows...))
}

// drawNearestRows draws each row of numbers, dark, in a panel with the nearest rows by all
// measures.
func drawNearestRows(dir, title string, v View, others loaders.Split, all []Resembling) (string, error) {
	var rows []Row
	for _, r := range all {
		shown := min(mostRowPanels/len(all), r.Images.Len())
		for i := range shown {
			values, err := pixels(r.Images.Select([]int{i}))
			if err != nil {
				return "", err
			}
			for _, indices := range r.Nearest {
				near, err := pixels(others.Select(indices[i : i+1]))
				if err != nil {
					return "", err
				}
				values = append(values, near...)
			}
			rows = append(rows, Row{Label: fmt.Sprintf("%s, %d", v.Shape.Words(r.Name), i), Values: values})
		}
	}
	path, err := inFolder(dir, "nearest.png")
	if err != nil {
		return "", err
	}
	return path, write(path, v.lines(title+" (light)", 0, viz.First, rows...))
}

// DrawClasses draws a row of images for each predicted class, with the share of all
// images that it has, into the pictures of a run. It returns the path.
func DrawClasses(dir, title string, v View, images loaders.Split, classes []string, logits evaluate.Matrix, shares evaluate.Shares) (string, error) {
	const shown = 10
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
		rows = append(rows, Row{Label: label, Values: some})
	}
	path, err := inFolder(dir, "classes.png")
	if err != nil {
		return "", err
	}
	return path, write(path, v.lines(title, shown, viz.Alike, rows...))
}
