#!/usr/bin/env python3
"""Writes convolution.json, what PyTorch makes of small convolutions: python3 convolution.py > convolution.json"""

import json

import torch
import torch.nn.functional as F

# batch, channels, filters, height, width, kernel, stride, padding, dilation, enlarge, mode
CASES = [
    (2, 1, 3, 7, 6, (3, 3), (2, 2), (1, 1), (1, 1), 1, "nearest"),
    (1, 2, 2, 5, 5, (2, 3), (1, 2), (0, 1), (2, 1), 1, "nearest"),
    (2, 2, 1, 3, 3, (1, 1), (1, 1), (0, 0), (1, 1), 1, "nearest"),
    (1, 1, 2, 3, 4, (3, 3), (1, 1), (2, 2), (1, 1), 1, "nearest"),
    (2, 2, 2, 6, 4, (3, 3), (1, 1), (1, 1), (1, 1), 2, "nearest"),
    (2, 2, 2, 6, 4, (3, 3), (1, 1), (1, 1), (1, 1), 2, "bilinear"),
    (1, 1, 2, 9, 6, (3, 2), (2, 1), (1, 0), (1, 1), 3, "bilinear"),
    (2, 3, 1, 4, 8, (1, 1), (1, 1), (0, 0), (1, 1), 4, "bilinear"),
]


def flat(t):
    return [round(v, 6) for v in t.detach().flatten().tolist()]


def case(batch, channels, filters, height, width, kernel, stride, padding, dilation, enlarge, mode):
    draw = lambda *shape: torch.randint(-64, 65, shape).double() / 32
    image = draw(batch, channels, height // enlarge, width // enlarge).requires_grad_()
    weights, bias = draw(filters, channels, *kernel).requires_grad_(), draw(filters)
    options = {} if mode == "nearest" else {"align_corners": False}
    larger = F.interpolate(image, scale_factor=enlarge, mode=mode, **options) if enlarge > 1 else image
    maps = F.conv2d(larger, weights, bias, stride, padding, dilation)
    gradient = draw(*maps.shape)
    (maps * gradient).sum().backward()
    last = lambda t: t.permute(0, 2, 3, 1)  # channels
    pair = lambda p: {"height": p[0], "width": p[1]}
    found = {
        "batch": batch, "channels": channels, "filters": filters, "size": pair((height, width)), "kernel": pair(kernel),
        "stride": pair(stride), "padding": pair(padding), "dilation": pair(dilation), "enlarge": enlarge,
        "bilinear": mode == "bilinear", "image": flat(image), "weights": flat(last(weights)), "bias": flat(bias),
        "maps": flat(maps), "maps_gradient": flat(gradient), "image_gradient": flat(image.grad),
        "weights_gradient": flat(last(weights.grad)),
    }
    if enlarge == 1:  # the transposed convolution of the gradient, to an image of the same size
        extra = [n - ((m - 1) * s - 2 * p + d * (k - 1) + 1)
                 for n, m, s, p, d, k in zip((height, width), maps.shape[2:], stride, padding, dilation, kernel)]
        found["transposed"] = flat(F.conv_transpose2d(gradient, weights, None, stride, padding, extra, 1, dilation))
    return found


torch.manual_seed(1)
print("[" + ",\n".join(json.dumps(case(*c)) for c in CASES) + "]")
