package measure

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strings"

	"gaetrain/loaders"
	"gaetrain/trainer"
	"gaetrain/trainer/compression"
	"gaetrain/trainer/evaluate"
)

// ErrOtherWeights is the error of Decompress for a file that was written with other
// weights.
var ErrOtherWeights = fmt.Errorf("%w: the file was written with other weights than those of the model; hint: --run with the run that wrote the file", compression.ErrFormat)

// Compress returns the file of the codes of images of a shape, with 1 to 8 bits
// per value.
func Compress(ctx context.Context, model *trainer.Trained, shape loaders.Shape, codes evaluate.Matrix, bits int) ([]byte, error) {
	if err := model.CanDecode(); err != nil {
		return nil, err
	}
	if w, ok := CodedWords(model); ok {
		archive := compression.Archive{Channels: shape.Channels, Height: shape.Height, Width: shape.Width, Model: model.Parameters.Digest()}
		return archive.EncodeWords(ctx, coderOf(w), w.Indices(codes.Values))
	}
	q, err := compression.NewQuantiser(ctx, codes.Values, codes.Columns, bits, compression.PerUnit)
	if err != nil {
		return nil, err
	}
	archive := compression.Archive{
		Channels: shape.Channels, Height: shape.Height, Width: shape.Width,
		Model: model.Parameters.Digest(), Quantiser: q, Symbols: q.Quantise(codes.Values),
	}
	return archive.Encode()
}

// CodedWords returns the words of a model whose codes are compressed as words of a codebook:
// that of a learned codebook, or any with a prior. It reports false for other models,
// whose values are quantised.
func CodedWords(model *trainer.Trained) (trainer.Words, bool) {
	w, ok := model.Words()
	_, rounds := model.Stage.Model.(trainer.Quantiser)
	return w, ok && (w.HasPrior() || !rounds)
}

func coderOf(w trainer.Words) compression.WordCoder {
	return compression.WordCoder{Words: w.Layout.Count, Entries: w.Prior.Entries(), New: func() compression.Frequencies { return w.Coder() }}
}

// Decompress returns the images N×D of a file that Compress made with the same
// model, and their shape.
func Decompress(ctx context.Context, model *trainer.Trained, file []byte) ([]float32, loaders.Shape, error) {
	archive, err := compression.Parse(file)
	if err != nil {
		return nil, loaders.Shape{}, err
	}
	if archive.Model != model.Parameters.Digest() {
		return nil, loaders.Shape{}, ErrOtherWeights
	}
	shape := loaders.Shape{Channels: archive.Channels, Height: archive.Height, Width: archive.Width}
	if w, ok := CodedWords(model); ok || archive.Coded != nil {
		return decompressWords(ctx, model, w, archive.Coded, shape)
	}
	if shape.Size() != model.Shape().Size() || archive.Quantiser.Units() != model.CodeSize() {
		return nil, shape, fmt.Errorf("%w: the file has images of %v and codes of %d values, but the model has images of %v and codes of %d values", compression.ErrFormat, shape, archive.Quantiser.Units(), model.Shape(), model.CodeSize())
	}
	images, err := model.Decode(ctx, archive.Quantiser.Dequantise(archive.Symbols), nil)
	return images, shape, err
}

// decompressWords decodes the words of a file.
func decompressWords(ctx context.Context, model *trainer.Trained, w trainer.Words, coded *compression.CodedWords, shape loaders.Shape) ([]float32, loaders.Shape, error) {
	if coded == nil || w.Layout.Count != coded.Words || w.Prior.Entries() != coded.Entries || shape.Size() != model.Shape().Size() {
		return nil, shape, fmt.Errorf("%w: the file has other codes or images than the model", compression.ErrFormat)
	}
	values := coded.Words + model.CodeSize() + shape.Size()
	if err := trainer.Fits("decompressed images", coded.Images, values, "compress fewer images at a time"); err != nil {
		return nil, shape, err
	}
	words, err := coded.Decode(ctx, coderOf(w))
	if err != nil {
		return nil, shape, err
	}
	images, err := model.Decode(ctx, w.Codes(words), nil)
	return images, shape, err
}

// Coders of Rates.
const (
	codesCoder = "codes"
	pcaCoder   = " components" // after their number
	pcaFactor  = 4             // components of the second PCA, per value of a code
)

// Rates measures the bytes per image and the squared error of the codes of a
// split, and of principal components of the training images, with 1 to 8 bits per
// value.
func Rates(ctx context.Context, model *trainer.Trained, train, split loaders.Split, codes evaluate.Matrix) ([]compression.Point, error) {
	images, err := pixelsOf(split)
	if err != nil {
		return nil, err
	}
	var points []compression.Point
	var coders []compression.Codes
	if w, ok := CodedWords(model); ok {
		if points, err = wordRates(ctx, model, w, images, codes); err != nil {
			return nil, err
		}
	} else {
		coders = []compression.Codes{{
			Coder: codesCoder, Values: codes.Values, Units: codes.Columns, Rule: compression.PerUnit,
			Decode: func(codes []float32) ([]float32, error) { return model.Decode(ctx, codes, nil) },
		}}
	}
	sizes := []int{min(codes.Columns, images.Columns), min(pcaFactor*codes.Columns, images.Columns)}
	for _, components := range slices.Compact(sizes) {
		pca, err := componentsOf(ctx, train, components)
		if err != nil {
			return nil, err
		}
		coders = append(coders, compression.Codes{
			Coder: fmt.Sprint(components, pcaCoder), Values: pca.Transform(images).Values, Units: components, Rule: compression.Common,
			Decode: func(codes []float32) ([]float32, error) {
				return clamped(model, pca.Inverse(evaluate.NewMatrix(codes, components)).Values), nil
			},
		})
	}
	for _, coder := range coders {
		measured, err := coder.Measure(ctx, images.Values, compression.MaxBits)
		if err != nil {
			return nil, err
		}
		points = append(points, measured...)
	}
	return points, nil
}

// wordRates measures the bytes of words without and with the prior.
func wordRates(ctx context.Context, model *trainer.Trained, w trainer.Words, images, codes evaluate.Matrix) ([]compression.Point, error) {
	decoded, err := model.Decode(ctx, codes.Values, nil)
	if err != nil {
		return nil, err
	}
	mse := compression.MeanSquaredError(decoded, images.Values)
	uniform := float64(w.Layout.Count) * math.Log2(float64(w.Prior.Entries())) / 8
	points := []compression.Point{{Coder: codesCoder, Setting: "equal", Bytes: uniform, MSE: mse}}
	if !w.HasPrior() {
		return points, nil
	}
	file, err := Compress(ctx, model, model.Shape(), codes, 0)
	return append(points, compression.Point{Coder: codesCoder, Setting: "prior", Bytes: float64(len(file)) / float64(codes.Rows), MSE: mse}), err
}

// IsCodes reports whether a point of Rates belongs to the codes of the model.
func IsCodes(p compression.Point) bool { return p.Coder == codesCoder }

// PCAError is the smallest error of principal components at a number of bytes per
// image, interpolated between the points of Rates; +Inf outside their range.
func PCAError(points []compression.Point, bytes float64) float64 {
	by := make(map[string][]compression.Point)
	for _, p := range points {
		if strings.HasSuffix(p.Coder, pcaCoder) {
			by[p.Coder] = append(by[p.Coder], p)
		}
	}
	best := math.Inf(1)
	for _, coder := range by {
		if at := compression.At(coder, bytes); at < best { // false for NaN
			best = at
		}
	}
	return best
}
