package pictures

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// Kind is a kind of picture that a run folder can hold.
type Kind struct {
	// File is the path in the run folder. Without an ending, it stands for an SVG or, if
	// there is none, a PNG. A star stands for a part of the name, which replaces the star of
	// the title, such as the number of a layer. Later pictures of a verb have a number at
	// the end, such as samples-2. "#" at the end stands for the number of an epoch: of all
	// epochs, the last picture is listed.
	File    string
	Title   string
	Caption string
	Verb    string // that draws it; "": the verb that trained the run
}

// catalogue lists all kinds of pictures, in the order of a report: those of training, then
// those of other verbs. A picture is of the first kind whose name it has.
var catalogue = []Kind{
	{"pictures/reconstructions-#", "Reconstructions", "Test images and their reconstructions after the last epoch. Below each reconstruction is its squared error per pixel.", ""},
	{"pictures/reconstructions.gif", "Training", "Reconstructions of some test images after several epochs.", ""},
	{"pictures/samples-#", "Samples", "Decoded codes that are sampled from N(0, I), after the last epoch.", ""},
	{"pictures/samples.gif", "Samples in training", "Decoded codes that are the same in all epochs.", ""},
	{"pictures/manifold", "Manifold", "Decoded grid of the 2-D latent space at evenly spaced quantiles of N(0, I), so each image stands for the same share of samples. The first value increases to the right, the second upwards. The values of both are at the sides. A conditional model has a grid for each class.", ""},
	{"pictures/analogies", "Styles in all classes", "The code of the test image at the left of each row, decoded with the label of each class.", ""},
	{"pictures/confusion", "Confusion", "Confusion matrix (rows: true class, columns: predicted class) of the test images.", ""},
	{"pictures/mistakes", "Mistakes", "Wrong predictions with the highest confidence, for the pairs of classes that are confused most.", ""},
	{"pictures/" + errorsFile, "Error by feature", "Errors of the reconstructions of each feature, over the test images.", ""},
	{"pictures/" + latentFile, "Codes", "Codes of test images as points, coloured by class if the data have classes. Longer codes are reduced to two values by PCA.", ""},
	{"pictures/augmented", "Augmentation", "Training images, and what the augmentation makes of them in the first epochs.", ""},
	{"curves", "Curves", "Every figure after each epoch. Figures of the training set are averaged over the epoch, while training.", ""},
	{"pictures/divergence", "Divergence", "KL divergence of each latent dimension from the prior, averaged over the test images. A dimension with a larger divergence holds more information about the image.", ""},
	{"pictures/filters", "Filters", "The weights from the pixels to units of the first layer, sorted from smooth structure to noise. Red weights are positive, blue weights are negative.", ""},
	{"pictures/filters-generator", "Generator", "The weights from units of the generator's last layer to the pixels, sorted from smooth structure to noise.", ""},
	{"pictures/filters-discriminator", "Discriminator", "The weights from the pixels to units of the discriminator's first layer, sorted from smooth structure to noise.", ""},
	{"pictures/features-*", "Feature maps of layer *", "Outputs of some channels of a convolution for test images. The input is at the left of each row. All maps of a layer have the same colour scale.", ""},
	{"graph", "Expression graph", "The layers from the inputs to the loss, with their parameters, for a batch of B images. gaetrain graph --detail operations draws every operation and the gradients.", ""},

	{"pictures/reconstructions", "Reconstructed images", "Images and their reconstructions, with the class of each image and its squared error per pixel.", "reconstruct"},
	{"pictures/samples", "More samples", "Decoded codes that are sampled as the title of the picture says.", "sample"},
	{"pictures/interpolation", "Interpolation", "Decoded codes between the codes of two test images, which are at both ends of a line.", "interpolate"},
	{"pictures/traversal", "Traversal", "Decoded codes in which one value changes from left to right while all others keep the value of the original.", "traverse"},
	{"pictures/codes", "Both values of the codes", "Codes of two values as points, coloured by class if the data have classes.", "encode"},
	{"pictures/codes-pca", "Principal components of the codes", "The first two principal components of the codes, with their shares of the variance at the axes.", "encode"},
	{"pictures/codes-tsne", "t-SNE of the codes", "Neighbouring codes are neighbours in the picture. The distances between clusters, and the sizes of clusters, have no meaning.", "encode"},
	{"pictures/components", "Principal components", "Principal components of the training images and, for a linear decoder, the left singular vectors of its weights.", "pca"},
	{"pictures/clusters-*-choice", "Number of clusters of *", "The criterion as a function of the number of clusters. The chosen number is marked.", "cluster"},
	{"pictures/clusters-*", "Clusters of *", "The centre of each cluster, and the images that are nearest to it.", "cluster"},
	{"pictures/search", "Search", "Queries, which are at the left, and the images with the nearest codes.", "search"},
	{"pictures/nearest", "Nearest training images", "Test images and samples, each above the training images that are nearest to it. A sample that equals a training image is a copy.", "judge"},
	{"pictures/classes", "Samples by class", "Samples of each predicted class, with the share of all samples that it has.", "judge"},
	{"pictures/anomalies", "Anomalies", "The images with the highest and the lowest anomaly scores.", "detect"},
	{"pictures/anomalies-features", "Features of anomalies", "Errors of the features over the rows with the highest anomaly scores.", "detect"},
	{"pictures/scores-*", "Anomaly score *", "Distribution of the anomaly score. The threshold is marked.", "detect"},
	{"pictures/roc", "ROC curves", "Share of the anomalies that are flagged against share of the normal images that are flagged, for all thresholds.", "detect"},
	{"pictures/precision-recall", "Precision–recall curves", "Share of the flagged images that are anomalies against share of the anomalies that are flagged, for all thresholds.", "detect"},
	{"pictures/rate-distortion", "Rate and distortion", "Squared error per pixel of each coder against its bytes per image.", "compress"},
}

// Listed is a picture in a run folder.
type Listed struct {
	Kind        // with the parts of the name in its title
	Path string // of the file
}

// List lists the pictures in a run folder in the order of the catalogue. It leaves out
// files that are of no kind, and all epochs but the last one. A folder without pictures is
// an empty list.
func List(dir string) (list []Listed, err error) {
	names := make(map[string][]string) // of files, by folder
	for _, under := range []string{".", folder} {
		if names[under], err = fileNames(filepath.Join(dir, under)); err != nil {
			return nil, err
		}
	}
	for _, kind := range catalogue {
		under := path.Dir(kind.File)
		var found []Listed
		found, names[under] = kind.find(names[under])
		for _, p := range found {
			p.Path = filepath.Join(dir, under, p.Path)
			list = append(list, p)
		}
	}
	return list, nil
}

// fileNames lists the files of a folder. Numbers in names are in the order of their values.
func fileNames(dir string) (names []string, err error) {
	entries, err := os.ReadDir(dir) // not Glob, because a folder can be called [a]
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, asRun(err)
	}
	for _, entry := range entries {
		if entry.Type()&fs.ModeType == 0 {
			names = append(names, entry.Name())
		}
	}
	slices.SortStableFunc(names, func(a, b string) int {
		return cmp.Or(byNumbers(withoutEnding(a), withoutEnding(b)), cmp.Compare(a, b))
	})
	return names, nil
}

func withoutEnding(name string) string { return strings.TrimSuffix(name, path.Ext(name)) }

// byNumbers compares names, and numbers in them by their values.
func byNumbers(a, b string) int {
	digits := func(s string) int { return len(s) - len(strings.TrimLeft(s, "0123456789")) }
	for a != "" && b != "" {
		i, j := digits(a), digits(b)
		if i > 0 && j > 0 {
			x, y := strings.TrimLeft(a[:i], "0"), strings.TrimLeft(b[:j], "0")
			if order := cmp.Or(cmp.Compare(len(x), len(y)), cmp.Compare(x, y)); order != 0 {
				return order
			}
			a, b = a[i:], b[j:]
			continue
		}
		if order := cmp.Compare(a[0], b[0]); order != 0 {
			return order
		}
		a, b = a[1:], b[1:]
	}
	return cmp.Compare(len(a), len(b))
}

// find lists the pictures of a kind among the names of files, which are sorted, and returns
// the names of other kinds. The paths of the pictures are their names.
func (k Kind) find(names []string) (list []Listed, others []string) {
	pattern := k.pattern()
	at := make(map[string]int) // in the list, by the name without its ending
	for _, name := range names {
		match := pattern.FindStringSubmatch(name)
		if match == nil {
			others = append(others, name)
			continue
		}
		stem := withoutEnding(name)
		if strings.HasSuffix(k.File, "#") {
			stem = k.File
		}
		found := Listed{k, name}
		found.Title = strings.ReplaceAll(k.Title, "*", match[1])
		if match[2] != "" {
			found.Title += fmt.Sprintf(" (%s)", match[2][1:])
		}
		if i, ok := at[stem]; ok {
			list[i] = found // the SVG instead of the PNG, or a later epoch
			continue
		}
		at[stem] = len(list)
		list = append(list, found)
	}
	return list, others
}

// pattern matches the names of the files of a kind. Its groups are the part of the name
// for a star, and the number at the end.
func (k Kind) pattern() *regexp.Regexp {
	base, ending := path.Base(k.File), `\.(?:png|svg)`
	if e := path.Ext(base); e != "" {
		base, ending = strings.TrimSuffix(base, e), regexp.QuoteMeta(e)
	}
	stem, number := regexp.QuoteMeta(base), `(-[1-9][0-9]{0,2})?`
	if rest, ok := strings.CutSuffix(base, "#"); ok {
		stem, number = regexp.QuoteMeta(rest)+`(?:.*[^0-9])?[0-9]{4,}`, `()`
	}
	if strings.Contains(base, "*") {
		stem = strings.ReplaceAll(stem, `\*`, `(.+?)`)
	} else {
		stem += "()"
	}
	return regexp.MustCompile("^" + stem + number + ending + "$")
}
