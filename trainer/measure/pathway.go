package measure

import (
	"context"

	"gaetrain/loaders"
	"gaetrain/trainer"
	"gaetrain/trainer/evaluate"
)

const (
	// pathwayValues is the largest number of values of the layers that pathways compares.
	pathwayValues = 1024
	// pathwayRidge is added to the variances, as a share of their mean. Units that are
	// nearly constant on the training images would dominate the distances.
	pathwayRidge = 1e-3
	// pathwayBlock is the number of images whose layers are in memory at once.
	pathwayBlock = 4096
)

// pathways compares images with their reconstructions in the layers of the encoder (RaPP:
// Kim, Shim, Lim, Jeon, Choi, Kim & Yoon 2020). The difference of an image x with the
// reconstruction x̂ is
//
//	d(x) = (h₁(x̂) − h₁(x), …, h_ℓ(x̂) − h_ℓ(x)),
//
// where h_i is the output of layer i. Its Mahalanobis distance from the differences of
// training images is the "normalised aggregation along the pathway" of the paper.
type pathways struct {
	model  *trainer.Trained
	layers []int // i, from 1
	of     *evaluate.Mahalanobis
}

// pathwayLayers lists the layers that are compared: from the code towards the image, as
// many as have at most pathwayValues values together.
func pathwayLayers(model *trainer.Trained) (layers []int) {
	values := 0
	for depth := model.Depth(); depth > 0; depth-- {
		if values += model.LayerSize(depth); values > pathwayValues {
			break
		}
		layers = append(layers, depth)
	}
	return layers
}

func newPathways(ctx context.Context, model *trainer.Trained, train loaders.Split) (*pathways, error) {
	p := &pathways{model: model, layers: pathwayLayers(model)}
	all, err := p.differences(ctx, train)
	if err != nil {
		return nil, err
	}
	p.of, err = evaluate.NewMahalanobis(ctx, all, pathwayRidge)
	return p, err
}

// differences returns d(x) of the images of a split.
func (p *pathways) differences(ctx context.Context, split loaders.Split) (all evaluate.Matrix, err error) {
	columns := 0
	for _, depth := range p.layers {
		columns += p.model.LayerSize(depth)
	}
	if err := trainer.Fits("images", split.Len(), columns, "choose fewer images, such as --limit 10000, or another score"); err != nil {
		return all, err
	}
	for from := 0; from < split.Len(); from += pathwayBlock {
		rows := make([]int, min(pathwayBlock, split.Len()-from))
		for i := range rows {
			rows[i] = from + i
		}
		block, err := p.block(ctx, split.Select(rows))
		if err != nil {
			return all, err
		}
		all = evaluate.NewMatrix(append(all.Values, block.Values...), block.Columns)
	}
	return all, nil
}

func (p *pathways) block(ctx context.Context, split loaders.Split) (evaluate.Matrix, error) {
	pairs, err := p.model.Treated(trainer.Treatment{}).Reconstruct(ctx, split)
	if err != nil {
		return evaluate.Matrix{}, err
	}
	outputs := loaders.Values(split.Shape, pairs.Reconstruction)
	outputs.Labels = split.Labels
	layers, columns := make([][]float32, len(p.layers)), 0
	for i, depth := range p.layers {
		before, _, err := p.model.Features(ctx, split, depth)
		if err != nil {
			return evaluate.Matrix{}, err
		}
		after, _, err := p.model.Features(ctx, outputs, depth)
		if err != nil {
			return evaluate.Matrix{}, err
		}
		for k, v := range before {
			after[k] -= v
		}
		layers[i] = after
		columns += len(after) / split.Len()
	}
	values := make([]float32, 0, columns*split.Len())
	for i := range split.Len() {
		for _, layer := range layers {
			width := len(layer) / split.Len()
			values = append(values, layer[i*width:(i+1)*width]...)
		}
	}
	return evaluate.NewMatrix(values, columns), nil
}

func (p *pathways) distances(ctx context.Context, split loaders.Split) ([]float64, error) {
	all, err := p.differences(ctx, split)
	if err != nil {
		return nil, err
	}
	return p.of.Distances(ctx, all)
}
