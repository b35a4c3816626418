"""The models, as lists of layers, from which the Python peers build their networks.

A layer is a tuple: its kind and its numbers. ("conv", inputs, outputs, kernel, stride, padding), ("transposed", inputs,
outputs, kernel, stride, padding, output padding), ("dense", inputs, outputs), ("upsample", factor), ("flatten",),
("unflatten", channels, height, width), and activations such as ("relu",).
"""

RELU, LEAKY, ELU, SIGMOID, FLATTEN = ("relu",), ("leaky-relu",), ("elu",), ("sigmoid",), ("flatten",)


def mlp(*sizes):
    """Dense layers with a ReLU after all but the last."""
    layers = [layer for i, o in zip(sizes, sizes[1:]) for layer in (("dense", i, o), RELU)]
    return layers[:-1]


def filters(activation, shape, channels, code):
    """The autoencoder of gaetrain's recipe conv: 3×3 convolutions with stride 2, a dense code, and transposed 4×4 convolutions."""
    (inputs, height, width), layers, mirror = shape, [], []
    for outputs in channels:
        layers += [("conv", inputs, outputs, 3, 2, 1), activation]
        mirror = [activation, ("transposed", outputs, inputs, 4, 2, 1, 0)] + mirror
        inputs, height, width = outputs, height // 2, width // 2
    size = inputs * height * width
    return layers + [FLATTEN, ("dense", size, code), ("dense", code, size), activation,
                     ("unflatten", inputs, height, width)] + mirror[1:]


GREY = (1, 28, 28)
SHAPES = {"colour32": (3, 32, 32), "colour64": (3, 64, 64)}  # of images; GREY for all other models

# The networks of each model. All but vae and dcgan have one.
MODELS = {
    "dense": {"network": mlp(784, 512, 64, 512, 784)},
    "wide": {"network": mlp(784, 2048, 2048, 1024, 128, 1024, 2048, 2048, 784)},
    # The model 784-400-20 of PyTorch's examples/vae, with logits as output.
    "vae": {"hidden": [*mlp(784, 400), RELU], "mean": mlp(400, 20), "log_variance": mlp(400, 20), "decoder": mlp(20, 400, 784)},
    "conv": {"network": [("conv", 1, 16, 3, 2, 1), RELU, ("conv", 16, 32, 3, 2, 1), RELU,
                         ("upsample", 2), ("conv", 32, 16, 3, 1, 1), RELU, ("upsample", 2), ("conv", 16, 1, 3, 1, 1)]},
    "transposed": {"network": [("conv", 1, 16, 3, 2, 1), RELU, ("conv", 16, 32, 3, 2, 1), RELU, ("conv", 32, 64, 7, 1, 0), RELU,
                               ("transposed", 64, 32, 7, 1, 0, 0), RELU, ("transposed", 32, 16, 3, 2, 1, 1), RELU,
                               ("transposed", 16, 1, 3, 2, 1, 1)]},
    "conv64": {"network": filters(RELU, GREY, (32, 64), 64)},
    "colour32": {"network": filters(ELU, SHAPES["colour32"], (32, 64, 128), 128)},
    "colour64": {"network": filters(ELU, SHAPES["colour64"], (32, 64, 128, 256), 128)},
    "dcgan": {"generator": [("dense", 64, 3136), RELU, ("unflatten", 64, 7, 7), ("transposed", 64, 64, 4, 2, 1, 0), RELU,
                            ("transposed", 64, 1, 4, 2, 1, 0), SIGMOID],
              "discriminator": [("conv", 1, 64, 4, 2, 1), LEAKY, ("conv", 64, 64, 4, 2, 1), LEAKY, FLATTEN, ("dense", 3136, 1)]},
}


def images_only(model):
    """Whether the networks of a model take images. The others take rows of numbers."""
    return any(layer[0] == "conv" for layers in MODELS[model].values() for layer in layers)
