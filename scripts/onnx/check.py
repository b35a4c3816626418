"""Compares exported networks in onnxruntime and in PyTorch with gaetrain, see run."""

import csv
import importlib.util
import pathlib
import shlex
import subprocess
import sys
import tempfile

import numpy as np
import onnx
import onnxruntime
import torch
from safetensors.numpy import load_file

import cases

ALLOWED = 1e-5  # largest difference, relative to the largest value of a tensor
BATCHES = (1, 7, 128)
SMALL = "--epochs 1 --pictures 0 --quiet --batch-size 32 --validation 40"


def images(rng, count, *shape):
    """Random smooth images of ten classes, as uint8."""
    labels = np.arange(count) % 10
    height, width = shape[0], shape[1]
    y, x = np.mgrid[0:height, 0:width]
    phase = rng.uniform(0, 1, (count, 1, 1)) + labels[:, None, None] / 3
    waves = 0.5 + 0.5 * np.sin(phase * 3 + x * (1 + labels[:, None, None] / 5) / 2 + y / 3)
    waves = waves + rng.normal(0, 0.1, waves.shape)
    if len(shape) == 3:
        waves = np.stack([waves, 1 - waves, waves**2], -1)
    return (255 * np.clip(waves, 0, 1)).astype(np.uint8), labels.astype(np.uint8)


def data(path, *shape):
    rng = np.random.default_rng(1)
    x_train, y_train = images(rng, 300, *shape)
    x_test, y_test = images(rng, max(BATCHES), *shape)
    np.savez(path, x_train=x_train, y_train=y_train, x_test=x_test, y_test=y_test)


def tables(folder):
    """A table with large offsets, float images, and a table with missing values."""
    rng = np.random.default_rng(2)
    rows = rng.normal(0, 1, (1400, 6)) @ rng.normal(0, 1, (6, 6)) * [1, 10, 0.01, 1, 5, 1] + [0, 1e4, 3, -700, 1e5, 0.3]
    np.save(folder / "table.npy", rows)
    np.save(folder / "pictures.npy", images(rng, 1400, 8, 6)[0].astype(np.float32) / 100 - 1)
    holes = np.where(rng.uniform(size=rows.shape) < 0.1, np.nan, rows)
    with open(folder / "holes.csv", "w") as lines:
        print("a,b,c,d,e,f", file=lines)
        for row in holes:
            print(",".join("" if np.isnan(v) else repr(float(v)) for v in row), file=lines)


def call(*words):
    done = subprocess.run(words, capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(f"{shlex.join(words)}: exit code {done.returncode}: {done.stderr.strip()[-600:]}")


class Checker:
    """Holds the networks of one exported model against what gaetrain computes."""

    def __init__(self, folder, reference):
        self.folder, self.wants, self.worst, self.checked = folder, load_file(reference), {}, 0
        factor = 1 if "raw" in self.wants else 255
        self.wants["image"] = self.wants["reconstruction"] = self.wants.get("reconstruction", np.zeros(0)) * factor
        if "log_variance" in self.wants:
            self.wants["mean"] = self.wants["code"]
        if "logits" in self.wants:
            e = np.exp(self.wants["logits"] - self.wants["logits"].max(1, keepdims=True))
            self.wants["probabilities"] = e / e.sum(1, keepdims=True)
        self.given = {"code": self.wants["code"], "input": self.wants.get("raw", self.wants["images"] * 255)}
        if "labels" in self.wants:
            self.given["labels"] = self.wants["labels"].astype(np.int64).ravel()
        self.opset = 0

    def hold(self, client, name, got, batch):
        want = self.wants[name][:batch]
        got = np.asarray(got).reshape(want.shape)
        worst = np.abs(got - want).max() / max(np.abs(self.wants[name]).max(), 1e-30)
        key = client, name
        self.worst[key] = max(self.worst.get(key, 0), worst)
        self.checked += 1

    def onnx(self, path):
        model = onnx.load(path)
        onnx.checker.check_model(model, full_check=True)
        self.opset = max(self.opset, model.opset_import[0].version)
        options = onnxruntime.SessionOptions()
        options.log_severity_level = 3
        session = onnxruntime.InferenceSession(path, options)
        names = [p.name for p in session.get_outputs()]
        for batch in BATCHES:
            given = {}
            for p in session.get_inputs():
                assert p.shape[0] == "batch", f"{path}: the first dimension of {p.name} is {p.shape[0]}"
                given[p.name] = self.given[p.name][:batch].reshape(batch, *p.shape[1:])
            for name, got in zip(names, session.run(names, given)):
                self.hold("onnx", name, got, batch)

    def torch(self):
        spec = importlib.util.spec_from_file_location("model", self.folder / "model.py")
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        model = module.load(str(self.folder / "weights.safetensors"))
        shape = onnxruntime.InferenceSession(self.folder / "autoencoder.onnx").get_inputs()[0].shape[1:] if (self.folder / "autoencoder.onnx").exists() else None
        for batch in BATCHES:
            given = [torch.from_numpy(self.given["labels"][:batch])] if "labels" in self.given else []
            with torch.no_grad():
                if (self.folder / "generator.onnx").exists():
                    self.hold("torch", "image", model(torch.from_numpy(self.given["code"][:batch]), *given), batch)
                elif (self.folder / "classifier.onnx").exists() and not (self.folder / "autoencoder.onnx").exists():
                    shape = onnxruntime.InferenceSession(self.folder / "classifier.onnx").get_inputs()[0].shape[1:]
                    logits, probabilities = model(torch.from_numpy(self.given["input"][:batch].reshape(batch, *shape)))
                    self.hold("torch", "logits", logits, batch)
                    self.hold("torch", "probabilities", probabilities, batch)
                else:
                    x = torch.from_numpy(self.given["input"][:batch].reshape(batch, *shape))
                    reconstruction, code = model(x, *given)
                    self.hold("torch", "reconstruction", reconstruction, batch)
                    self.hold("torch", "code", code, batch)
                    if "log_variance" in self.wants:
                        self.hold("torch", "log_variance", model.encoder(x, *given)[1], batch)
                    if "logits" in self.wants:
                        self.hold("torch", "logits", model.classify(x)[0], batch)

    def report(self, case):
        """Prints a line, and reports whether the case has passed."""
        ok = all(worst <= ALLOWED for worst in self.worst.values())
        each = ", ".join(f"{client} {name} {worst:.1e}" for (client, name), worst in self.worst.items())
        print(f"{'ok  ' if ok else 'FAIL'} {case}: opset {self.opset}: {each}", flush=True)
        return ok


def check(case, program, reference, run):
    """Exports a run and checks its networks."""
    folder, values, scores = run.with_suffix(".exported"), run.with_suffix(".safetensors"), None
    if case in cases.DETECTORS:
        names = cases.DETECTORS[case]
        call(program, "detect", "--run", str(run), "--score", names, "--normal", "validation", "--false-alarms", "0.1", "--draw", "0", "--out", str(run) + "-scores")
        with open(f"{run}-scores.csv", newline="") as lines:
            rows = list(csv.DictReader(lines))
        scores = {}
        for name in names.split(","):
            p_value = f"{name}_p_value"
            scores[name] = np.array([float(row[name]) for row in rows])
            scores[p_value] = np.array([float(row.get(p_value) or row["p_value"]) for row in rows])
    call(program, "export", "--run", str(run), "--to", str(folder))
    call(reference, "--run", str(run), "--out", str(values))
    checker = Checker(folder, values)
    if scores:
        checker.wants |= scores
        assert (folder / "detector.onnx").exists()
    for path in sorted(folder.glob("*.onnx")):
        checker.onnx(path)
    checker.torch()
    return checker.report(case)


def main():
    program, reference, only = sys.argv[1], sys.argv[2], sys.argv[3:]
    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        data(folder / "grey.npz", 12, 12)
        data(folder / "colour.npz", 9, 12, 3)
        list_of = [(case, "train", flags, "grey") for case, flags in cases.GREY.items()]
        list_of += [(case, "train", flags, "colour") for case, flags in cases.COLOUR.items()]
        tables(folder)
        list_of += [(case, "train", flags, file) for case, (file, flags) in cases.NUMBERS.items()]
        list_of += [(case, "finetune", flags, source) for case, (source, flags) in cases.CLASSIFIERS.items()]
        sources = {source for case, (source, _) in cases.CLASSIFIERS.items() if not only or case in only}
        failed = []
        for case, verb, flags, source in list_of:
            if only and case not in only and case not in sources:
                continue
            run = folder / case.replace(" ", "-")
            if verb == "finetune":
                start = ["--from", str(folder / source.replace(" ", "-")), "--labels", "120"]
            elif "." in source:
                start = ["--dataset", f"array:{folder / source}"]
            else:
                start = ["--dataset", f"npz:{folder / source}.npz"]
            try:
                call(program, verb, *start, *shlex.split(flags), *shlex.split(SMALL), "--run", str(run))
                ok = check(case, program, reference, run)
            except Exception as problem:  # the other cases are still checked
                print(f"FAIL {case}: {type(problem).__name__}: {str(problem)[:1500]}", flush=True)
                ok = False
            if not ok:
                failed.append(case)
        print(f"{len(list_of)} cases" if not only else f"{len(only)} cases", f"{len(failed)} failed", *failed, sep=", ")
        sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
