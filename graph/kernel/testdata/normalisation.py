#!/usr/bin/env python3
"""Writes normalisation.json, what PyTorch makes of small batches normalised: python3 normalisation.py > normalisation.json"""

import json

import torch
import torch.nn.functional as F

# batch, channels, height, width (0: rows of units), over (batch, settled: by given statistics, image)
CASES = [
    (5, 4, 0, 0, "batch"),
    (5, 4, 0, 0, "settled"),
    (3, 7, 0, 0, "image"),
    (3, 2, 3, 5, "batch"),
    (1, 3, 2, 2, "batch"),
    (18, 1, 2, 1, "batch"),
    (2, 2, 3, 3, "settled"),
    (3, 2, 3, 5, "image"),
    (1, 1, 2, 3, "image"),
]
MOMENTUM = 0.1  # of PyTorch's: the weight of the new


def flat(t):
    return [round(v, 6) for v in t.detach().flatten().tolist()]


def case(batch, channels, height, width, over):
    draw = lambda *shape: torch.randint(-64, 65, shape).double() / 32
    shape = (batch, channels, height, width) if height else (batch, channels)
    x, gain, bias = draw(*shape).requires_grad_(), draw(channels).requires_grad_(), draw(channels).requires_grad_()
    mean, variance = draw(channels), draw(channels).abs() + 0.5
    found = {"batch": batch, "channels": channels, "height": max(1, height), "width": max(1, width), "rows": height == 0,
             "over": over, "x": flat(x), "gain": flat(gain), "bias": flat(bias), "mean": flat(mean), "variance": flat(variance)}
    if over == "image":  # gain and bias are of channels, those of layer_norm of values
        whole = F.layer_norm(x, shape[1:])
        each = (1, channels) + (1,) * (len(shape) - 2)
        y = whole * gain.view(each) + bias.view(each)
    else:
        y = F.batch_norm(x, mean, variance, gain, bias, over == "batch", MOMENTUM)
    gradient = draw(*shape)
    (y * gradient).sum().backward()
    return found | {"y": flat(y), "y_gradient": flat(gradient), "x_gradient": flat(x.grad), "gain_gradient": flat(gain.grad),
                    "bias_gradient": flat(bias.grad), "new_mean": flat(mean), "new_variance": flat(variance)}


torch.manual_seed(1)
print("[" + ",\n".join(json.dumps(case(*c)) for c in CASES) + "]")
