package recipes_test

import (
	"strings"
	"testing"

	"gaetrain/loaders"
	"gaetrain/trainer"
	"gaetrain/trainer/recipes"
	"gaetrain/trainer/settings"
)

func mask(share float32) loaders.Corruption { return recipes.Masking(share) }

// TestRefused checks that meaningless settings are refused with the reason.
func TestRefused(t *testing.T) {
	for _, test := range []struct{ model, settings, want string }{
		{"dense", "sparsity=1", "which linear units do not give; hint: --code-activation sigmoid"},
		{"dense", "contraction=1", "--weight-decay"},
		{"stacked", "sparsity=1; activation=relu", "which relu units do not give"},
		{"sparse", "top-k=2", "top-k already determines"},
		{"sparse", "top-k=4", "top-k is 4; hint: 0 for all"},
		{"contractive", "top-k=2", "top-k already determines"},
		{"contractive", "hidden=12; normalisation=batch", "encoder/1, which is normalised"},
		{"contractive", "hidden=12; activation=gelu", "not implemented for encoder/1"},
		{"conv", "contraction=1; code-activation=sigmoid", "encoder/1, which is a convolution"},
		{"zerobias", "contraction=1", "without the threshold; hint: --contraction 0"},
		{"zerobias", "code-activation=sigmoid", "has a threshold, which is not supported for sigmoid units; hint: --code-activation relu or linear"},
		{"zerobias", "filters=4", "encoder/1 cannot be initialised from images; hint: "},
		{"sparse", "dropout=0.5", "dropout is 0.5, but the model has no hidden layers; hint: --hidden"},
		{"dense", "dropout=1", "dropout is 1; hint: from 0 to below 1"},
		{"dense", "hidden=12,0", "hidden has a layer of 0 units"},
		{"dense", "code=0", "code is 0; hint: at least 1"},
		{"dense", "code=-2", "code is -2; hint: at least 1"},
		{"topk", "code=-2", "code is -2; hint: at least 1"},
		{"dense", "bias=some", "unknown bias"},
		{"dense", "output-activation=relu", "cross-entropy needs probabilities"},
		{"dense", "loss=squared-error; binarise=true", "binarise needs the loss cross-entropy, but the loss is squared-error"},
		{"linear", "binarise=true", "binarise needs the loss cross-entropy, but the loss is squared-error"},
		{"dense", "intact-weight=0.5", "no pixel is corrupted"},
		{"dense", "corruption=gaussian:0.5; intact-weight=0.5", "gaussian noise changes every pixel"},
		{"dense", "corruption=masking:0.5; intact-weight=0; corrupted-weight=0", "no weight"},
		{"dense", "loss=gaussian; corruption=masking:0.5; intact-weight=0.5", "the loss gaussian cannot be combined with"},
		{"dense", "ssim=1", "windows of 11×11 pixels, but the data are 1×"},
		{"vae", "ssim=1; samples=2", "ssim and perceptual cannot be combined with 2 samples"},
		{"iwae", "ssim=1", "its loss is a bound of the likelihood"},
		{"iwae", "perceptual=judge", "its loss is a bound of the likelihood"},
		{"dense", "perceptual=judge", "the classifier in judge has not been read"},
		{"dense", "perceptual=judge; perceptual-weight=0", "perceptual-weight is 0; hint: above 0"},
		{"conv", "upsampling=unpool", "needs an encoder with max pooling; hint: --encoder"},
		{"conv", "encoder=conv:3,3 avgpool:2; upsampling=unpool", "average pooling cannot be unpooled"},
		{"conv", "encoder=conv:3", "conv"},
		{"vae", "encoder=conv:4,3 maxpool:2 dense:6; upsampling=unpool", "a gaussian code is decoded without an image"},
		{"tied", "filters=4; upsampling=nearest", "tied weights are those of a transposed convolution, not of nearest upsampling"},
		{"tied", "tied=false", "tied is false, but model tied always has tied weights; hint: --model dense"},
		{"stacked", "decoder=dense:9 dense:9 dense:64", "the encoder has 2 layers, but the decoder has 3"},
		{"stacked", "pretrain-epochs=0", "pretrain-epochs is 0"},
		{"vae", "capacity=2; free-bits=0.1", "capacity and free-bits cannot be combined"},
		{"vae", "capacity=2; kl-warmup=1", "capacity and kl-warmup cannot be combined"},
		{"vae", "capacity=2; beta=3", "capacity and beta 3 cannot be combined"},
		{"vae", "beta=0; free-bits=0.1", "free-bits has no effect with beta 0"},
		{"vae", "beta=0; kl-warmup=2", "kl-warmup has no effect with beta 0"},
		{"vae", "samples=2; corruption=masking:0.5; intact-weight=0.5", "cannot be combined with 2 samples; hint: --samples 1"},
		{"vae", "samples=1024; batch-size=128", "at most 65536 codes (samples × batch size) per step"},
		{"iwae", "samples=1; corruption=masking:0.5; intact-weight=0.5", "model iwae cannot be combined with corrupted-weight or intact-weight; hint: --model vae"},
		{"m2", "corruption=masking:0.5; intact-weight=0.5", "model m2 cannot be combined with corrupted-weight or intact-weight; hint: --model vae"},
		{"m2", "ssim=1", "its loss is a bound of the likelihood"},
		{"m2", "labels=-1", "labels is -1; hint: 0 for all"},
		{"m2", "alpha=-1", "alpha is -1; hint: 0 or more"},
		{"iwae", "gradient=steep", "unknown gradient"},
		{"gan", "normalisation=batch; adversarial-loss=hinge; label-smoothing=0.1", "has no target values"},
		{"gan", "label-smoothing=0.5", "label-smoothing is 0.5"},
		{"gan", "ema-decay=1", "ema-decay is 1"},
		{"cgan", "hidden=none; filters=4", "needs a fully connected hidden layer"},
		{"factorvae", "gamma=0", "gamma is 0"},
		{"btcvae", "estimator=all", "unknown estimator"},
		{"factorvae", "code=1", "code is 1; hint: at least 2"},
		{"factorvae", "batch-size=1", "batch-size is 1; hint: at least 2"},
		{"btcvae", "code=1", "code is 1; hint: at least 2"},
		{"btcvae", "batch-size=1", "batch-size is 1; hint: at least 2"},
		{"btcvae", "beta=-1", "beta is -1"},
		{"aae", "adversarial-weight=0", "adversarial-weight is 0"},
		{"aae", "discriminator-hidden=0", "discriminator-hidden has a layer of 0 units"},
		{"synchrony", "gates=and", "unknown gates"},
		{"synchrony", "code-activation=gelu", "code-activation is gelu"},
		{"synchrony", "initialiser=images", "initialiser is images"},
		{"synchrony", "motion=none", "not pairs of frames"},
		{"fsq", "levels=8,1", "levels is [8 1]"},
		{"fsq", "levels=none", "levels is []; hint: at least one"},
		{"fsq", "words=0", "words is 0"},
		{"fsq", "encoder=dense:5", "the encoder ends with 5 values"},
		{"fsq", "levels=64,64,64; prior-epochs=1", "at most 65536 with a prior of the words"},
		{"vqvae", "codebook=1", "codebook is 1"},
		{"vqvae", "word-size=0", "word-size is 0"},
		{"vqvae", "commitment=-1", "commitment is -1"},
		{"vqvae", "codebook-decay=1", "codebook-decay is 1"},
		{"vqvae", "prior-epochs=-1", "prior-epochs is -1"},
		{"vqvae", "prior-hidden=0", "prior-hidden has a layer of 0 units"},
		{"vqvae", "prior-reach=17", "prior-reach is 17; hint: from 1 to 16"},
		{"vqvae", "encoder=conv:3,3,s2", "the encoder ends with 3 channels, but a word has 2 values; hint: --word-size 3"},
		{"vqvae", "encoder=dense:5", "the encoder ends with 5 values"},
		{"topk", "top-k=25", "top-k is 25"},
		{"topk", "top-k=0", "top-k is 0"},
		{"topk", "dead-after=0", "dead-after is 0"},
		{"residual", "blocks=0", "blocks is 0"},
	} {
		t.Run(test.model+"/"+test.settings, func(t *testing.T) {
			u := find(test.model).small(test.settings)
			_, err := u.experiment(tinyData(u))
			refused(t, err, trainer.ErrConfiguration, test.want)
			if err != nil && strings.Contains(err.Error(), "\n") {
				t.Errorf("error %q is not one line", err)
			}
		})
	}
}

// TestNoSuchSetting checks that models do not have settings that would have no
// meaning for them.
func TestNoSuchSetting(t *testing.T) {
	for model, names := range map[string][]string{
		"vae":       {"l1", "sparsity", "contraction", "top-k", "tied", "code-activation", "gradient", "ema-decay"},
		"iwae":      {"l1", "capacity", "free-bits", "tied"},
		"btcvae":    {"free-bits", "capacity", "gamma"},
		"factorvae": {"adversarial-loss", "label-smoothing", "estimator"},
		"linear":    {"hidden", "filters", "activation", "code-activation", "normalisation", "dropout", "loss", "output-activation", "encoder"},
		"synchrony": {"hidden", "normalisation", "dropout", "tied", "activation", "l1", "upsampling"},
		"gan":       {"loss", "corruption", "intact-weight", "l1", "code-activation", "tied", "adversarial-weight"},
		"topk":      {"l1", "sparsity", "hidden", "loss", "tied"},
		"fsq":       {"code", "code-activation", "top-k", "tied", "prior-reach"},
		"vqvae":     {"code", "code-activation", "levels", "tied", "beta"},
		"dense":     {"blocks", "pretrain-epochs", "threshold", "gates", "beta", "samples", "levels", "thaw"},
	} {
		u := find(model).plain()
		for _, name := range names {
			if _, ok := settings.Named(settings.Fields(u.model), name); ok {
				t.Errorf("setting %s is a field of model %s", name, model)
			}
		}
		// A file or a run with one of them is refused, and the error names it.
		for _, name := range names {
			recorded := settings.Record(nil, u.model)
			recorded[name] = settings.Setting{Value: []byte(`"1"`), Origin: settings.FromFile}
			if err := settings.Fill(recorded, u.model); err == nil || !strings.Contains(err.Error(), "unknown setting "+name) {
				t.Errorf("model %s: setting %s: error %v", model, name, err)
			}
		}
	}
}

// TestConditionalNeedsLabels checks that conditional models refuse images without
// labels, with the reason.
func TestConditionalNeedsLabels(t *testing.T) {
	for _, model := range []string{"cvae", "cgan"} {
		u := find(model).small()
		d := *tinyData(u)
		d.Train.Labels, d.Test.Labels = nil, nil
		_, err := u.experiment(&d)
		refused(t, err, loaders.ErrData, "has none; hint: --model")
	}
}
