package pictures

import (
	"context"
	"slices"
	"strconv"

	"gaetrain/loaders"
	"gaetrain/trainer"
	"gaetrain/trainer/evaluate"
	"gaetrain/viz"
)

// Clusters is a picture of the clusters of images.
type Clusters struct {
	Name     string // of the files, such as "clusters-codes"
	Title    string
	View     View
	Split    loaders.Split
	Features evaluate.Matrix // N×L: the vectors that were clustered
	Found    evaluate.Clustering
	Centres  []float32 // K×D: the centres as images; nil leaves them out
	Labels   []string  // K: the label of each cluster
}

// nearestColumns is the number of images next to the centre of a cluster.
const nearestColumns = 9

// Draw draws each centre and the images nearest to it, into the pictures of a run.
// It returns the path of the picture.
func (c Clusters) Draw(ctx context.Context, dir string) (string, error) {
	index, err := evaluate.NewNearestNeighbours(c.Features)
	if err != nil {
		return "", err
	}
	found, err := index.Search(ctx, c.Found.Centres, min(nearestColumns, c.Features.Rows))
	if err != nil {
		return "", err
	}
	rows, size := make([]Row, len(c.Labels)), c.Split.Shape.Size()
	for k, label := range c.Labels {
		nearest := make([]int, len(found[k]))
		for i, neighbour := range found[k] {
			nearest[i] = neighbour.Index
		}
		images, err := pixels(c.Split.Select(nearest))
		if err != nil {
			return "", err
		}
		if c.Centres != nil {
			images = slices.Concat(c.Centres[k*size:(k+1)*size], images)
		}
		rows[k] = Row{Label: label, Values: images}
	}
	run := trainer.Run{Dir: dir}
	path := run.Path(folder, c.Name+".png")
	colour := viz.First
	if c.Centres == nil {
		colour = viz.Alike
	}
	return path, write(path, c.View.lines(c.Title, nearestColumns+1, colour, rows...))
}

// Choice draws the criterion as a function of the number of clusters, into the pictures
// of a run, and marks the chosen number. It returns the path of the picture.
func Choice(dir, name, title string, by evaluate.Criterion, all []evaluate.Clustering, best int) (string, error) {
	series := viz.Series{Name: string(by)}
	for _, c := range all {
		y := c.Silhouette
		if by == evaluate.ByBIC {
			y = c.BIC
		}
		series.X, series.Y = append(series.X, float64(c.Clusters)), append(series.Y, y)
	}
	chosen := all[best].Clusters
	curves := viz.Curves{Title: title, XLabel: "clusters", Series: []viz.Series{series}, Marks: []viz.Mark{{X: float64(chosen), Label: "chosen: " + strconv.Itoa(chosen)}}}
	run := trainer.Run{Dir: dir}
	path := run.Path(folder, name+"-choice.png")
	return path, writeFile(path, func(w writer) error { return curves.PNG(w) })
}
