"""The networks of nets.py as modules of PyTorch."""

import math

from torch import nn

import nets

LAYERS = {
    "dense": nn.Linear,
    "conv": nn.Conv2d,
    "transposed": nn.ConvTranspose2d,
    "upsample": lambda factor: nn.Upsample(scale_factor=factor),
    "flatten": nn.Flatten,
    "unflatten": lambda *shape: nn.Unflatten(1, shape),
    "relu": nn.ReLU,
    "leaky-relu": lambda: nn.LeakyReLU(0.01),
    "elu": nn.ELU,
    "sigmoid": nn.Sigmoid,
}


def build(model):
    """The networks of a model by their names. Weights are uniform in ±1/√(fan in) and biases are 0, as in JAX."""
    return {name: nn.Sequential(*(initial(LAYERS[kind](*numbers), numbers) for kind, *numbers in layers))
            for name, layers in nets.MODELS[model].items()}


def initial(layer, numbers):
    if hasattr(layer, "weight"):
        fan_in = numbers[0] * math.prod(layer.weight.shape[2:])
        nn.init.uniform_(layer.weight, -1 / math.sqrt(fan_in), 1 / math.sqrt(fan_in))
        nn.init.zeros_(layer.bias)
    return layer


def count(*networks):
    return sum(p.numel() for network in networks for p in network.parameters())
