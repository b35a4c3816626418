#!/usr/bin/env python3
"""The schedule of Burda et al. (2016) in PyTorch: a VAE or an IWAE with one stochastic layer on MNIST, which is binarised anew
in every epoch. Prints the bound and the negative log-likelihood of the test images, in nats, as JSON."""

import argparse
import gzip
import json
import math
import os
import time

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # the matrix products are small; the variable is read when torch is loaded

import numpy
import torch
import torch.nn.functional as F
from torch import nn

LOG_2PI = math.log(2 * math.pi)


def read(directory, split, count):
    with gzip.open(os.path.join(directory, "mnist", f"{split}-images-idx3-ubyte.gz")) as f:
        pixels = numpy.frombuffer(f.read(), numpy.uint8, offset=16).reshape(-1, 784)
    return torch.from_numpy(pixels[:count].copy()).float() / 255


def mlp(*sizes):
    layers = []
    for i, o in zip(sizes, sizes[1:]):
        layers += [nn.Linear(i, o), nn.Tanh()]
        nn.init.xavier_uniform_(layers[-2].weight)
        nn.init.zeros_(layers[-2].bias)
    return nn.Sequential(*layers[:-1])


class Model(nn.Module):
    def __init__(self, code=50, hidden=200):
        super().__init__()
        self.encoder, self.decoder = mlp(784, hidden, hidden, 2 * code), mlp(code, hidden, hidden, 784)

    def log_weights(self, x, k):
        """log p(x, z) - log q(z|x) of k codes z for each image, k×B."""
        mean, log_variance = self.encoder(x).chunk(2, dim=1)
        noise = torch.randn((k,) + mean.shape)
        z = mean + (log_variance / 2).exp() * noise
        logits = self.decoder(z)
        likelihood = -F.binary_cross_entropy_with_logits(logits, x.expand_as(logits), reduction="none").sum(2)
        prior = -0.5 * (z * z + LOG_2PI).sum(2)
        posterior = -0.5 * (noise * noise + log_variance + LOG_2PI).sum(2)
        return likelihood + prior - posterior


def bound(weights, objective):
    if objective == "vae":
        return weights.mean(0)
    return weights.logsumexp(0) - math.log(len(weights))


def train(model, images, a):
    adam = torch.optim.Adam(model.parameters(), betas=(0.9, 0.999), eps=1e-4, foreach=True)
    for stage in range(a.stages):
        for group in adam.param_groups:
            group["lr"] = 1e-3 * 10 ** (-stage / 7)
        for _ in range(3**stage):
            binary = torch.bernoulli(images)
            for batch in torch.randperm(len(images)).split(20):
                adam.zero_grad(set_to_none=True)
                loss = -bound(model.log_weights(binary[batch], a.samples), a.objective).mean()
                loss.backward()
                adam.step()


@torch.no_grad()
def negative_log_likelihood(model, images, samples):
    total, chunk = 0.0, math.gcd(samples, 100)  # number of codes at a time
    for x in images.split(20):
        parts = [model.log_weights(x, chunk).logsumexp(0) for _ in range(samples // chunk)]
        total -= (torch.stack(parts).logsumexp(0) - math.log(samples)).sum().item()
    return total / len(images)


def main():
    p = argparse.ArgumentParser(description=__doc__)
    p.add_argument("--data-dir", required=True)
    p.add_argument("--objective", choices=("vae", "iwae"), default="iwae")
    p.add_argument("--samples", type=int, default=1, help="number of codes sampled for each image, k")
    p.add_argument("--stages", type=int, default=5, help="number of stages; stage i has 3^i epochs, and the paper has 8 stages")
    p.add_argument("--test-samples", type=int, default=5000)
    p.add_argument("--train-images", type=int, default=60000, help="number of training images, from the first")
    p.add_argument("--test-images", type=int, default=10000)
    p.add_argument("--seed", type=int, default=1)
    p.add_argument("--threads", type=int, default=1)
    a = p.parse_args()
    torch.set_num_threads(a.threads)
    torch.manual_seed(a.seed)
    images = read(a.data_dir, "train", a.train_images)
    test = torch.bernoulli(read(a.data_dir, "t10k", a.test_images))

    model, start = Model(), time.time()
    train(model, images, a)
    seconds = time.time() - start
    with torch.no_grad():
        loss = -sum(bound(model.log_weights(x, a.samples), a.objective).sum().item() for x in test.split(500)) / len(test)
    print(json.dumps({
        "program": "pytorch", "version": torch.__version__, "objective": a.objective, "samples": a.samples,
        "epochs": sum(3**i for i in range(a.stages)), "seconds": round(seconds), "bound": loss,
        "nll": negative_log_likelihood(model, test, a.test_samples),
    }))


main()
