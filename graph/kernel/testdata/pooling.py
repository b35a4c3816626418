#!/usr/bin/env python3
"""Writes pooling.json, what PyTorch makes of small images pooled and unpooled: python3 pooling.py > pooling.json"""

import json

import torch
import torch.nn.functional as F

# batch, channels, height, width, window, stride
CASES = [
    (2, 3, 6, 4, (2, 2), (2, 2)),
    (1, 1, 7, 5, (3, 2), (3, 2)),
    (3, 2, 5, 5, (2, 2), (3, 3)),
    (2, 1, 3, 3, (1, 1), (1, 1)),
    (2, 2, 6, 5, (3, 3), (1, 2)),
]


def flat(t):
    return [round(v, 6) for v in t.detach().flatten().tolist()]


def case(batch, channels, height, width, window, stride):
    draw = lambda *shape: torch.randperm(torch.Size(shape).numel()).double().view(shape) / 8 - 8  # no two are equal
    pair = lambda p: {"height": p[0], "width": p[1]}
    x = draw(batch, channels, height, width).requires_grad_()
    mean = F.avg_pool2d(x, window, stride)
    dy = draw(*mean.shape)
    mean_gradient, = torch.autograd.grad((mean * dy).sum(), x)
    greatest, at = F.max_pool2d(x, window, stride, return_indices=True)
    greatest_gradient, = torch.autograd.grad((greatest * dy).sum(), x)
    found = {"batch": batch, "channels": channels, "size": pair((height, width)), "window": pair(window), "stride": pair(stride),
             "x": flat(x), "mean": flat(mean), "greatest": flat(greatest), "y_gradient": flat(dy),
             "mean_gradient": flat(mean_gradient), "greatest_gradient": flat(greatest_gradient)}
    if all(s >= w for s, w in zip(stride, window)):  # where they overlap, PyTorch keeps any one
        z = draw(*mean.shape).requires_grad_()
        larger = F.max_unpool2d(z, at, window, stride, output_size=(height, width))
        gradient = draw(*larger.shape)
        (larger * gradient).sum().backward()
        found |= {"unpooled": flat(larger), "values": flat(z), "unpooled_gradient": flat(gradient), "values_gradient": flat(z.grad)}
    return found


torch.manual_seed(1)
print("[" + ",\n".join(json.dumps(case(*c)) for c in CASES) + "]")
