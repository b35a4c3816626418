package main

import (
	"math/rand/v2"
	"slices"

	"gonum.org/v1/gonum/stat"

	"gaetrain/loaders"
	"gaetrain/trainer"
	"gaetrain/trainer/evaluate"
	"gaetrain/trainer/measure"
	"gaetrain/trainer/recipes"
)

// alterations make images that are not normal from normal ones (N×H×W, H = W), so that a
// score can be chosen without any anomaly. They write image i of from into to.
var alterations = []func(to []float32, from evaluate.Matrix, i, side int, random *rand.Rand){
	pastePatch, rotateBy(1), rotateBy(2), exchangeHalf,
}

// pastePatch copies a patch of another image to another place (CutPaste, Li et al. 2021).
func pastePatch(to []float32, from evaluate.Matrix, i, side int, random *rand.Rand) {
	copy(to, from.Row(i))
	other := from.Row(random.IntN(from.Rows))
	height, width := 6+random.IntN(9), 6+random.IntN(9)
	fromY, fromX := random.IntN(side-height+1), random.IntN(side-width+1)
	toY, toX := random.IntN(side-height+1), random.IntN(side-width+1)
	for y := range height {
		copy(to[(toY+y)*side+toX:][:width], other[(fromY+y)*side+fromX:])
	}
}

// rotateBy rotates by quarters of a turn, counter-clockwise.
func rotateBy(quarters int) func(to []float32, from evaluate.Matrix, i, side int, random *rand.Rand) {
	return func(to []float32, from evaluate.Matrix, i, side int, _ *rand.Rand) {
		copy(to, from.Row(i))
		for range quarters {
			before := slices.Clone(to)
			for y := range side {
				for x := range side {
					to[(side-1-x)*side+y] = before[y*side+x]
				}
			}
		}
	}
}

// exchangeHalf takes the lower half of another image.
func exchangeHalf(to []float32, from evaluate.Matrix, i, side int, random *rand.Rand) {
	half := side / 2 * side
	copy(to, from.Row(i)[:half])
	copy(to[half:], from.Row(random.IntN(from.Rows))[half:])
}

// altered adds a row for each score, with the AUROC for altered images of each run, and
// returns the score with the largest mean.
func (l *lab) altered(claim string, runs []string) (best string, err error) {
	rows := make(map[string]*row)
	for _, dir := range runs {
		found, err := l.alteredAUROC(dir)
		if err != nil {
			return "", err
		}
		for _, name := range measure.AllScores {
			auroc, ok := found[name]
			if ok && rows[name] == nil {
				rows[name] = l.row(row{claim: claim + name, format: "%.2f"})
			}
			if ok {
				rows[name].add(auroc, 0)
			}
		}
	}
	for _, name := range measure.AllScores {
		if rows[name] != nil && (best == "" || stat.Mean(rows[name].ours, nil) > stat.Mean(rows[best].ours, nil)) {
			best = name
		}
	}
	return best, nil
}

// alteredAUROC returns the AUROC of each score in percent, averaged over the alterations,
// for altered validation images of a run against the same images as they are.
func (l *lab) alteredAUROC(dir string) (map[string]float64, error) {
	model, err := trainer.OpenModel(recipes.Find, dir, trainer.LastCheckpoint)
	if err != nil {
		return nil, err
	}
	config := model.Config
	config.DataDir = l.dataDir
	data, err := trainer.OpenData(l.ctx, config, loaders.Options{})
	if err != nil {
		return nil, err
	}
	normal, err := model.Cut(l.ctx, data)
	if err != nil {
		return nil, err
	}
	names := measure.PossibleScores(model)
	scorer, err := measure.NewScorer(l.ctx, model, data.Train, names, measure.ScoreOptions{Neighbours: 5, Draws: 64})
	if err != nil {
		return nil, err
	}
	scores, err := scorer.Score(l.ctx, normal)
	if err != nil {
		return nil, err
	}
	images, err := evaluate.Pixels(normal)
	if err != nil {
		return nil, err
	}
	anomaly := append(make([]bool, images.Rows), slices.Repeat([]bool{true}, images.Rows)...)
	random, found := rand.New(rand.NewPCG(1, 0)), make(map[string]float64)
	for _, alter := range alterations {
		values := make([]float32, len(images.Values))
		for i := range images.Rows {
			alter(values[i*images.Columns:(i+1)*images.Columns], images, i, normal.Shape.Width, random)
		}
		altered, err := scorer.Score(l.ctx, loaders.Values(normal.Shape, values))
		if err != nil {
			return nil, err
		}
		for _, name := range names {
			d, err := evaluate.NewDetector(slices.Concat(scores[name], altered[name]), anomaly)
			if err != nil {
				return nil, err
			}
			found[name] += 100 * d.Measure().AUROC / float64(len(alterations))
		}
	}
	return found, nil
}
