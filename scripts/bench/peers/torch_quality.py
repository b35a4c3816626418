"""Time to quality in PyTorch: trains an autoencoder and prints the figures of the evaluated images after each epoch, as JSON.

The models are those of scripts/bench/quality. Flags that gaetrain has too mean the same as there.
"""

import argparse
import gzip
import json
import math
import os
import time

import numpy
import torch
import torch.nn.functional as F
from torch import nn

import nets
import torch_nets

EVALUATED = 1000  # images at once
ACTIVATIONS = ("relu", "leaky-relu", "elu", "selu", "gelu", "silu")


def read(directory, split):
    """The images of a split as uint8 (N×784)."""
    with gzip.open(os.path.join(directory, f"{split}-images-idx3-ubyte.gz")) as f:
        return torch.from_numpy(numpy.frombuffer(f.read(), numpy.uint8, offset=16).reshape(-1, 784).copy())


def build(model, activation):
    """The network, whose output is logits; model vae returns them with the KL divergence."""
    chosen = {nets.RELU: (activation,), nets.ELU: (activation,)}
    parts = {"dense": {"network": nets.mlp(784, 512, 256, 32, 256, 512, 784)},
             "conv": {"network": nets.filters(nets.ELU, nets.GREY, (32, 64), 64)},
             "vae": nets.MODELS["vae"]}[model]
    parts = {name: [chosen.get(layer, layer) for layer in layers] for name, layers in parts.items()}
    if model == "dense":
        del parts["network"][5]  # the code is linear
    modules = {name: torch_nets.modules(layers) for name, layers in parts.items()}
    return torch_nets.VAE(**modules) if model == "vae" else modules["network"]


def initialise(network, name):
    """Draws the initial weights; with "default" they are those of torch_nets, which PyTorch's layers have too."""
    for layer in network.modules():
        if not hasattr(layer, "weight") or name == "default":
            continue
        weights = layer.weight
        if isinstance(layer, nn.ConvTranspose2d):  # PyTorch takes its outputs for its inputs
            weights = weights.transpose(0, 1)
        fan_in, fan_out = nn.init._calculate_fan_in_and_fan_out(weights)
        if isinstance(layer, (nn.Conv2d, nn.ConvTranspose2d)):  # a stride reaches one of stride² outputs (inputs) per number
            strides = layer.stride[0] ** 2
            if isinstance(layer, nn.Conv2d):
                fan_out = max(1, fan_out // strides)
            else:
                fan_in = max(1, fan_in // strides)
        with torch.no_grad():
            if name == "glorot-uniform":
                spread = math.sqrt(6 / (fan_in + fan_out))
                layer.weight.uniform_(-spread, spread)
            else:  # lecun-normal, he-normal
                layer.weight.normal_(0, math.sqrt({"lecun-normal": 1, "he-normal": 2}[name] / fan_in))
            layer.bias.zero_()


class Trainer:
    def __init__(self, a):
        self.a = a
        self.network = build(a.model, a.activation)
        initialise(self.network, a.initialiser)
        self.format = torch.channels_last if a.channels_last else torch.contiguous_format
        self.network.to(memory_format=self.format)
        self.adam = torch.optim.Adam(self.network.parameters(), lr=a.learning_rate, betas=(a.beta1, a.beta2), fused=True)

    def batch(self, images):
        x = images.float().div_(255)
        return x.view(-1, 1, 28, 28).contiguous(memory_format=self.format) if self.a.model == "conv" else x

    def terms(self, x):
        """Logits, cross-entropy and KL divergence, both summed over the batch."""
        logits, kl = self.network(x) if self.a.model == "vae" else (self.network(x), 0)
        entropy = F.softplus(logits).sum() - (logits * x).sum()  # faster than binary_cross_entropy_with_logits
        return logits, entropy, kl

    def rate(self, update, per_epoch):
        """The learning rate of an update, counted from 0: a schedule and a linear warm-up, as in gaetrain."""
        a = self.a
        left = a.epochs - update / per_epoch
        factor = {"constant": 1, "cosine": (1 - math.cos(math.pi * left / a.epochs)) / 2,
                  "linear": min(1, left / (a.decay_epochs or a.epochs))}[a.schedule]
        ramp = a.warmup * per_epoch
        return a.learning_rate * factor * (min(1, (update + 1) / ramp) if ramp else 1)

    def epoch(self, images, number):
        batches = torch.randperm(len(images)).split(self.a.batch_size)
        for i, batch in enumerate(batches):
            self.adam.param_groups[0]["lr"] = self.rate(number * len(batches) + i, len(batches))
            self.adam.zero_grad(set_to_none=True)
            _, entropy, kl = self.terms(self.batch(images[batch]))
            ((entropy + kl) / len(batch)).backward()
            self.adam.step()

    @torch.no_grad()
    def evaluate(self, images):
        """The mse per pixel, and the loss in nats per image."""
        squares = loss = 0
        for batch in images.split(EVALUATED):
            x = self.batch(batch)
            logits, entropy, kl = self.terms(x)
            squares += (logits.sigmoid() - x).square().sum().item()
            loss += (entropy + kl).item()
        return {"mse": squares / images.numel(), "loss": loss / len(images)}


def main():
    p = argparse.ArgumentParser(description=__doc__)
    p.add_argument("--model", choices=("dense", "conv", "vae"), required=True)
    p.add_argument("--data-dir", required=True, help="folder of the four gz files")
    p.add_argument("--validation", type=int, default=0, help="number of training images that are evaluated instead of the test images")
    p.add_argument("--epochs", type=int, default=10)
    p.add_argument("--batch-size", type=int, default=128)
    p.add_argument("--learning-rate", type=float, default=1e-3)
    p.add_argument("--warmup", type=float, default=0, help="epochs in which the learning rate rises from 0")
    p.add_argument("--schedule", choices=("constant", "cosine", "linear"), default="cosine")
    p.add_argument("--decay-epochs", type=float, default=0, help="last epochs, in which the schedule linear lowers the rate; 0: all")
    p.add_argument("--beta1", type=float, default=0.9)
    p.add_argument("--beta2", type=float, default=0.999)
    p.add_argument("--activation", choices=ACTIVATIONS, default="relu")
    p.add_argument("--initialiser", choices=("default", "glorot-uniform", "lecun-normal", "he-normal"), default="default")
    p.add_argument("--seed", type=int, default=1)
    p.add_argument("--channels-last", action="store_true")
    a = p.parse_args()

    torch.manual_seed(a.seed)
    train = read(a.data_dir, "train")
    if a.validation:
        order = torch.randperm(len(train), generator=torch.Generator().manual_seed(0))
        evaluated, train = train[order[:a.validation]], train[order[a.validation:]]
    else:
        evaluated = read(a.data_dir, "t10k")
    trainer, start = Trainer(a), time.perf_counter()
    for number in range(a.epochs):
        trainer.epoch(train, number)
        print(json.dumps({"epoch": number + 1, **trainer.evaluate(evaluated), "steps": (number + 1) * -(-len(train) // a.batch_size),
                          "training_seconds": round(time.perf_counter() - start, 3)}), flush=True)


main()
