package measure

import (
	"context"
	"encoding/binary"
	"math"
	"strconv"

	"gaetrain/loaders"
	"gaetrain/trainer"
	"gaetrain/trainer/evaluate"
)

// assessor is the state of Judge.
type assessor struct {
	JudgeOptions
	Assessment
	classifier *trainer.Trained
	data       *loaders.Dataset
	features   evaluate.Matrix               // of the test images
	shares     evaluate.Shares               // of their predicted classes
	training   []*evaluate.NearestNeighbours // one for each of Nearnesses
}

// draw samples images from the model.
func (j *assessor) draw(ctx context.Context, model *trainer.Trained) error {
	p, err := NewPrior(ctx, model, j.data.Train)
	if err != nil {
		return err
	}
	j.Codes = p.String()
	n := j.Assessment.Images
	if err := p.fits(n); err != nil {
		return err
	}
	labels := p.labels(n)
	codes, err := p.Draw(ctx, n, j.Seed, j.Temperature)
	if err != nil {
		return err
	}
	images, err := model.Decode(ctx, codes, labels)
	j.Samples = j.valued(images)
	j.Samples.Labels = labels
	return err
}

// valued returns a split of the given images, whose pixels are float32 values.
func (j *assessor) valued(images []float32) loaders.Split {
	return loaders.Values(j.data.Test.Shape, images)
}

// assess measures each set.
func (j *assessor) assess(ctx context.Context, codeSize int) error {
	_, known, err := j.classifier.Classify(ctx, j.data.Train)
	if err != nil {
		return err
	}
	j.Features = len(known) / j.data.Train.Len()
	pixels, err := pixelsOf(j.data.Train)
	if err != nil {
		return err
	}
	floor, err := evaluate.NewPCA(ctx, pixels, min(codeSize, pixels.Columns))
	if err != nil {
		return err
	}
	count := j.Assessment.Images
	noise := evaluate.NewMatrix(trainer.Draw(count, len(floor.Variance), j.Seed, 1), len(floor.Variance))
	for _, training := range []evaluate.Matrix{pixels, evaluate.NewMatrix(known, j.Features)} {
		index, err := evaluate.NewNearestNeighbours(training)
		if err != nil {
			return err
		}
		j.training = append(j.training, index)
	}
	for _, set := range []struct {
		name   string
		images loaders.Split
	}{ // the test images first, since the others are compared with them
		{TestSet, j.data.Test.Stratified(count)}, {SampleSet, j.Samples}, {TrainingSet, j.data.Train.Stratified(count)},
		{GaussianSet, j.valued(clamped(j.classifier, floor.Draw(noise).Values))},
	} {
		if err := j.measure(ctx, set.name, set.images); err != nil {
			return err
		}
	}
	test := j.Sets[0]
	j.Sets = j.Sets[1:]
	if err := j.halves(ctx, j.data.Test.Stratified(count)); err != nil {
		return err
	}
	j.Sets = append(j.Sets, test)
	return nil
}

// halves compares one half of the test images with the other.
func (j *assessor) halves(ctx context.Context, test loaders.Split) (err error) {
	first, second := evaluate.Halves(j.features.Rows)
	if len(second) <= max(j.Neighbours, 1) {
		return nil
	}
	half, other := j.features.Select(first[:len(second)]), j.features.Select(second)
	s := AssessedSet{Set: HalvesSet, Uncertainties: make(map[string]evaluate.Uncertainty)}
	if err := j.compare(ctx, &s, half, other); err != nil {
		return err
	}
	images := test.Select(first)
	s.Shares = j.shares.Of(first)
	if err := j.predictions(ctx, &s, images.Labels, j.shares.Of(second)); err != nil {
		return err
	}
	err = j.nearest(ctx, &s, images, j.features.Select(first))
	j.Sets = append(j.Sets, s)
	return err
}

// measure measures a set.
func (j *assessor) measure(ctx context.Context, name string, images loaders.Split) error {
	logits, values, err := j.classifier.Classify(ctx, images)
	if err != nil {
		return err
	}
	classes := len(logits) / images.Len()
	features, s := evaluate.NewMatrix(values, j.Features), AssessedSet{Set: name, Uncertainties: make(map[string]evaluate.Uncertainty)}
	if s.Shares, err = evaluate.Sort(evaluate.NewMatrix(logits, classes)); err != nil {
		return err
	}
	if name == TestSet {
		j.features, j.shares = features, s.Shares
		j.introduce(classes)
	} else if err := j.compare(ctx, &s, features, j.features); err != nil {
		return err
	}
	if err := j.predictions(ctx, &s, images.Labels, j.shares); err != nil {
		return err
	}
	if name == TrainingSet && j.Known != nil {
		known, err := common(images, *j.Known)
		if err != nil {
			return err
		}
		s.Known = &known
	}
	if name == SampleSet {
		j.Logits = evaluate.NewMatrix(logits, classes)
	}
	if name != TrainingSet {
		if err := j.nearest(ctx, &s, images, features); err != nil {
			return err
		}
	}
	j.Sets = append(j.Sets, s)
	return nil
}

// common is the number of images that are equal to an image of other.
func common(images, other loaders.Split) (count int, err error) {
	if images.Shape != other.Shape {
		return 0, nil
	}
	values, rows := make([]float32, images.Shape.Size()), make(map[string]int, images.Len())
	for i := range images.Len() {
		if err := images.Read(values, i, 0); err != nil {
			return 0, err
		}
		rows[bytesOf(values)]++
	}
	for i := range other.Len() {
		if err := other.Read(values, i, 0); err != nil {
			return 0, err
		}
		key := bytesOf(values)
		count += rows[key]
		delete(rows, key)
	}
	return count, nil
}

// bytesOf returns the bits of values, by which equal images are found.
func bytesOf(values []float32) string {
	text := make([]byte, 0, 4*len(values))
	for _, v := range values {
		text = binary.LittleEndian.AppendUint32(text, math.Float32bits(v))
	}
	return string(text)
}

// introduce sets the names of the classes.
func (j *assessor) introduce(classes int) {
	j.Classes = j.data.Classes
	if len(j.Classes) != classes {
		j.Classes = nil
		for class := range classes {
			j.Classes = append(j.Classes, strconv.Itoa(class))
		}
	}
}

// bootstrap estimates the uncertainty of a mean. Every call gives the same samples.
func (j *assessor) bootstrap() evaluate.Bootstrap {
	return evaluate.Bootstrap{Samples: 500, Seed: j.Seed}
}

// predictions measures the predicted classes of a set: their shares, how these differ from
// those of others, the confidence, and how often the classes are the labels (nil: none).
func (j *assessor) predictions(ctx context.Context, s *AssessedSet, labels []loaders.Label, others evaluate.Shares) (err error) {
	if _, s.Uncertainties["confidence"], err = j.bootstrap().Mean(ctx, s.Shares.Each.Confidence); err != nil {
		return err
	}
	for class, u := range s.Shares.Uncertainties() {
		s.Uncertainties[ShareOf(j.Classes[class])] = u
	}
	if err := j.correct(s, labels); err != nil {
		return err
	}
	return j.diverge(ctx, s, others)
}

// correct measures how often the predicted classes are the labels.
func (j *assessor) correct(s *AssessedSet, labels []loaders.Label) (err error) {
	if labels == nil {
		return nil
	}
	numbers := make([]int, len(labels))
	for i, label := range labels {
		numbers[i] = int(label)
	}
	if s.Correct, err = s.Shares.Correct(numbers); err != nil {
		return err
	}
	s.Uncertainties["accuracy"] = s.Correct.Of
	for class, u := range s.Correct.Each {
		s.Uncertainties[AccuracyOf(j.Classes[class])] = u
	}
	return nil
}

// diverge measures how the predicted classes of a set differ from those of others. A test
// set does not differ from itself.
func (j *assessor) diverge(ctx context.Context, s *AssessedSet, others evaluate.Shares) error {
	divergence, u, err := s.Shares.DivergenceFrom(ctx, j.bootstrap(), others)
	if err != nil || math.IsInf(divergence, 1) {
		return err
	}
	s.ClassDivergence = &divergence
	if s.Set != TestSet {
		s.Uncertainties["class_kl"] = u
	}
	return nil
}

// compare compares the features of a set with those of real images.
func (j *assessor) compare(ctx context.Context, s *AssessedSet, features, real evaluate.Matrix) error {
	few := evaluate.Bootstrap{Samples: 100, Seed: j.Seed} // because a Fréchet distance takes some time
	distance, u, err := evaluate.UncertainFrechet(ctx, few, features, real)
	if err != nil {
		return err
	}
	s.Frechet, s.Uncertainties["frechet"] = &distance, u
	kernel, err := evaluate.KernelDistance(ctx, features, real)
	if err != nil {
		return err
	}
	discrepancy, u, err := j.bootstrap().Mean(ctx, kernel)
	if err != nil {
		return err
	}
	s.Kernel, s.Uncertainties["kernel_distance"] = &discrepancy, u.Times(2, discrepancy)
	overlap, err := evaluate.Compare(ctx, real, features, j.Neighbours)
	if err != nil {
		return err
	}
	s.Overlap = &overlap
	right, err := evaluate.TwoSample(ctx, features, real)
	if err != nil {
		return err
	}
	accuracy, u, err := j.bootstrap().Mean(ctx, right)
	s.TwoSample, s.Uncertainties["two_sample_accuracy"] = &accuracy, u
	for name, each := range map[string][]float64{
		"precision": overlap.Each.Precision, "recall": overlap.Each.Recall, "density": overlap.Each.Density, "coverage": overlap.Each.Coverage,
	} {
		if err == nil {
			_, s.Uncertainties[name], err = j.bootstrap().Mean(ctx, each)
		}
	}
	return err
}

// nearest finds the training images nearest to at most 1,000 images of a set.
func (j *assessor) nearest(ctx context.Context, s *AssessedSet, images loaders.Split, features evaluate.Matrix) error {
	const most = 1000
	chosen := images.Strata(min(most, images.Len()))
	seen := NearestImages{Set: s.Set, Images: images.Select(chosen)}
	pixels, err := pixelsOf(seen.Images)
	if err != nil {
		return err
	}
	for m, of := range []evaluate.Matrix{pixels, features.Select(chosen)} {
		found, err := j.training[m].Search(ctx, of, 1)
		if err != nil {
			return err
		}
		distances, indices := make([]float64, len(found)), make([]int, len(found))
		for i, nearest := range found {
			distances[i], indices[i] = nearest[0].Distance, nearest[0].Index
		}
		mean, u, err := j.bootstrap().Mean(ctx, distances)
		if err != nil {
			return err
		}
		s.Nearest, seen.Nearest = append(s.Nearest, mean), append(seen.Nearest, indices)
		s.Uncertainties[NearestIn(Nearnesses[m])] = u
	}
	if s.Set == TestSet || s.Set == SampleSet {
		j.Nearest = append(j.Nearest, seen)
	}
	return nil
}
