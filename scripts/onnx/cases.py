"""The models that check.py trains, exports and compares: every model of gaetrain, and every kind of layer."""

# Flags of train by the name of the case. Images are those of the data set of the script: 1×12×12 (grey) or 3×9×12 (colour).
GREY = {
    "linear": "--model linear --code 4",
    "linear untied": "--model linear --code 4 --tied=false --bias none",
    "dense": "--model dense --hidden 24,16 --code 5",
    "tied": "--model tied --hidden 24 --code 5",
    "denoising": "--model denoising --hidden 24 --code 5",
    "masked": "--model masked --filters 4,6 --code 5 --corruption patches:0.5:3",
    "stacked": "--model stacked --hidden 24 --code 5 --pretrain-epochs 1",
    "conv": "--model conv --filters 4,6 --code 5",
    "residual": "--model residual --filters 4,6 --code 5",
    "sparse": "--model sparse --code 40",
    "sparse top-k": "--model sparse --code 40 --sparsity 0 --top-k 6 --code-activation linear",
    "contractive": "--model contractive --code 20",
    "zerobias": "--model zerobias --code 60",
    "zerobias linear": "--model zerobias --code 60 --code-activation linear",
    "zerobias without threshold": "--model zerobias --code 60 --threshold 0",
    "topk": "--model topk --code 200 --top-k 12",
    "vae": "--model vae --hidden 24 --code 4",
    "vae conv": "--model vae --filters 4,6 --hidden 16 --code 4",
    "cvae": "--model cvae --hidden 24 --code 4",
    "cvae conv": "--model cvae --encoder 'conv:4,3,s2 dense:16 dense:4'",
    "iwae": "--model iwae --hidden 24 --code 4 --samples 2",
    "fsq": "--model fsq --hidden 24 --levels 8,5,3 --words 4",
    "vqvae": "--model vqvae --filters 4,6 --word-size 3 --codebook 12 --prior-epochs 0",
    "vqvae rows": "--model vqvae --filters none --hidden 24 --words 4 --word-size 3 --codebook 12 --prior-epochs 0",
    "gan": "--model gan --hidden 24,24 --code 6",
    "gan without average": "--model gan --hidden 24,24 --code 6 --ema-decay 0",
    "gan conv": "--model gan --normalisation batch --discriminator-norm none --encoder 'conv:4,3,s2,nonorm dense:16,nonorm dense:6'",
    "cgan": "--model cgan --hidden 24,24 --code 6",
    "aae": "--model aae --hidden 24 --code 4 --discriminator-hidden 16",
    "synchrony exchange": "--model synchrony --code 12 --motion shift:2,patch:8",
    "synchrony product": "--model synchrony --code 12 --motion shift:2,patch:8 --gates product --loss cross-entropy",
    "synchrony energy": "--model synchrony --code 12 --motion shift:2,patch:8 --gates energy",
    "squared error": "--model dense --hidden 24 --code 5 --loss squared-error --output-activation tanh",
    "gaussian": "--model vae --hidden 24 --code 4 --loss gaussian --output-activation linear",
    "masking": "--model dense --hidden 24 --code 5 --corruption masking:0.25 --corrupted-weight 2",
    "batchnorm": "--model dense --hidden 24,16 --code 5 --normalisation batch",
    "layernorm": "--model dense --hidden 24,16 --code 5 --normalisation layer",
    "groupnorm": "--model dense --hidden 24,16 --code 5 --normalisation group:4",
    "norms without biases": "--model dense --hidden 24,16 --code 5 --normalisation batch --bias none",
    "conv batchnorm": "--model conv --filters 4,6 --code 5 --normalisation batch",
    "conv layernorm": "--model conv --filters 4,6 --code 5 --normalisation layer",
    "conv groupnorm": "--model conv --filters 4,6 --code 5 --normalisation group:2",
    "dropout": "--model dense --hidden 24,16 --code 5 --dropout 0.3",
    "transposed": "--model conv --filters 4,6 --kernel-size 3 --stride 2 --code 5 --upsampling transposed",
    "nearest": "--model conv --filters 4,6 --code 5 --upsampling nearest",
    "bilinear": "--model conv --filters 4,6 --code 5 --upsampling bilinear",
    "unpool": "--model conv --encoder 'conv:4,3 maxpool:2 conv:6,3 maxpool:2 dense:5' --upsampling unpool",
    "unpool overlapping": "--model conv --encoder 'conv:4,3 maxpool:3,s2 dense:5' --upsampling unpool",
    "maxpool": "--model conv --encoder 'conv:4,3 maxpool:2 dropout:0.2 conv:6,3 maxpool:2 dense:5'",
    "avgpool": "--model conv --encoder 'conv:4,3 avgpool:2 conv:6,3 avgpool:2 dense:5'",
    "pooling by rectangles": "--model conv --encoder 'conv:4,3 maxpool:2x3,s1x2 conv:6,3 avgpool:3,s2 dense:5' --decoder 'dense:24 dense:144'",
    "rectangular filters": "--model conv --encoder 'conv:4,3x5,s2x1,p1x0,d1x2 conv:5,3,p0,nobias dense:5' --decoder 'dense:144,1x12x12 conv:3,3 conv:1,5x3'",
    "transposed by text": "--model conv --encoder 'conv:4,3,s2 dense:5' --decoder 'dense:36,4x3x3 transposed:5,3,s2,p1,o1 transposed:3,3,s2,p1,o1,nobias conv:1,3'",
    "dilated transposed": "--model conv --encoder 'conv:4,3,s2 dense:5' --decoder 'dense:64,4x4x4 transposed:3,3,d2,p0 transposed:1,3,s1,p0,d1 dense:144'",
    "up by text": "--model conv --encoder 'conv:4,3,s2 dense:5' --decoder 'dense:36,4x3x3 up:2 conv:4,3 bilinear:2 conv:1,3'",
    "conv code": "--model conv --encoder 'conv:4,3,s2 conv:3,3,s2'",
    "residual projection": "--model conv --encoder 'residual(conv:4,3,s2 conv:4,3,linear) residual(dense:20 dense:20) dense:5'",
    "residual in residual": "--model conv --encoder 'conv:4,3,s2 residual(conv:4,3 residual(conv:4,3,batchnorm) conv:4,3,linear) dense:5'",
    "residual dense": "--model dense --encoder 'dense:20 residual(dense:20 dense:20,linear) residual(dense:16) dense:5'",
    "tied conv": "--model conv --tied --filters 4,6 --code 5",
    "tied residual": "--model conv --tied --encoder 'conv:4,3,s2 residual(conv:6,3 conv:6,3,linear) dense:5'",
    "tied unpool": "--model conv --tied --encoder 'conv:4,3 maxpool:2 dense:5' --upsampling unpool",
    "frames": "--model dense --encoder 'frames:2,10 dense:5' --decoder 'dense:20 frames:2,72'",
    "tied frames": "--model dense --tied --encoder 'frames:2,10,relu dense:5'",
    "activations": "--model dense --encoder 'dense:12,sigmoid dense:12,tanh dense:12,relu dense:12,leaky-relu dense:12,elu dense:5,softplus' --decoder 'dense:12,softplus dense:12,selu dense:12,gelu dense:12,silu dense:144'",
    "conv activations": "--model conv --encoder 'conv:3,3,s2,gelu conv:3,3,silu,batchnorm conv:3,3,selu,layernorm dense:5'",
}

COLOUR = {
    "colour dense": "--model dense --hidden 24 --code 5",
    "colour conv": "--model conv --filters 4 --kernel-size 3 --stride 3 --code 5",
    "colour vae": "--model vae --filters 4 --kernel-size 3 --stride 3 --hidden 16 --code 4",
    "colour unpool": "--model conv --encoder 'conv:4,3 maxpool:2 dense:5' --upsampling unpool",
}

# Flags of finetune by the name of the case, with the case whose encoder is used.
CLASSIFIERS = {
    "classifier": ("dense", ""),
    "classifier conv": ("conv batchnorm", "--classifier-hidden 12"),
    "classifier vae": ("vae", "--encoder-lr-scale 0"),
    "classifier thawed": ("stacked", "--thaw"),
    "classifier layernorm": ("layernorm", ""),
    "classifier zerobias": ("zerobias", ""),
}

# Flags of train by the name of the case, with the file of numbers.
NUMBERS = {
    "table": ("table.npy", "--model dense --hidden 24 --code 3"),
    "table vae": ("table.npy", "--model vae --hidden 24 --code 3"),
    "table minmax": ("table.npy", "--model dense --hidden 24 --code 3 --scale minmax"),
    "table unit": ("table.npy", "--model dense --hidden 24 --code 3 --scale unit"),
    "table unscaled": ("table.npy", "--model dense --hidden 24 --code 3 --scale none"),
    "table with missing values": ("holes.csv", "--model dense --hidden 24 --code 3 --missing mean"),
    "float images": ("pictures.npy", "--model conv --filters 4 --code 5"),
}

# The scores of anomalies that are compared too, by the name of the case. Where codes vary little around a large mean, their
# Mahalanobis distance amplifies the last bits of the codes, so it is not compared.
DETECTORS = {
    **dict.fromkeys(("dense", "conv batchnorm", "vae", "unpool", "topk", "table", "colour conv"), "mse,mahalanobis"),
    "synchrony exchange": "mse",
    "table unit": "mse",
    "classifier": "mahalanobis",
}
