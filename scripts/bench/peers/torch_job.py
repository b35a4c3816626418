"""A whole job in PyTorch: read Fashion-MNIST, train one epoch of a dense autoencoder, evaluate, save, exit."""

import argparse
import gzip
import json
import os

import numpy
import torch
import torch.nn.functional as F
from torch import nn


def read(directory, split):
    with gzip.open(os.path.join(directory, f"{split}-images-idx3-ubyte.gz")) as f:
        return torch.from_numpy(numpy.frombuffer(f.read(), numpy.uint8, offset=16).reshape(-1, 784).copy())


def loss(network, pixels):
    x = pixels.float().div_(255)
    return F.binary_cross_entropy_with_logits(network(x), x, reduction="sum") / len(x)


def main():
    p = argparse.ArgumentParser(description=__doc__)
    p.add_argument("--data-dir", required=True)
    p.add_argument("--checkpoint", required=True)
    p.add_argument("--epochs", type=int, default=1)
    p.add_argument("--threads", type=int, default=0)
    p.add_argument("--adam", choices=("default", "foreach"), default="default")
    a = p.parse_args()
    if a.threads:
        torch.set_num_threads(a.threads)

    train, test = read(a.data_dir, "train"), read(a.data_dir, "t10k")
    sizes = (784, 512, 256, 32, 256, 512, 784)
    layers = []
    for i, o in zip(sizes, sizes[1:]):
        layers += [nn.Linear(i, o), nn.ReLU()]
    network = nn.Sequential(*layers[:-1])
    adam = torch.optim.Adam(network.parameters(), lr=1e-3, **({"foreach": True} if a.adam == "foreach" else {}))

    for _ in range(a.epochs):
        for batch in torch.randperm(len(train)).split(128):
            adam.zero_grad(set_to_none=True)
            loss(network, train[batch]).backward()
            adam.step()
    with torch.no_grad():
        total = sum(loss(network, b).item() * len(b) for b in test.split(1000))
    torch.save({"network": network.state_dict(), "adam": adam.state_dict()}, a.checkpoint)
    print(json.dumps({"program": "pytorch", "version": torch.__version__, "reconstruction": total / len(test)}))


main()
