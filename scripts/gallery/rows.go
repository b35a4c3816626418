package main

// row is one model of the gallery.
type row struct {
	model string
	about string // what the pictures show; Markdown
	train string // settings of 'gaetrain train', without those that all models share
	draws []draw
}

// draw is a picture of the run of a row.
type draw struct{ verb, flags string }

// What most models draw. The test images are eight of the first ones.
var (
	reconstructions = draw{"reconstruct", "--draw 8"}
	interpolation   = draw{"interpolate", "--from 0,1,2 --to 1,2,9 --steps 8"}
	samples         = draw{"sample", "--count 30"}
	byClass         = draw{"sample", "--count 60"}
)

// rows lists the models in the order of the README. A new model is one row.
var rows = []row{
	{"linear", "Sums of 16 components keep outlines and lose details.", "--code 16 --epochs 5", []draw{reconstructions}},
	{"dense", "The text on the pullover is blurred. Codes half-way between two garments decode to blends of both.", "--epochs 8", []draw{reconstructions, interpolation}},
	{"tied", "The decoder uses the weights of the encoder. The images are nearly those of `dense`.", "--epochs 8", []draw{reconstructions}},
	{"denoising", "The encoder sees images with a quarter of the pixels set to black.", "--corruption masking:0.25 --epochs 2", []draw{reconstructions}},
	{"masked", "The encoder sees a quarter of the patches. The model reconstructs the others.", "--epochs 2", []draw{reconstructions}},
	{"stacked", "Each layer is pretrained for one epoch.", "--pretrain-epochs 1 --epochs 3", []draw{reconstructions}},
	{"conv", "Convolutions, with codes of 64 values.", "--epochs 3", []draw{reconstructions}},
	{"residual", "The layers of `conv` with residual blocks.", "--epochs 1", []draw{reconstructions}},
	{"sparse", "256 units, of which about a tenth is active.", "--epochs 3", []draw{reconstructions}},
	{"topk", "Each image is a sum of about 32 of 2,048 directions.", "--epochs 1", []draw{reconstructions}},
	{"contractive", "256 sigmoid units that change little when the image changes.", "--epochs 3", []draw{reconstructions}},
	{"zerobias", "1,000 thresholded units without biases.", "--hidden none --code 1000 --epochs 2", []draw{reconstructions}},
	{"synchrony", "Pairs of patches, of which the second has moved.", "--epochs 2", []draw{reconstructions}},
	{"vae", "Samples of the prior are smooth, and some lie between garments.", "--epochs 10", []draw{samples, interpolation}},
	{"btcvae", "Samples of the prior. The dependence between latent dimensions is penalised.", "--epochs 3", []draw{samples}},
	{"factorvae", "As for `btcvae`, with a discriminator of codes.", "--epochs 3", []draw{samples}},
	{"cvae", "Each row has samples of one class. After 5 epochs, many show other garments.", "--epochs 5", []draw{byClass}},
	{"m2", "Each row has samples of one class, of which 100 images had a label in training. Some show other garments.", "--labels 1000 --epochs 3", []draw{byClass}},
	{"iwae", "Samples of the prior. Training uses several codes per image.", "--epochs 3", []draw{samples}},
	{"fsq", "Each image is 16 words of a codebook of 1,000.", "--epochs 5", []draw{reconstructions}},
	{"vqvae", "Each image is a map of 7×7 words of a learned codebook. Samples come from the autoregressive prior.", "--epochs 10 --prior-epochs 5", []draw{reconstructions, samples}},
	{"gan", "Samples have the contrast and the texture of images. Some show no garment.", ganFlags, []draw{samples, interpolation}},
	{"cgan", "Each row has samples of one class, which resemble each other.", ganFlags + " --normalisation batch", []draw{byClass}},
	{"aae", "Samples of the prior, which the codes of images are trained to match.", "--epochs 3", []draw{samples}},
}

// ganFlags are the settings of the adversarial models, without those of one of them.
const ganFlags = "--filters 32,64 --hidden 128 --kernel-size 4 --schedule cosine --epochs 10"
