"""GFLOP/s of OpenBLAS's cblas_sgemm, called directly, for the matrix products of the benchmarked models."""

import argparse
import ctypes
import json
import os
import statistics
import time

import numpy

LAYERS = ((784, 512), (512, 64), (64, 512), (512, 784),  # dense
          (784, 400), (400, 20), (20, 400), (400, 784),  # vae
          (784, 2048), (2048, 2048), (2048, 1024), (1024, 128), (128, 1024), (1024, 2048), (2048, 784))  # wide
ROW_MAJOR, NO_TRANSPOSE, TRANSPOSE = 101, 111, 112


def products(batch):
    """(operation, m, n, k): op(A) is m x k, op(B) is k x n. NN: forward; TN: dW; NT: dx, for all but the first layer."""
    yield from (("nn", n, n, n) for n in (1024, 2048))
    for i, o in LAYERS:
        yield "nn", batch, o, i
        yield "tn", i, o, batch
        if i != 784:
            yield "nt", batch, i, o


def measure(blas, operation, m, n, k, seconds):
    random = numpy.random.default_rng(1)
    a, b = (random.standard_normal(size, dtype=numpy.float32) for size in (m * k, k * n))
    c = numpy.zeros(m * n, numpy.float32)
    ta, tb = operation[0] == "t", operation[1] == "t"
    pointer = ctypes.POINTER(ctypes.c_float)
    arguments = (ROW_MAJOR, TRANSPOSE if ta else NO_TRANSPOSE, TRANSPOSE if tb else NO_TRANSPOSE, m, n, k,
                 ctypes.c_float(1), a.ctypes.data_as(pointer), m if ta else k,
                 b.ctypes.data_as(pointer), k if tb else n, ctypes.c_float(0), c.ctypes.data_as(pointer), n)
    flops = 2 * m * n * k
    repeats = max(int(2e8 / flops), 1)
    rates, end = [], time.perf_counter() + seconds
    while len(rates) < 3 or time.perf_counter() < end:
        start = time.perf_counter()
        for _ in range(repeats):
            blas.cblas_sgemm(*arguments)
        rates.append(flops * repeats / (time.perf_counter() - start) / 1e9)
    return statistics.median(rates[1:])


def main():
    p = argparse.ArgumentParser(description=__doc__)
    p.add_argument("--library", required=True, help="path of the OpenBLAS library")
    p.add_argument("--threads", type=int, default=1)
    p.add_argument("--batch", type=int, default=128)
    p.add_argument("--seconds", type=float, default=0.3, help="measuring time per product, in seconds")
    a = p.parse_args()

    blas = ctypes.CDLL(a.library)
    for function in (blas.openblas_get_config, blas.openblas_get_corename):
        function.restype = ctypes.c_char_p
    blas.openblas_set_num_threads(a.threads)
    results = [{"operation": operation, "m": m, "n": n, "k": k,
                "gflops": round(measure(blas, operation, m, n, k, a.seconds), 1)}
               for operation, m, n, k in dict.fromkeys(products(a.batch))]
    print(json.dumps({"program": "openblas", "version": blas.openblas_get_config().decode(), "threads": a.threads,
                      "core": blas.openblas_get_corename().decode(),
                      "core_forced": os.environ.get("OPENBLAS_CORETYPE", ""), "gemm": results}))


main()
