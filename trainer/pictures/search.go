package pictures

import (
	"gaetrain/loaders"
	"gaetrain/trainer"
	"gaetrain/trainer/evaluate"
	"gaetrain/viz"
)

// Found is a picture of queries and the images nearest to them.
type Found struct {
	Title     string
	View      View
	Queries   loaders.Split
	Names     []string // of the queries
	Split     loaders.Split
	Neighbour [][]evaluate.Neighbour // of each query, among the images of the split
}

// Draw draws a row for each query into the pictures of a run: the query, then the
// images that were found, nearest first. It returns the path.
func (f Found) Draw(dir string) (string, error) {
	var rows []Row
	columns := 1
	for i, neighbours := range f.Neighbour {
		indices := make([]int, len(neighbours))
		for j, neighbour := range neighbours {
			indices[j] = neighbour.Index
		}
		images, err := pixels(f.Queries.Select([]int{i}))
		if err != nil {
			return "", err
		}
		found, err := pixels(f.Split.Select(indices))
		if err != nil {
			return "", err
		}
		rows = append(rows, Row{Label: f.Names[i], Values: append(images, found...)})
		columns = max(columns, 1+len(neighbours))
	}
	path, err := inFolder(dir, "search.png")
	if err != nil {
		return "", err
	}
	return path, write(path, f.View.lines(f.Title, columns, viz.First, rows...))
}

// WriteJSON writes a value to a file in a run folder.
func WriteJSON(dir, name string, value any) error {
	run := trainer.Run{Dir: dir}
	return writeJSON(run.Path(name), value)
}
