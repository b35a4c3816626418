"""Convolutions of images (B×H×W×C) with filters (K×K×C×O) in JAX."""

import jax
import jax.numpy as jnp

FORMS = ("dilated", "phases")  # of a transposed convolution


def convolution(x, w, padding, stride=1, dilation=1):
    """padding: ((before, after) of the height, the same of the width). dilation is the distance of the pixels of x."""
    return jax.lax.conv_general_dilated(x, w, (stride, stride), padding, lhs_dilation=(dilation, dilation),
                                        dimension_numbers=("NHWC", "HWIO", "NHWC"))


def transposed(form, x, w, stride, padding, extra):
    """A transposed convolution with output padding extra: a convolution of the image with zeros between its pixels. XLA computes
    the gradient of that form with a plain loop on CPUs. As phases, it is stride² convolutions of the image itself."""
    size = w.shape[0]
    before = size - 1 - padding
    lengths = [(n - 1) * stride + 2 * before + extra - size + 2 for n in x.shape[1:3]]
    if form == "dilated" or any(n % stride for n in lengths):
        return convolution(x, w, [(before, before + extra)] * 2, dilation=stride)
    phases = [[phase(x, w, stride, before, (a, b), lengths) for b in range(stride)] for a in range(stride)]
    y = jnp.stack([jnp.stack(row, axis=3) for row in phases], axis=2)  # B × H/stride × stride × W/stride × stride × O
    return y.reshape(len(x), *lengths, w.shape[-1])


def phase(x, w, stride, before, offsets, lengths):
    """The outputs a, a + stride, a + 2·stride, … of a transposed convolution, for the offsets a of rows and columns. Each is a
    sum over every stride-th tap."""
    first = [(before - a) % stride for a in offsets]
    taps = w[first[0]::stride, first[1]::stride]
    left = [(before - a - k) // stride for a, k in zip(offsets, first)]
    right = [length // stride - l + count - 1 - n for length, l, count, n in zip(lengths, left, taps.shape, x.shape[1:3])]
    return convolution(x, taps, list(zip(left, right)))
