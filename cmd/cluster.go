package cmd

import (
	"context"
	"fmt"
	"io"
	"slices"

	"github.com/urfave/cli/v2"

	"gaetrain/loaders"
	"gaetrain/loaders/files"
	"gaetrain/trainer"
	"gaetrain/trainer/evaluate"
	"gaetrain/trainer/measure"
	"gaetrain/trainer/pictures"
)

type clusterOptions struct {
	RunOptions
	On          string `toml:"on" group:"clusters" help:"Features to cluster: codes, pixels or pca (as many principal components as a code has values)"`
	Method      string `toml:"method" group:"clusters" help:"Clustering method: k-means, gaussian-diagonal or gaussian-full"`
	Clusters    int    `toml:"clusters" group:"clusters" help:"Number of clusters; 0 to choose the number by --criterion"`
	MaxClusters int    `toml:"max-clusters" group:"clusters" help:"Largest number of clusters that is tried if --clusters is 0"`
	Criterion   string `toml:"criterion" group:"clusters" help:"Criterion for the number of clusters: silhouette or bic (default: silhouette; bic for Gaussians)"`
	Restarts    int    `toml:"restarts" group:"clusters" help:"Number of random starts of k-means, 1 or more; the best result is kept"`
	ClusterStep int    `toml:"cluster-step" group:"clusters" help:"Images per step of k-means, for large data sets; 0 for all"`
	Silhouette  int    `toml:"silhouette-images" group:"clusters" help:"Number of images on which the silhouette is measured; 0 for all"`
	Output
}

func clusterVerb() *cli.Command {
	defaults := clusterOptions{
		RunOptions: anyDefaults(), On: measure.CodeFeatures, Method: string(evaluate.ByKMeans), MaxClusters: 20, Restarts: 10, Silhouette: 10000,
		Output: Output{LogFormat: "text"},
	}
	return &cli.Command{
		Name:  "cluster",
		Usage: "find clusters of the codes of a run, and compare them with the classes",
		Description: `This verb finds clusters by k-means or as a mixture of Gaussians, without labels. If the images
have labels, the verb prints the normalised mutual information of clusters and classes (nmi), the
adjusted Rand index (ari), and the accuracy if each cluster is matched to one class. The run
folder gets the figures in clusters-ON.json, and the cluster of each image in clusters-ON.csv.
Its pictures folder gets the decoded mean of each cluster next to the nearest images. For rows of
numbers (array:FILE), clusters-ON-centres.csv has these means in the units of the data.

EXAMPLES:
   gaetrain cluster --run runs/dense-sample-1 --clusters 10
   gaetrain cluster --run runs/dense-sample-1 --method gaussian-full --max-clusters 15
   gaetrain cluster --run runs/dense-sample-1 --clusters 10 --on pixels --split train`,
		Flags: withDefault(flags(clone(defaults)), "split", anySplit),
		Action: func(c *cli.Context) error {
			o := defaults
			model, split, data, err := openRun(c, &o, func(o *clusterOptions) (*RunOptions, Output) { return &o.RunOptions, o.Output })
			if err != nil {
				return err
			}
			if o.Clusters == 0 { // as many clusters as images have no meaning
				most := min(o.MaxClusters, max(2, split.Len()-1))
				shrink(c, newLog(c.App.ErrWriter, o.Output), &o.MaxClusters, "max-clusters", most, counted(split.Len(), o.Split))
			}
			found, err := measure.Cluster(c.Context, model, split, measure.ClusterOptions{
				On: o.On, Method: evaluate.Method(o.Method), Clusters: o.Clusters, MaxClusters: o.MaxClusters, Criterion: evaluate.Criterion(o.Criterion),
				Restarts: o.Restarts, Batch: o.ClusterStep, SilhouetteImages: o.Silhouette,
			})
			if err != nil {
				return err
			}
			return clusterResult{o, model, split, data, found, found.Found()}.report(c.Context, c.App.Writer)
		},
	}
}

// clusterResult is the result that the verb writes and prints.
type clusterResult struct {
	options clusterOptions
	model   *trainer.Trained
	split   loaders.Split
	data    *runData
	all     measure.Clustered
	found   evaluate.Clustering // the selected one
}

func (r clusterResult) name() string { return "clusters-" + r.options.On }

// report draws and writes the result into the run folder, and prints it.
func (r clusterResult) report(ctx context.Context, w io.Writer) error {
	path, err := pictures.Clusters{
		Name: r.name(), Title: r.title(),
		View: pictures.ViewOf(r.model), Split: r.split, Features: r.all.Features, Found: r.found, Centres: r.all.Centres, Labels: r.labels(),
	}.Draw(ctx, r.options.Run)
	if err != nil {
		return err
	}
	drawn := "pictures in " + path
	if len(r.all.Tried) > 1 {
		if path, err = pictures.Choice(r.options.Run, r.name(), "Number of clusters: "+r.about(), r.all.Criterion, r.all.Tried, r.all.Best); err != nil {
			return err
		}
		drawn += " and " + path
	}
	figures := map[string]any{
		"checkpoint": r.options.Checkpoint, "epoch": r.model.Epoch, "dataset": r.data.Name, "split": r.options.Split, "images": r.split.Len(),
		"on": r.options.On, "values": r.all.Features.Columns, "method": r.options.Method, "criterion": r.all.Criterion, "restarts": r.options.Restarts,
		"tried": r.all.Tried, "chosen": r.found, "agreement": r.all.Agreement,
	}
	run := trainer.Run{Dir: r.options.Run}
	file := run.Path(r.name() + ".json")
	list := []files.File{
		tableFile(ctx, run.Path(r.name()+".csv"), r.table()),
		{Path: file, Fill: func(w io.Writer) error { return printJSON(w, figures) }},
	}
	centres := ""
	if shape := r.split.Shape; !shape.IsImage() && r.all.Centres != nil {
		centres = run.Path(r.name() + "-centres.csv")
		data := r.model.Info.Data
		list = append(list, valuesFile(ctx, centres, data, shape, data.Unscale(slices.Clone(r.all.Centres), shape)))
	}
	if err := writeTogether(list...); err != nil {
		return err
	}
	if err := r.print(w); err != nil {
		return err
	}
	if centres != "" {
		printf(w, "decoded mean of each cluster, in the units of the data, in %s\n", centres)
	}
	printf(w, "%s\nfigures in %s\n", drawn, file)
	return nil
}

func (r clusterResult) print(w io.Writer) error {
	if len(r.all.Tried) > 1 {
		rows := [][]string{{"clusters", "silhouette", "inertia", "bic"}}
		for _, c := range r.all.Tried {
			row := []string{fmt.Sprint(c.Clusters), fmt.Sprintf("%.4f", c.Silhouette), fmt.Sprintf("%.6g", c.Inertia)}
			if r.options.Method != string(evaluate.ByKMeans) {
				row = append(row, fmt.Sprintf("%.6g", c.BIC))
			}
			rows = append(rows, row)
		}
		if r.options.Method == string(evaluate.ByKMeans) {
			rows[0] = rows[0][:3]
		}
		if err := table(w, rows...); err != nil {
			return err
		}
		printf(w, "\n")
	}
	rows := [][]string{
		{r.split.Shape.Words("images"), fmt.Sprintf("%d of %s, %s", r.split.Len(), r.data.Name, r.options.Split)},
		{"features", fmt.Sprintf("%s, %d values", r.options.On, r.all.Features.Columns)},
		{"clusters", fmt.Sprintf("%d by %s", r.found.Clusters, r.options.Method)},
		{"inertia", fmt.Sprintf("%.6g", r.found.Inertia)},
		{"silhouette", fmt.Sprintf("%.4f", r.found.Silhouette)},
	}
	if r.options.Method != string(evaluate.ByKMeans) {
		rows = append(rows, []string{"log-likelihood", fmt.Sprintf("%.4f nats per %s", r.found.LogLikelihood, r.split.Shape.Words("image"))}, []string{"bic", fmt.Sprintf("%.6g", r.found.BIC)})
	}
	if a := r.all.Agreement; a != nil {
		rows = append(rows, []string{"nmi", fmt.Sprintf("%.4f", a.NMI)}, []string{"ari", fmt.Sprintf("%.4f", a.ARI)}, []string{"accuracy", fmt.Sprintf("%.4f", a.Accuracy)})
	}
	return table(w, rows...)
}

// about names the features that were clustered, and the method.
func (r clusterResult) about() string {
	return fmt.Sprintf("%s of %s on %s, %s, by %s", r.options.On, r.model.Config.Model, r.data.Name, r.options.Split, r.options.Method)
}

func (r clusterResult) title() string {
	if r.split.Shape.IsImage() {
		return fmt.Sprintf("%d clusters, %s: decoded means and the images nearest to them", r.found.Clusters, r.about())
	}
	return fmt.Sprintf("%d clusters: decoded means (dark) and the nearest rows, %s", r.found.Clusters, r.about())
}

// labels lists, for each cluster, the number of images and the class that it is matched
// to.
func (r clusterResult) labels() []string {
	labels := make([]string, r.found.Clusters)
	counts := make([]int, r.found.Clusters)
	for _, cluster := range r.found.Of {
		counts[cluster]++
	}
	for k, count := range counts {
		labels[k] = fmt.Sprintf("%d: %d %s", k, count, r.split.Shape.Words("images"))
		if r.all.Agreement == nil {
			continue
		}
		if class := r.all.Agreement.Classes[k]; class >= 0 && class < len(r.data.Classes) {
			labels[k] += ", matched to " + r.data.Classes[class]
		}
	}
	return labels
}

// table has the index, the label and the cluster of each image.
func (r clusterResult) table() loaders.Table {
	return loaders.Table{Rows: len(r.found.Of), Columns: []loaders.Column{
		loaders.IntegerColumn("index", func(row int) int { return row }), labelColumns(r.split.Labels, r.data.Classes)[0],
		loaders.IntegerColumn("cluster", func(row int) int { return r.found.Of[row] }),
	}}
}
