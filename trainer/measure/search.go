package measure

import (
	"context"
	"fmt"
	"time"

	"gaetrain/loaders"
	"gaetrain/trainer"
	"gaetrain/trainer/evaluate"
)

// SearchOptions are the settings of Search.
type SearchOptions struct {
	Neighbours int // images to find for each query
	// Positions are the indices of the queries among the images that are searched.
	// A query is not one of its own neighbours. nil: the queries are other images.
	Positions []int
	// Measured are labelled images with which retrieval is measured; none: it is
	// not measured.
	Measured loaders.Split
}

func (o SearchOptions) validate(images, queries int) error {
	switch {
	case queries == 0:
		return refused("no query image; hint: at least 1")
	case o.Positions != nil && len(o.Positions) != queries:
		return refused("%d positions for %d queries; hint: one position per query", len(o.Positions), queries)
	case o.Neighbours < 1 || o.Neighbours > 50:
		return refused("neighbours is %d; hint: from 1 to 50", o.Neighbours)
	case o.Neighbours >= images:
		return refused("%d neighbours among %d images; hint: fewer neighbours than images", o.Neighbours, images)
	}
	return nil
}

// Searched is the result of Search.
type Searched struct {
	Neighbours [][]evaluate.Neighbour // of each query, nearest first
	Images     int                    // number of images that were searched
	Values     int                    // of a code
	Seconds    float64                // of the search for one query, on average
	Retrieval  []Retrieval
}

// Retrieval is how well one kind of features retrieves images of the class of
// the query.
type Retrieval struct {
	Features             string             `json:"features"`
	Values               int                `json:"values"`
	Precision            map[string]float64 `json:"precision"` // by the number of nearest images
	MeanAveragePrecision float64            `json:"mean_average_precision"`
}

// RetrievalRanks are the numbers of nearest images for which the precision is
// measured.
var RetrievalRanks = []int{1, 10, 100}

// Search finds the images of a split whose codes are nearest to those of the
// queries.
func Search(ctx context.Context, model *trainer.Trained, split, queries loaders.Split, o SearchOptions) (Searched, error) {
	var s Searched
	if err := o.validate(split.Len(), queries.Len()); err != nil {
		return s, err
	}
	codes, err := Codes(ctx, model, split)
	if err != nil {
		return s, err
	}
	codesOfQueries, err := Codes(ctx, model, queries)
	if err != nil {
		return s, err
	}
	s.Images, s.Values = codes.Rows, codes.Columns
	if err := s.find(ctx, codes, codesOfQueries, o); err != nil || o.Measured.Len() == 0 || split.Labels == nil {
		return s, err
	}
	s.Retrieval, err = retrieve(ctx, model, codes, split, o.Measured)
	return s, err
}

// find finds the neighbours of queries (Q×L) among codes (N×L).
func (s *Searched) find(ctx context.Context, codes, queries evaluate.Matrix, o SearchOptions) error {
	index, err := evaluate.NewNearestNeighbours(codes)
	if err != nil {
		return err
	}
	k := o.Neighbours
	if o.Positions != nil {
		k++
	}
	start := time.Now()
	for i := range queries.Rows {
		found, err := index.Search(ctx, queries.Slice(i, i+1), k)
		if err != nil {
			return err
		}
		s.Neighbours = append(s.Neighbours, found[0])
	}
	s.Seconds = time.Since(start).Seconds() / float64(queries.Rows)
	for i, position := range o.Positions {
		s.Neighbours[i] = evaluate.Without(s.Neighbours[i], position)
	}
	return nil
}

// retrieve measures retrieval by codes, principal components and pixels.
func retrieve(ctx context.Context, model *trainer.Trained, codes evaluate.Matrix, split, test loaders.Split) ([]Retrieval, error) {
	codesOfQueries, err := Codes(ctx, model, test)
	if err != nil {
		return nil, err
	}
	pixels, err := pixelsOf(split)
	if err != nil {
		return nil, err
	}
	pca, err := evaluate.NewPCA(ctx, pixels, min(codes.Columns, pixels.Columns))
	if err != nil {
		return nil, err
	}
	queries, err := pixelsOf(test)
	if err != nil {
		return nil, err
	}
	var all []Retrieval
	for _, f := range []struct {
		name            string
		points, queries evaluate.Matrix
	}{{"codes", codes, codesOfQueries}, {"principal components", pca.Transform(pixels), pca.Transform(queries)}, {"pixels", pixels, queries}} {
		r, err := retrieveBy(ctx, f.points, f.queries, split.Labels, test.Labels)
		if err != nil {
			return nil, err
		}
		r.Features = f.name
		all = append(all, r)
	}
	return all, nil
}

// retrieveBy measures retrieval by one kind of features.
func retrieveBy(ctx context.Context, points, queries evaluate.Matrix, labels, queryLabels []loaders.Label) (Retrieval, error) {
	r := Retrieval{Values: points.Columns, Precision: make(map[string]float64)}
	var ranks []int
	for _, rank := range RetrievalRanks {
		if rank <= points.Rows {
			ranks = append(ranks, rank)
		}
	}
	index, err := evaluate.NewNearestNeighbours(points)
	if err != nil {
		return r, err
	}
	measured, err := index.Retrieve(ctx, queries, queryLabels, labels, ranks)
	if err != nil {
		return r, err
	}
	for i, rank := range ranks {
		r.Precision[fmt.Sprint(rank)] = measured.Precision[i]
	}
	r.MeanAveragePrecision = measured.MeanAveragePrecision
	return r, nil
}
