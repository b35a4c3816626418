"""The parts that the Python peers share: the command line, the images, the timed loop, the line of JSON."""

import argparse
import json
import math
import os
import statistics
import sys
import time

import numpy

import nets

# Environment variables that change the speed. Those that are set are printed with the result.
SETTING_VARIABLES = (
    "OPENBLAS_", "OMP_", "MKL_", "KMP_", "GOMP_", "ATEN_", "MALLOC_", "XLA_FLAGS", "JAX_", "ONEDNN_",
)


def parser(description):
    p = argparse.ArgumentParser(description=description)
    p.add_argument("--model", choices=tuple(nets.MODELS), default="dense")
    p.add_argument("--batch", type=int, default=128)
    p.add_argument("--steps", type=int, default=0, help="stop after this many timed steps (0: no limit)")
    p.add_argument("--seconds", type=float, default=5, help="stop after this many seconds")
    p.add_argument("--warmup", type=int, default=20, help="number of steps before the timed steps")
    p.add_argument("--threads", type=int, default=0, help="number of threads (0: the library's default)")
    return p


def images(model, batch):
    """Returns N batches of the model's images (each B×C×H×W, float32 in [0, 1], in steps of 1/255) of Gaussian blobs, with exact
    zeros outside. They have at most as many pixels as 4,096 grey images."""
    channels, height, width = shape = nets.SHAPES.get(model, nets.GREY)
    random = numpy.random.default_rng(1)
    count = max(4096 * 784 // math.prod(shape) // batch, 1) * batch

    def profile(length):
        centre = random.uniform(0.3 * length, 0.7 * length, (count, channels, 1))
        spread = random.uniform(0.07 * length, 0.21 * length, (count, channels, 1))
        return numpy.exp(-(((numpy.arange(length) - centre) / spread) ** 2)).astype(numpy.float32)

    pixels = profile(height)[..., :, None] * profile(width)[..., None, :]
    return (numpy.floor(pixels * 255) / numpy.float32(255)).reshape(-1, batch, *shape)


def run(arguments, program, version, settings, parameters, step, steps_per_call=1):
    """Measures the time of step(i), which returns the loss. Prints the result as JSON; exits with 1 unless the loss has decreased."""
    first = last = step(0)
    for i in range(1, max(arguments.warmup // steps_per_call, 1)):
        last = step(i)

    durations = []
    start = now = time.perf_counter()
    while True:
        last = step(len(durations))
        previous, now = now, time.perf_counter()
        durations.append((now - previous) * 1e3 / steps_per_call)
        enough = arguments.steps and len(durations) * steps_per_call >= arguments.steps
        if enough or now - start >= arguments.seconds:
            break

    environment = [f"{k}={v}" for k, v in sorted(os.environ.items()) if k.startswith(SETTING_VARIABLES)]
    print(json.dumps({
        "program": program,
        "version": version,
        "model": arguments.model,
        "batch": arguments.batch,
        "parameters": parameters,
        "threads": arguments.threads,
        "settings": " ".join(settings + environment),
        "milliseconds_per_step": round(statistics.median(durations), 4),
        "milliseconds_minimum": round(min(durations), 4),
        "images_per_second": round(len(durations) * steps_per_call * arguments.batch / (now - start), 1),
        "loss_first": first,
        "loss_last": last,
    }))
    if not (math.isfinite(last) and last < first):
        sys.exit(f"{program}: the loss did not fall: {first} to {last}")
