package measure

import (
	"context"

	"gaetrain/loaders"
	"gaetrain/trainer"
	"gaetrain/trainer/evaluate"
)

// ClusterOptions are the settings of Cluster.
type ClusterOptions struct {
	On               string // the features: one of FeatureNames
	Method           evaluate.Method
	Clusters         int                // 0: choose the number
	MaxClusters      int                // the largest number to choose from
	Criterion        evaluate.Criterion // for the number of clusters; "": the silhouette with k-means, BIC with Gaussians
	Restarts         int                // starts of k-means; the best result is kept
	Batch            int                // images per step of k-means; 0: all
	SilhouetteImages int                // number of images that the silhouette uses; 0: all
}

func (o ClusterOptions) validate(images int) error {
	if err := checkFeatures(o.On); err != nil {
		return err
	}
	most := o.Clusters
	if most == 0 {
		most = o.MaxClusters
	}
	switch {
	case o.Clusters < 0 || o.Restarts < 1 || o.Batch < 0 || o.SilhouetteImages < 0:
		return refused("clusters is %d, restarts is %d, batch is %d and silhouette-images is %d; hint: 0 or more, and at least 1 restart", o.Clusters, o.Restarts, o.Batch, o.SilhouetteImages)
	case most > images:
		return refused("%d clusters of %d images; hint: --clusters and --max-clusters are at most the number of images", most, images)
	}
	return nil
}

// Clustered is the result of Cluster.
type Clustered struct {
	Features  evaluate.Matrix       // N×L: the clustered features
	Criterion evaluate.Criterion    // for the number of clusters, whether or not it was used
	Tried     []evaluate.Clustering // by number of clusters
	Best      int                   // index of the chosen one
	Agreement *evaluate.Agreement   // with the classes; nil without labels
	Centres   []float32             // K×D: the centres as images; nil if the model cannot decode them
}

// Found is the chosen clustering.
func (c Clustered) Found() evaluate.Clustering { return c.Tried[c.Best] }

// Cluster finds clusters of the images of a split. It compares them with the classes if
// the images have labels.
func Cluster(ctx context.Context, model *trainer.Trained, split loaders.Split, o ClusterOptions) (Clustered, error) {
	c := Clustered{Criterion: o.Criterion}
	if err := o.validate(split.Len()); err != nil {
		return c, err
	}
	if c.Criterion == "" {
		c.Criterion = evaluate.BySilhouette
		if o.Method != evaluate.ByKMeans {
			c.Criterion = evaluate.ByBIC
		}
	}
	f, err := newFeatures(ctx, o.On, model, split)
	if err != nil {
		return c, err
	}
	if c.Features, err = f.of(ctx, split); err != nil {
		return c, err
	}
	if err := c.find(ctx, o, model.Config.Seed); err != nil {
		return c, err
	}
	if split.Labels != nil {
		agreement, err := evaluate.Agree(c.Found().Of, c.Found().Clusters, split.Labels)
		if err != nil {
			return c, err
		}
		c.Agreement = &agreement
	}
	if f.images != nil {
		c.Centres, err = f.images(ctx, c.Found().Centres)
	}
	return c, err
}

// find clusters the features.
func (c *Clustered) find(ctx context.Context, o ClusterOptions, seed uint64) (err error) {
	how := evaluate.ClusterOptions{Method: o.Method, Restarts: o.Restarts, Batch: o.Batch, SilhouetteImages: o.SilhouetteImages, Seed: seed}
	if o.Clusters == 0 {
		c.Tried, c.Best, err = evaluate.Choose(ctx, c.Features, o.MaxClusters, c.Criterion, how)
		return err
	}
	found, err := evaluate.Cluster(ctx, c.Features, o.Clusters, how)
	c.Tried = []evaluate.Clustering{found}
	return err
}
