package pictures

import (
	"strings"

	"gaetrain/trainer"
)

// meaning explains a figure to the reader of a report.
type meaning struct {
	unit string // "" for the unit of the stage
	good string // sentences about which values are good
}

// meanings holds the meanings of the figures of all models, by name.
var meanings = map[string]meaning{
	"loss":                    {"", "Lower is better. It is the sum of all terms with their weights."},
	"reconstruction":          {"", "Lower is better. It is summed over the pixels of an image."},
	"mse":                     {"", "Lower is better. It is the mean squared difference of a pixel and its reconstruction."},
	"classification":          {"", "Lower is better. A uniform prediction has the logarithm of the number of classes."},
	"kl":                      {"", "It measures how much information the codes hold about the images. Near 0, they hold none."},
	"mutual_information":      {"", "It estimates the information that codes hold about images, as far as one batch shows."},
	"total_correlation":       {"", "Lower is better. At 0, the latent dimensions of all codes are independent."},
	"dimension_kl":            {"", "Lower is better. At 0, each latent dimension of all codes is distributed like the prior."},
	"kl_class":                {"", "It is the KL divergence of the predicted probabilities from equal ones. It is the logarithm of the number of classes for a certain prediction."},
	"commitment":              {"", "Lower is better. It is the squared distance of the words of the encoder from their entries in the codebook."},
	"prior":                   {"", "Lower is better. It is −log p of the words of a code under the autoregressive prior. A uniform prior has the logarithm of the codebook's size for each word."},
	"free_bits":               {"", "It is the part of the KL divergence that training penalises. Lower is better."},
	"capacity":                {"", "It is the distance of the KL divergence from its target. Lower is better."},
	"dissimilarity":           {"", "Lower is better. It is the number of values of an image times 1 − SSIM."},
	"ssim":                    {"", "Higher is better. 1 is an equal structure in all windows of the image."},
	"gap":                     {"", "It is the difference between the tighter bound and the ELBO. Neither high nor low is better."},
	"l1":                      {"", "Lower values mean sparser codes."},
	"sparsity":                {"", "Lower is better. At 0, the mean activation of every unit is its target."},
	"contraction":             {"", "Lower values mean that small changes of an image change its code less."},
	"auxiliary_loss":          {"", "Lower is better. It is the error that is left when dead units are added."},
	trainer.AdversarialLoss:   {"", "Neither high nor low is better, because it depends on the discriminator."},
	trainer.DiscriminatorLoss: {"", "Neither high nor low is better. Near 0, the discriminator wins and the model learns little."},
	trainer.WinRate:           {"share of pairs", "0.5 is best: then the discriminator cannot distinguish real from generated examples."},
	trainer.SampleDistance:    {"", "Lower is better: samples resemble the images more."},
	trainer.SampleSpread:      {"", "1 is best: then samples vary as much as the images. Near 0, all samples look alike."},
	trainer.CodeDistance:      {"", "Lower is better: codes resemble draws from the prior more."},
	trainer.Accuracy:          {"share of images", "Higher is better."},
	trainer.DeadUnits:         {"units", "0 is best: every unit of the code responds to the images."},
	trainer.ActiveUnits:       {"dimensions", "It is the number of latent dimensions that hold information about the images."},
	trainer.MeanActivation:    {"", "It describes the code. Neither high nor low is better."},
	trainer.HoyerSparsity:     {"", "It describes the code: 0 where all values are equal, 1 where only one is not 0."},
	trainer.JacobianNorm:      {"", "Lower values mean that small changes of an image change its code less."},
	trainer.JacobianError:     {"", "It is the standard error of the jacobian norm."},
	"codebook_use":            {"share of words", "Higher is better: less of the codebook is wasted."},
	"code_bits":               {"bits per image", "Lower is better: the prior predicts the words of the codes better."},
	"perplexity":              {"words", "Higher is better: the words of the codebook are used more evenly."},
	"l0":                      {"units", "It is the number of units that are not 0, on average over images."},
	"explained_variance":      {"", "Higher is better. 1 is a perfect reconstruction, 0 is that of the mean image."},
}

// titleOf returns the name of a figure as pictures and reports show it.
func titleOf(name string) string { return strings.ReplaceAll(name, "_", " ") }

// MeasureUnits returns the units of measures that are the same in all stages, by name, such as "share of images".
func MeasureUnits() map[string]string {
	units := make(map[string]string)
	for name, m := range meanings {
		if m.unit != "" {
			units[name] = m.unit
		}
	}
	return units
}

// unitOf is the unit of a figure of a stage.
func unitOf(s trainer.Stage, name string) string {
	if unit := s.Unit(name); unit != "" {
		return unit
	}
	return s.Words(meanings[name].unit)
}
