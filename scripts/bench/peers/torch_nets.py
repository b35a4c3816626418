"""The networks of nets.py as modules of PyTorch."""

import math

import torch
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
    "selu": nn.SELU,
    "gelu": nn.GELU,
    "silu": nn.SiLU,
    "sigmoid": nn.Sigmoid,
}


def build(model):
    """The networks of a model by their names. Weights are uniform in ±1/√(fan in) and biases are 0, as in JAX."""
    return {name: modules(layers) for name, layers in nets.MODELS[model].items()}


def modules(layers):
    return nn.Sequential(*(initial(LAYERS[kind](*numbers), numbers) for kind, *numbers in layers))


def initial(layer, numbers):
    if hasattr(layer, "weight"):
        fan_in = numbers[0] * math.prod(layer.weight.shape[2:])
        nn.init.uniform_(layer.weight, -1 / math.sqrt(fan_in), 1 / math.sqrt(fan_in))
        nn.init.zeros_(layer.bias)
    return layer


def count(*networks):
    return sum(p.numel() for network in networks for p in network.parameters())


class VAE(nn.Module):
    """Returns the logits and the KL divergence."""

    def __init__(self, hidden, mean, log_variance, decoder):
        super().__init__()
        self.hidden, self.mean, self.log_variance, self.decoder = hidden, mean, log_variance, decoder

    def forward(self, x):
        h = self.hidden(x)
        mean, log_variance = self.mean(h), self.log_variance(h)
        z = mean + torch.randn_like(mean) * torch.exp(0.5 * log_variance)
        kl = -0.5 * (1 + log_variance - mean.pow(2) - log_variance.exp()).sum()
        return self.decoder(z), kl
