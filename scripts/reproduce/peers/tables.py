#!/usr/bin/env python3
"""scikit-learn's bundled tables: 'write' writes one of them as CSV, and 'compare' trains the autoencoder of a gaetrain run in
PyTorch, from the same initial weights, on the same rows in the same batches. It prints the figures of PyTorch and
scikit-learn as JSON."""

import argparse
import csv
import json
import os
import struct

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import numpy
import sklearn.datasets
import torch
from sklearn.cluster import KMeans
from sklearn.decomposition import PCA
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import adjusted_rand_score, normalized_mutual_info_score, silhouette_score
from sklearn.neighbors import KNeighborsClassifier
from sklearn.preprocessing import MinMaxScaler, StandardScaler
from torch import nn

TARGET = "target"


def load(table):
    """The values, the names of the columns, and the classes as text (or the target of a regression)."""
    bunch = getattr(sklearn.datasets, f"load_{table}")()
    names = getattr(bunch, "target_names", None)
    target = [str(names[t]) for t in bunch.target] if names is not None else list(bunch.target)
    return bunch.data, list(bunch.feature_names), target


def write(a):
    values, names, target = load(a.table)
    with open(a.csv, "w", newline="") as f:
        lines = csv.writer(f)
        lines.writerow(names + [TARGET])
        for row, t in zip(values, target):
            lines.writerow([repr(float(v)) for v in row] + [t])
    return {"rows": len(values), "columns": len(names), "classes": len(set(target))}


def read_rows(path):
    """The rows of a split in its order, by their numbers in the file, as 'gaetrain encode' lists them."""
    with open(path, newline="") as f:
        return [int(line["index"]) for line in csv.DictReader(f)]


def read_weights(run):
    """The tensors of the last checkpoint by name."""
    with open(os.path.join(run, "checkpoint", "last.safetensors"), "rb") as f:
        (size,) = struct.unpack("<Q", f.read(8))
        header, data = json.loads(f.read(size)), f.read()
    tensors = {}
    for name, t in header.items():
        if name != "__metadata__" and t["dtype"] == "F32":
            first, last = t["data_offsets"]
            tensors[name] = torch.from_numpy(numpy.frombuffer(data[first:last], "<f4").reshape(t["shape"]).copy())
    return tensors


class Model(nn.Module):
    """A dense autoencoder with tanh in hidden layers, a linear code and a linear output."""

    def __init__(self, weights):
        super().__init__()
        self.encoder, self.decoder = self.part(weights, "encoder"), self.part(weights, "decoder")

    @staticmethod
    def part(weights, name):
        layers, i = [], 1
        while f"{name}/{i}/weights" in weights:
            w, b = weights[f"{name}/{i}/weights"], weights[f"{name}/{i}/bias"]
            linear = nn.Linear(*w.shape)
            with torch.no_grad():
                linear.weight.copy_(w.T)
                linear.bias.copy_(b)
            layers += [linear, nn.Tanh()]
            i += 1
        return nn.Sequential(*layers[:-1])

    def forward(self, x):
        return self.decoder(self.encoder(x))


class PCG:
    """PCG-DXSM with 128 bits of state, as in Go's math/rand/v2."""

    def __init__(self, high, low):
        self.state = high << 64 | low

    def next(self):
        multiplier = 2549297995355413924 << 64 | 4865540595714422341
        increment = 6364136223846793005 << 64 | 1442695040888963407
        self.state = (self.state * multiplier + increment) % (1 << 128)
        high, low = self.state >> 64, self.state % (1 << 64)
        high ^= high >> 32
        high = high * 0xDA942042E4DD58B5 % (1 << 64)
        high ^= high >> 48
        return high * (low | 1) % (1 << 64)


def shuffled(count, seed, epoch):
    """The order of an epoch of gaetrain: a Fisher–Yates shuffle."""
    order, random = list(range(count)), PCG(seed, (epoch + 1) * 0x9E3779B97F4A7C15 % (1 << 64))
    for i in range(count - 1, 0, -1):
        j = random.next() * (i + 1) >> 64
        order[i], order[j] = order[j], order[i]
    return order


def train(model, x, a):
    adam = torch.optim.Adam(model.parameters(), lr=a.learning_rate)
    for epoch in range(a.epochs):
        order = torch.tensor(shuffled(len(x), a.seed, epoch))
        for batch in order.split(a.batch_size):
            adam.zero_grad()
            loss = ((model(x[batch]) - x[batch]) ** 2).sum(1).mean()
            loss.backward()
            adam.step()


def probe(fit, fit_labels, test, test_labels):
    logistic = LogisticRegression(C=1, tol=1e-8, max_iter=100000).fit(fit, fit_labels)
    neighbours = KNeighborsClassifier(5).fit(fit, fit_labels)
    return {"logistic": logistic.score(test, test_labels), "neighbours": neighbours.score(test, test_labels)}


def compare(a):
    torch.set_num_threads(1)
    values, _, target = load(a.table)
    target = numpy.array(target)
    rows, test_rows = read_rows(a.train_codes + ".csv"), read_rows(a.test_codes + ".csv")
    scaler = {"standard": StandardScaler, "minmax": MinMaxScaler}[a.scale]().fit(values[rows])
    fit, test = scaler.transform(values[rows]).astype("f4"), scaler.transform(values[test_rows]).astype("f4")

    model = Model(read_weights(a.initial))
    x, y = torch.from_numpy(fit), torch.from_numpy(test)
    train(model, x, a)
    with torch.no_grad():
        codes, test_codes = model.encoder(x).numpy(), model.encoder(y).numpy()
        result = {"mse": ((model(y) - y) ** 2).mean().item(), "train_mse": ((model(x) - x) ** 2).mean().item()}
    ours = numpy.load(a.test_codes + ".npy")
    result["codes_difference"] = float(numpy.linalg.norm(ours - test_codes) / numpy.linalg.norm(test_codes))

    pca = PCA(codes.shape[1]).fit(fit)
    result["pca_mse"] = float(((pca.inverse_transform(pca.transform(test)) - test) ** 2).mean())
    if a.classes:
        result["probe"] = {
            "codes": probe(codes, target[rows], test_codes, target[test_rows]),
            "pixels": probe(fit, target[rows], test, target[test_rows]),
            "pca": probe(pca.transform(fit), target[rows], pca.transform(test), target[test_rows]),
        }
    means = KMeans(a.clusters, n_init=100, random_state=a.seed, tol=1e-8, max_iter=1000).fit(codes)
    result["clusters"] = {"inertia": means.inertia_, "silhouette": float(silhouette_score(codes, means.labels_))}
    if a.classes:
        # how well the clusters agree with the classes
        result["clusters"]["nmi"] = normalized_mutual_info_score(target[rows], means.labels_)
        result["clusters"]["ari"] = adjusted_rand_score(target[rows], means.labels_)
    return result


def main():
    p = argparse.ArgumentParser(description=__doc__)
    p.add_argument("do", choices=["write", "compare"])
    p.add_argument("--table", required=True, choices=["breast_cancer", "wine", "digits", "diabetes"])
    p.add_argument("--csv", help="the file to write")
    p.add_argument("--initial", help="run folder with the initial weights")
    p.add_argument("--train-codes", help="files of 'gaetrain encode --split train', without the endings")
    p.add_argument("--test-codes", help="the same of --split test")
    p.add_argument("--epochs", type=int)
    p.add_argument("--batch-size", type=int)
    p.add_argument("--learning-rate", type=float)
    p.add_argument("--clusters", type=int)
    p.add_argument("--classes", type=int, default=1, help="0: the table has no classes")
    p.add_argument("--scale", choices=["standard", "minmax"], default="standard")
    p.add_argument("--seed", type=int, default=1)
    p.add_argument("--data-dir", help="is not used")
    a = p.parse_args()
    print(json.dumps({"write": write, "compare": compare}[a.do](a)))


if __name__ == "__main__":
    main()
