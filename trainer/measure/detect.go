package measure

import (
	"context"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"

	"gaetrain/loaders"
	"gaetrain/trainer"
	"gaetrain/trainer/evaluate"
)

// Scores of anomalies. A higher score is more anomalous.
const (
	MSEScore           = "mse"           // squared error of the reconstruction, per value
	CrossEntropyScore  = "cross-entropy" // of the reconstruction, in nats
	SSIMScore          = "ssim"          // 1 − SSIM of image and reconstruction
	PathwayScore       = "pathway"       // distance of image and reconstruction in the layers of the encoder, see pathways
	ELBOScore          = "elbo"          // negative evidence lower bound, or the loss of its objective
	LikelihoodScore    = "likelihood"    // −log p(x), estimated by importance sampling, in nats
	MahalanobisScore   = "mahalanobis"   // distance of the code from the mean of the training codes
	NeighboursScore    = "neighbours"    // distance of the code from the k-th nearest training code
	CombinedScore      = "combined"      // mean of the standardised logarithms of PathwayScore and NeighboursScore
	DiscriminatorScore = "discriminator" // loss of the discriminator for a real example
)

// AllScores are the names of the scores, in the order of tables.
var AllScores = []string{
	MSEScore, CrossEntropyScore, SSIMScore, PathwayScore, ELBOScore, LikelihoodScore, MahalanobisScore, NeighboursScore, CombinedScore, DiscriminatorScore,
}

// ScoreUnit is the unit of a score; "" for none.
func ScoreUnit(name string) string {
	switch name {
	case MSEScore:
		return "squared error per value"
	case CrossEntropyScore, LikelihoodScore:
		return "nats"
	case SSIMScore:
		return "1 − structural similarity"
	case PathwayScore:
		return "Mahalanobis distance of differences"
	case NeighboursScore:
		return "Euclidean distance of codes"
	case MahalanobisScore:
		return "Mahalanobis distance of codes"
	case DiscriminatorScore:
		return "loss of the discriminator"
	}
	return ""
}

// DefaultScore is the score that suits a model if none is chosen.
func DefaultScore(model *trainer.Trained) string {
	switch {
	case model.HasPosterior():
		return ELBOScore
	case !model.HasEncoder():
		return DiscriminatorScore
	case model.IsClassifier():
		return MahalanobisScore
	}
	return MSEScore
}

// NeedsTrainingImages reports whether a score compares items with the training images.
func NeedsTrainingImages(name string) bool {
	return name == MahalanobisScore || name == NeighboursScore || name == PathwayScore || name == CombinedScore
}

// ScoreOptions are the settings of a Scorer.
type ScoreOptions struct {
	Neighbours int // k of NeighboursScore
	Draws      int // samples of the posterior per image, of LikelihoodScore
}

// Scorer computes scores of anomalies with a trained model.
type Scorer struct {
	Names    []string       // of its scores
	Progress func(done int) // is called with the number of images whose likelihood is estimated; may be nil

	model       *trainer.Trained
	options     ScoreOptions
	mahalanobis *evaluate.Mahalanobis
	neighbours  *evaluate.NearestNeighbours
	pathways    *pathways
	combination *combination
}

// CanScore returns an error for a score that a model cannot have. The error wraps
// trainer.ErrConfiguration.
func CanScore(model *trainer.Trained, name string) error {
	reconstructs := func() error {
		if model.IsClassifier() {
			return refused("score %s: a classifier does not reconstruct images; hint: --score mahalanobis", name)
		}
		return model.CanEncode()
	}
	if (name == CrossEntropyScore || name == SSIMScore) && !model.Info.Data.Values().IsUnit() {
		return refused("score %s is for values from 0 to 1, but the data have other values; hint: --score mse", name)
	}
	switch name {
	case MSEScore, CrossEntropyScore:
		return reconstructs()
	case SSIMScore:
		if s := model.Shape(); s.Height < 11 || s.Width < 11 || s.Frames() > 1 {
			return refused("score ssim needs images of at least 11×11 pixels, but the model takes %v", s)
		}
		return reconstructs()
	case PathwayScore:
		if err := reconstructs(); err != nil || len(pathwayLayers(model)) > 0 {
			return err
		}
		return refused("score pathway needs an encoder of separate layers, whose codes have at most %d values; hint: --score mse", pathwayValues)
	case ELBOScore, LikelihoodScore:
		if !model.HasPosterior() {
			return refused("score %s: model %s has no posterior of codes; hint: --model vae has one, and --score mse works for every autoencoder", name, model.Name)
		}
		return nil
	case MahalanobisScore, NeighboursScore:
		return model.CanEncode()
	case CombinedScore:
		return canCombine(model)
	case DiscriminatorScore:
		return model.CanDiscriminate()
	}
	return refused("unknown score %q; hint: one of %s, or all", name, strings.Join(AllScores, ", "))
}

// PossibleScores lists the scores that a model can have.
func PossibleScores(model *trainer.Trained) (names []string) {
	for _, name := range AllScores {
		if CanScore(model, name) == nil {
			names = append(names, name)
		}
	}
	return names
}

// NewScorer prepares scores with the given names. train holds the images that the model was
// trained on, from whose codes distances are measured.
func NewScorer(ctx context.Context, model *trainer.Trained, train loaders.Split, names []string, o ScoreOptions) (*Scorer, error) {
	s := &Scorer{Names: names, model: model, options: o}
	for _, name := range names {
		if err := CanScore(model, name); err != nil {
			return nil, err
		}
	}
	var differences evaluate.Matrix
	if s.needs(PathwayScore) {
		var err error
		if s.pathways, differences, err = newPathways(ctx, model, train); err != nil {
			return nil, err
		}
	}
	if !s.has(MahalanobisScore) && !s.needs(NeighboursScore) {
		return s, nil
	}
	codes, err := Codes(ctx, model, train)
	if err != nil {
		return nil, err
	}
	if s.needs(NeighboursScore) && (o.Neighbours < 1 || o.Neighbours > codes.Rows) {
		return nil, refused("neighbours is %d; hint: from 1 to %d, the number of training images", o.Neighbours, codes.Rows)
	}
	if s.mahalanobis, err = evaluate.NewMahalanobis(ctx, codes, evaluate.LeastRidge); err != nil {
		return nil, err
	}
	if s.neighbours, err = evaluate.NewNearestNeighbours(codes); err != nil || !s.has(CombinedScore) {
		return s, err
	}
	s.combination, err = newCombination(ctx, s, train, differences, codes)
	return s, err
}

// needs reports whether a score is one of those of the scorer, or is combined by it.
func (s *Scorer) needs(name string) bool {
	return s.has(name) || s.has(CombinedScore) && slices.Contains(combinedOf, name)
}

// Whitening returns the mean and the whitening matrix of the training codes, see
// evaluate.Mahalanobis, for a scorer with MahalanobisScore.
func (s *Scorer) Whitening() (mean, whitening []float64) { return s.mahalanobis.Whitening() }

func (s *Scorer) has(name string) bool { return slices.Contains(s.Names, name) }

// Score returns the N scores of the images of a split by the names of the scores.
func (s *Scorer) Score(ctx context.Context, split loaders.Split) (map[string][]float64, error) {
	scores := make(map[string][]float64)
	for _, step := range []struct {
		of  []string
		add func(context.Context, loaders.Split, map[string][]float64) error
	}{
		{[]string{MSEScore, CrossEntropyScore, SSIMScore}, s.reconstruct},
		{[]string{ELBOScore}, s.bound},
		{[]string{LikelihoodScore}, s.likelihood},
		{[]string{PathwayScore}, s.comparePathways},
		{[]string{MahalanobisScore, NeighboursScore}, s.distances},
		{[]string{DiscriminatorScore}, s.discriminate},
	} {
		if slices.ContainsFunc(step.of, s.needs) {
			if err := step.add(ctx, split, scores); err != nil {
				return nil, err
			}
		}
	}
	if s.has(CombinedScore) {
		scores[CombinedScore] = s.combination.of(scores[PathwayScore], scores[NeighboursScore])
	}
	maps.DeleteFunc(scores, func(name string, _ []float64) bool { return !s.has(name) })
	for _, name := range s.Names {
		if slices.ContainsFunc(scores[name], func(v float64) bool { return math.IsNaN(v) || math.IsInf(v, 0) }) {
			return nil, fmt.Errorf("%w: a score %s is not a finite number", trainer.ErrRun, name)
		}
	}
	return scores, nil
}

// reconstruct compares clean images with their reconstructions from the posterior mean.
func (s *Scorer) reconstruct(ctx context.Context, split loaders.Split, scores map[string][]float64) error {
	shape, size := split.Shape, split.Shape.Size()
	return s.model.Treated(trainer.Treatment{}).EachReconstructed(ctx, split, func(r trainer.Reconstructed) error {
		scores[MSEScore] = append(scores[MSEScore], r.MSE...)
		for i := range r.Len() {
			x, y := r.Original[i*size:(i+1)*size], r.Reconstruction[i*size:(i+1)*size]
			if s.has(CrossEntropyScore) {
				scores[CrossEntropyScore] = append(scores[CrossEntropyScore], crossEntropy(x, y))
			}
		}
		if s.has(SSIMScore) {
			similarities, err := evaluate.SSIM(r.Original, r.Reconstruction, shape.Channels, shape.Height, shape.Width)
			if err != nil {
				return err
			}
			for _, similarity := range similarities {
				scores[SSIMScore] = append(scores[SSIMScore], 1-similarity)
			}
		}
		return nil
	})
}

// crossEntropy is −Σ x·log y + (1 − x)·log(1 − y) in nats, with y clipped so that one pixel
// adds at most 16 nats.
func crossEntropy(x, y []float32) (sum float64) {
	const least = 1e-7
	for i, v := range x {
		p := min(max(float64(y[i]), least), 1-least)
		sum -= float64(v)*math.Log(p) + (1-float64(v))*math.Log1p(-p)
	}
	return sum
}

// bound is the loss of each image as it is reported, with a sampled code.
func (s *Scorer) bound(ctx context.Context, split loaders.Split, scores map[string][]float64) error {
	return s.model.Treated(trainer.Treatment{Sample: true}).EachReconstructed(ctx, split, func(r trainer.Reconstructed) error {
		scores[ELBOScore] = append(scores[ELBOScore], r.Loss...)
		return nil
	})
}

func (s *Scorer) likelihood(ctx context.Context, split loaders.Split, scores map[string][]float64) error {
	return s.model.Treated(trainer.Treatment{Sample: true}).ImportanceWeights(ctx, split, s.options.Draws, func(image int, weights []float64) error {
		var of evaluate.Importance
		of.Add(weights...)
		scores[LikelihoodScore] = append(scores[LikelihoodScore], -of.LogLikelihood())
		if s.Progress != nil {
			s.Progress(image + 1)
		}
		return nil
	})
}

func (s *Scorer) distances(ctx context.Context, split loaders.Split, scores map[string][]float64) error {
	codes, err := Codes(ctx, s.model, split)
	if err != nil {
		return err
	}
	if s.has(MahalanobisScore) {
		if scores[MahalanobisScore], err = s.mahalanobis.Distances(ctx, codes); err != nil {
			return err
		}
	}
	if !s.needs(NeighboursScore) {
		return nil
	}
	found, err := s.neighbours.Search(ctx, codes, s.options.Neighbours)
	for _, neighbours := range found {
		scores[NeighboursScore] = append(scores[NeighboursScore], neighbours[len(neighbours)-1].Distance)
	}
	return err
}

func (s *Scorer) comparePathways(ctx context.Context, split loaders.Split, scores map[string][]float64) (err error) {
	scores[PathwayScore], err = s.pathways.distances(ctx, split)
	return err
}

func (s *Scorer) discriminate(ctx context.Context, split loaders.Split, scores map[string][]float64) (err error) {
	scores[DiscriminatorScore], err = s.model.Discriminate(ctx, split)
	return err
}
