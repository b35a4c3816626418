#!/usr/bin/env python3
"""Writes MNIST-1D as .npz, by the recipe of Greydanus and Kobak (Scaling Down Deep Learning with MNIST-1D, ICML 2024,
arXiv:2011.14439): ten templates of 12 points are padded, stretched, scaled, shifted, made noisy, sheared and sampled at 40
points. The random numbers are drawn from the seed of the authors in their order, so the data are the published ones."""

import argparse
import json

import numpy
from scipy.ndimage import gaussian_filter

TEMPLATES = """
5 6 6.5 6.75 7 7 7 7 6.75 6.5 6 5
5 3 3 3.4 3.8 4.2 4.6 5 5.4 5.8 5 5
5 6 6.5 6.5 6 5.25 4.75 4 3.5 3.5 4 5
5 6 6.5 6.5 6 5 5 6 6.5 6.5 6 5
5 4.4 3.8 3.2 2.6 2.6 5 5 5 5 5 5
5 3 3 3 3 5 6 6.5 6.5 6 4.5 5
5 4 3.5 3.25 3 3 3 3 3.25 3.5 4 5
5 7 7 6.6 6.2 5.8 5.4 5 4.6 4.2 5 5
5 4 3.5 3.5 4 5 5 4 3.5 3.5 4 5
5 4 3.5 3.5 4 5 5 5 5 4.7 4.3 5
"""
SEED = 42
EACH, TRAIN = 500, 4000  # examples of a class, and of the training set
PAD = (36, 60)  # zeros after the template
STRETCHED, POINTS = 72, 40  # points before and after sampling
SCALE, SHIFT, SHEAR = 0.4, 48, 0.75
SMOOTH_NOISE, NOISE, SMOOTHING = 0.25, 0.02, 2
TINY = 1e-8  # tells points of the template from padding


def templates():
    """Ten curves that start at 0 and have the standard deviation 1/6."""
    t = numpy.array([line.split() for line in TEMPLATES.strip().split("\n")], float)
    t = (t - t.mean(1, keepdims=True)) / t.std(1, keepdims=True)
    return (t - t[:, :1]) / 6


def resample(x, points):
    return numpy.interp(numpy.linspace(0, 1, points), numpy.linspace(0, 1, len(x)), x)


def example(template, random):
    zeros = PAD[0] + int(random.rand() * (PAD[1] - PAD[0] + 1))
    x = resample(numpy.concatenate([template + TINY, numpy.zeros(zeros)]), STRETCHED)
    x *= 1 + SCALE * (random.rand() - 0.5)
    x = numpy.roll(x, random.choice(SHIFT))
    x = numpy.where(x != 0, x, gaussian_filter(SMOOTH_NOISE * random.randn(len(x)), SMOOTHING))
    x = x + NOISE * random.randn(len(x))
    x = x - SHEAR * (random.rand() - 0.5) * numpy.linspace(-0.5, 0.5, len(x))
    return resample(x, POINTS)


def main():
    p = argparse.ArgumentParser(description=__doc__)
    p.add_argument("--npz", required=True, help="the file to write")
    p.add_argument("--seed", help="is not used")
    p.add_argument("--data-dir", help="is not used")
    a = p.parse_args()
    random = numpy.random.RandomState(SEED)
    x = numpy.stack([example(template, random) for template in templates() for _ in range(EACH)])
    y = numpy.repeat(numpy.arange(10), EACH)
    order = random.permutation(len(x))
    x, y = x[order], y[order]
    x = (x - x.mean()) / x.std()
    numpy.savez(a.npz, x_train=x[:TRAIN], y_train=y[:TRAIN], x_test=x[TRAIN:], y_test=y[TRAIN:])
    print(json.dumps({"train": TRAIN, "test": len(x) - TRAIN, "points": POINTS}))


if __name__ == "__main__":
    main()
