package measure

import (
	"context"

	"gaetrain/loaders"
	"gaetrain/trainer"
	"gaetrain/trainer/evaluate"
)

// JudgeOptions are the settings of Judge.
type JudgeOptions struct {
	Images      int // maximum for each set
	Neighbours  int // k of precision, recall, density and coverage
	Seed        uint64
	Temperature float64 // of the samples

	Known *loaders.Split // images that the classifier was trained on; nil: not known
}

// Validate returns an error for the first option that is invalid for all images.
func (o JudgeOptions) Validate() error {
	if o.Images < 2 {
		return refused("images is %d; hint: at least 2, such as 10000", o.Images)
	}
	return checkTemperature(o.Temperature)
}

// The sets of images that Judge measures.
const (
	TestSet     = "test images"
	SampleSet   = "samples"
	TrainingSet = "training images"
	GaussianSet = "Gaussian of pixels"
	HalvesSet   = "halves of test images" // one half, compared with the other
)

// Nearnesses are the distances that Judge uses to find the nearest training images.
var Nearnesses = []string{"pixels", "features"}

// ShareOf names the share of a class among the predicted classes.
func ShareOf(class string) string { return "share of " + class }

// AccuracyOf names the accuracy on the images of a class.
func AccuracyOf(class string) string { return "accuracy on " + class }

// NearestIn names the distance to the nearest training image by one of Nearnesses.
func NearestIn(nearness string) string { return "nearest in " + nearness }

// Assessment is the result of Judge.
type Assessment struct {
	Codes    string // the distribution from which the codes are sampled
	Features int    // number of values in the features of an image
	Images   int    // of each set
	Classes  []string
	Sets     []AssessedSet // samples, training images, Gaussian of pixels, halves of the test images, test images

	Samples loaders.Split
	Logits  evaluate.Matrix // of the samples
	Nearest []NearestImages // of test images and samples
}

// AssessedSet has the figures of a set of images. Test images have no distance
// from themselves. Their halves show which values equal distributions give with half
// as many images. There are no halves if a half has too few images for the neighbours,
// and training images have no nearest training images. The classifier separates the images that it was trained on better than new ones, so
// the distance of training images from test images is not that of unseen images.
type AssessedSet struct {
	Set       string   `json:"set"`
	Frechet   *float64 `json:"frechet,omitempty"`
	Kernel    *float64 `json:"kernel_distance,omitempty"`
	TwoSample *float64 `json:"two_sample_accuracy,omitempty"`
	*evaluate.Overlap
	evaluate.Shares
	*evaluate.Correct           // by the labels of real images, or the requested classes of samples; nil without them
	ClassDivergence   *float64  `json:"class_kl"`                           // nil: a class has no test images
	Known             *int      `json:"images_of_judge_training,omitempty"` // training images that the classifier was trained on; nil: not known
	Nearest           []float64 `json:"nearest,omitempty"`

	// Uncertainties has those of the figures, by their names in JSON, and those of nearest,
	// of shares and of class_accuracy by NearestIn, ShareOf and AccuracyOf.
	Uncertainties map[string]evaluate.Uncertainty `json:"uncertainties"`
}

// NearestImages are images of a set and the training images nearest to each.
type NearestImages struct {
	Set     string
	Images  loaders.Split // N
	Nearest [][]int       // for each of Nearnesses, N indices of training images
}

// Judge samples images from a model and compares them with test and training images, by
// the features and the predicted classes of a classifier.
func Judge(ctx context.Context, model, classifier *trainer.Trained, data *loaders.Dataset, o JudgeOptions) (*Assessment, error) {
	if err := o.Validate(); err != nil {
		return nil, err
	}
	if got, want := classifier.Shape(), model.Shape(); got != want {
		return nil, refused("the classifier takes images of %s, but the model generates images of %s", got, want)
	}
	if err := data.MatchClasses(classifier.Info.Data.Classes); err != nil {
		return nil, err
	}
	j := assessor{JudgeOptions: o, classifier: classifier, data: data}
	j.Assessment.Images = min(o.Images, data.Test.Len(), data.Train.Len())
	if o.Neighbours < 1 || o.Neighbours >= j.Assessment.Images {
		return nil, refused("neighbours is %d; hint: at least 1, and fewer than the %d images", o.Neighbours, j.Assessment.Images)
	}
	if err := j.draw(ctx, model); err != nil {
		return nil, err
	}
	if err := j.assess(ctx, model.CodeSize()); err != nil {
		return nil, err
	}
	return &j.Assessment, nil
}
