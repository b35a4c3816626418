"""The programs that are compared: how each is installed and started, and which of its settings are tried."""

import json
import os
import platform
import shutil
import subprocess
import sys
from pathlib import Path

import pictures

HERE = Path(__file__).resolve().parent
PEERS = HERE / "peers"
REPOSITORY = HERE.parent.parent
CACHE = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "gaetrain-bench"
CORES = str(os.cpu_count())
SYSTEM_PYTHON = "/usr/bin/python3"
OPENBLAS = Path("/usr/lib/x86_64-linux-gnu/openblas-pthread/libopenblas.so.0")
FLAGS = next((line.split() for line in Path("/proc/cpuinfo").read_text().splitlines() if line.startswith("flags")), [])
# An instruction set that the processor lacks makes libraries crash or use another one.
ISA = ("avx512", "avx2") if "avx512f" in FLAGS else ("avx2",)
CORE_TYPES = {"avx512": ("SkylakeX", "Cooperlake"), "avx2": ("Haswell", "Zen")}  # of OpenBLAS

# Variables that keep every program to AVX2 on a processor that has more.
AVX2 = {"GAETRAIN_KERNEL": "avx2", "ATEN_CPU_CAPABILITY": "avx2", "MKL_ENABLE_INSTRUCTIONS": "AVX2", "ONEDNN_MAX_CPU_ISA": "AVX2",
        "OPENBLAS_CORETYPE": "Haswell", "XLA_FLAGS": "--xla_cpu_max_isa=AVX2", "GOMLX_SIMD_AVX512": "0"}
FORCED = {}  # AVX2 with --isa avx2

# Command lines of gaetrain. The images of models that are in COLOUR have these shapes.
GAETRAIN = {
    "dense": ["--model", "dense", "--hidden", "512", "--code", "64", "--activation", "relu", "--code-activation", "relu"],
    "wide": ["--model", "dense", "--hidden", "2048,2048,1024", "--code", "128", "--activation", "relu", "--code-activation", "relu"],
    "vae": ["--model", "vae", "--hidden", "400", "--code", "20"],
    "conv": ["--model", "conv", "--activation", "relu", "--encoder", "conv:16,3,s2 conv:32,3,s2,relu",
             "--decoder", "up:2 conv:16,3 up:2 conv:1,3"],
    "transposed": ["--model", "conv", "--activation", "relu", "--encoder", "conv:16,3,s2 conv:32,3,s2 conv:64,7,p0,relu",
                   "--decoder", "transposed:32,7,p0 transposed:16,3,s2,o1 transposed:1,3,s2,o1"],
    "conv64": ["--model", "conv", "--activation", "relu", "--filters", "32,64", "--hidden", "none", "--code", "64"],
    "colour32": ["--model", "conv", "--filters", "32,64,128", "--hidden", "none", "--code", "128"],
    "colour64": ["--model", "conv", "--filters", "32,64,128,256", "--hidden", "none", "--code", "128"],
    "dcgan": ["--model", "gan", "--filters", "64,64", "--hidden", "none", "--kernel-size", "4", "--code", "64",
              "--discriminator-norm", "none", "--ema-decay", "0"],
}
COLOUR = {"colour32": (3, 32, 32), "colour64": (3, 64, 64)}
CONVOLUTIONAL = ("conv", "transposed", "conv64", "colour32", "colour64", "dcgan")
GO_PEERS = ("gomlx", "gorgonia")
GO_MODELS = ("dense", "vae", "conv")  # of the peers in Go

# Variables that change a peer's speed. They are removed from the environment of a run, unless its setting has them.
TUNING = ("OPENBLAS_", "OMP_", "MKL_", "KMP_", "GOMP_", "ATEN_", "MALLOC_", "XLA_", "JAX_", "ONEDNN_", "DNNL_",
          "NVPL_", "TORCH", "GOMLX_", "GOMAXPROCS", "GOGC", "GOMEMLIMIT", "GODEBUG", "GOAMD64", "GOEXPERIMENT",
          "GOFLAGS", "LD_PRELOAD", "PYTHONPATH")
BUILD_KEYS = ("GOAMD64", "GOEXPERIMENT", "-tags")  # settings of the Go compiler

BUILT = set()  # binaries that this run of the driver has built

MALLOC = {"MALLOC_MMAP_THRESHOLD_": "1073741824", "MALLOC_TRIM_THRESHOLD_": "4294967296",
          "MALLOC_TOP_PAD_": "268435456"}


def values(key, *options):
    return [{key: o} for o in options]


# A setting is a flat dict. Keys with two dashes are flags of the peer, BUILD_KEYS are settings of the compiler, and other
# keys are environment variables. An axis lists alternatives. The search tries the axes one after the other, and starts
# from the plain setting {}.
def threads(first, second):
    """The threads of the library and of its BLAS: each has one thread or one per core."""
    return [{first: t, second: b} for t in dict.fromkeys(("1", CORES)) for b in dict.fromkeys(("1", CORES))]


TORCH = [
    values("ATEN_CPU_CAPABILITY", "default", *ISA),
    values("--channels-last", ""),
    values("--adam", "single", "foreach", "fused"),
    values("--loss", "softplus"),
    values("--trace", ""),
    values("--flush-denormal", ""),
    values("--keep-gradients", ""),
    values("--reuse-input", ""),
    values("OMP_WAIT_POLICY", "ACTIVE", "PASSIVE"),
]
TORCH_DEBIAN = [  # built on OpenBLAS
    [MALLOC],
    threads("--threads", "OPENBLAS_NUM_THREADS"),
    values("OPENBLAS_CORETYPE", *(core for isa in ISA for core in CORE_TYPES[isa])),
    *TORCH,
]
TORCH_PYPI = [  # built on MKL, with a compiler
    [MALLOC],
    threads("OMP_NUM_THREADS", "MKL_NUM_THREADS"),
    *TORCH,
    values("--compile", ""),
]
JAX = [
    [MALLOC],
    values("XLA_FLAGS", "--xla_cpu_multi_thread_eigen=false", "--xla_cpu_enable_fast_math=true",
           "--xla_cpu_prefer_vector_width=512", "--xla_cpu_prefer_vector_width=512 --xla_cpu_enable_fast_math=true"),
    values("--random", "rbg", "unsafe_rbg"),
    values("--scan", "4", "16"),
    values("--transposed", "phases"),
]
GOMLX = [
    [{"GOEXPERIMENT": "simd"}, {"GOEXPERIMENT": "simd", "GOAMD64": "v3"}, {"GOEXPERIMENT": "simd", "GOAMD64": "v4"}],
    values("--im2col", ""),
    values("--threads", "1"),
    values("--backend", "ops_sequential", "ops_parallel", "creation_order"),
    values("GOGC", "400", "1600"),
    values("GOMLX_SIMD_AVX512", "0"),
    values("GOMLX_FUSION", "0"),
]
GORGONIA = [
    [{"GOAMD64": "v3"}, {"-tags": "avx"}, {"-tags": "avx", "GOAMD64": "v3"}],
    values("--threads", "1"),
    values("GOGC", "400", "1600"),
]

PROGRAMS = {
    "gaetrain": [],
    "pytorch-debian": TORCH_DEBIAN,
    "pytorch-pypi": TORCH_PYPI,
    "jax": JAX,
    "gomlx": GOMLX,
    "gorgonia": GORGONIA,
}

# Further starting points of the search: combinations that a search along one axis at a time would miss.
# They are also used if no search was made.
STARTS = {
    "pytorch-debian": {
        "dense": [{**MALLOC, "--threads": "1", "OPENBLAS_NUM_THREADS": CORES, "ATEN_CPU_CAPABILITY": ISA[0],
                   "--adam": "foreach"},
                  {**MALLOC, "--threads": "1", "OPENBLAS_NUM_THREADS": CORES, "OPENBLAS_CORETYPE": "Haswell",
                   "--adam": "foreach"}],
        "conv": [{**MALLOC, "--threads": CORES, "OPENBLAS_NUM_THREADS": "1", "--channels-last": ""}],
    },
    "pytorch-pypi": {
        "dense": [{**MALLOC, "OMP_NUM_THREADS": CORES, "--adam": "fused", "--loss": "softplus"},
                  {**MALLOC, "OMP_NUM_THREADS": CORES, "--adam": "fused", "--compile": ""}],
        "conv": [{**MALLOC, "OMP_NUM_THREADS": CORES, "--adam": "fused", "--channels-last": ""},
                 {**MALLOC, "OMP_NUM_THREADS": CORES, "--adam": "fused", "--channels-last": "", "--compile": ""}],
    },
    "jax": {
        "dense": [{**MALLOC, "--random": "unsafe_rbg", "XLA_FLAGS": "--xla_cpu_prefer_vector_width=512"}],
        "conv": [{**MALLOC, "--random": "unsafe_rbg", "--transposed": "phases"}],
    },
    "gomlx": {"dense": [{"GOEXPERIMENT": "simd"}], "conv": [{"GOEXPERIMENT": "simd", "--im2col": ""}]},
    "gorgonia": {"dense": [{"GOAMD64": "v3", "-tags": "avx"}]},
}


def starts(program, model):
    known = STARTS.get(program, {})
    like = "conv" if model in CONVOLUTIONAL else "dense"  # settings for dense layers also suit the vae
    return [usable(s) for s in known.get(like) or known.get("dense", [])]


def usable(setting):
    """The setting without the variables that --isa sets."""
    return {k: v for k, v in setting.items() if k not in FORCED}


def axes(program, model):
    """The axes to search. Settings that only affect convolutions are left out for other models."""
    only_conv = ("--channels-last", "--im2col", "--transposed")
    found = [[usable(option) for option in axis] for axis in PROGRAMS[program]]
    return [axis for axis in found if model in CONVOLUTIONAL or not any(k in o for o in axis for k in only_conv)]


def check(command, **options):
    """Runs a command and returns its output. Raises RuntimeError with the last line of its output if it fails."""
    done = subprocess.run([str(c) for c in command], capture_output=True, text=True, **options)
    if done.returncode:
        lines = (done.stderr.strip() or done.stdout.strip() or "no output").splitlines()
        raise RuntimeError(f"exit {done.returncode}: {lines[-1][:200]}")
    return done.stdout


def instruction_sets():
    return ("avx2",) if FORCED else ISA


def has(program, model):
    """Whether the program has the model."""
    return program not in GO_PEERS or model in GO_MODELS


def works(python, module):
    return subprocess.run([str(python), "-c", f"import {module}"], capture_output=True, cwd="/").returncode == 0


def debian(*modules_and_packages):
    """Installs Debian packages unless the system's Python has the modules and uses OpenBLAS. Without OpenBLAS, they use the
    reference BLAS, which is twenty times slower."""
    if OPENBLAS.exists() and all(works(SYSTEM_PYTHON, m) for m, _ in modules_and_packages):
        return
    packages = [p for _, p in modules_and_packages] + ["libopenblas0-pthread"]
    if not shutil.which("apt-get") or os.geteuid() != 0:
        raise RuntimeError("needs, as root: apt-get install " + " ".join(packages))
    check(["apt-get", "update", "-qq"])
    check(["apt-get", "-o", "DPkg::Lock::Timeout=600", "install", "-y", "-qq", *packages],
          env={**os.environ, "DEBIAN_FRONTEND": "noninteractive"})


def virtual_environment(name, oldest, *packages):
    """Creates a virtual environment with the packages, unless there is one that has the first of them. The current versions of
    the packages need at least the version oldest of Python."""
    python = CACHE / name / "bin" / "python"
    if python.exists() and works(python, packages[0]):
        return
    interpreter = newer(oldest)
    if not interpreter:
        interpreter = sys.executable
        print(f"{name}: no Python {'.'.join(map(str, oldest))} or later was found, so pip installs an older version for Python "
              f"{platform.python_version()}", file=sys.stderr)
    print(f"installing {' '.join(packages)} into {python.parent.parent}", file=sys.stderr)
    check([interpreter, "-m", "venv", "--clear", CACHE / name])
    check([python, "-m", "pip", "install", "--quiet", *packages])


def newer(oldest):
    """A Python interpreter of at least this version, or None."""
    names = [sys.executable, "python3", *(f"python3.{minor}" for minor in range(oldest[1], oldest[1] + 4))]
    for name in filter(shutil.which, names):
        done = subprocess.run([name, "-c", f"import sys, venv; sys.exit(sys.version_info < {oldest})"], capture_output=True)
        if done.returncode == 0:
            return name
    return None


def go_build(directory, package, name, setting):
    """Builds a Go program with the compiler settings, once per run of the driver, and returns its path."""
    build = {k: setting[k] for k in BUILD_KEYS if k in setting}
    binary = CACHE / "bin" / "-".join([name, *build.values()])
    if binary in BUILT:
        return binary
    tags = ["-tags", build["-tags"]] if "-tags" in build else []
    variables = {k: v for k, v in build.items() if k != "-tags"}
    check(["go", "build", *tags, "-o", binary, package], cwd=directory, env={**environment({}), **variables})
    BUILT.add(binary)
    return binary


def install(program):
    """Installs or builds a program. Raises RuntimeError with the reason if this fails."""
    if program == "gaetrain":
        measure(program, {}, "dense", 16, 0.1)
    elif program == "pytorch-debian":
        debian(("torch", "python3-torch"), ("numpy", "python3-numpy"))
    elif program == "pytorch-pypi":
        virtual_environment("torch", (3, 10), "torch", "numpy")
    elif program == "jax":
        virtual_environment("jax", (3, 12), "jax")
    else:
        go_build(PEERS, f"./{program}", program, {})


def gaetrain():
    """Returns the path of gaetrain: $GAETRAIN or a new build."""
    return os.environ.get("GAETRAIN") or go_build(REPOSITORY, "./cmd/gaetrain", "gaetrain", {})


def environment(setting):
    clean = {k: v for k, v in os.environ.items() if not k.startswith(TUNING)}
    return {**clean, **FORCED, **{k: v for k, v in setting.items() if not k.startswith("-") and k not in BUILD_KEYS}}


def command(program, setting, model, batch, seconds):
    if program == "gaetrain":
        data = ["--dataset", f"array:{pictures.path(CACHE, *COLOUR[model])}", "--layout", "nhwc"] if model in COLOUR else []
        return [gaetrain(), "bench", *GAETRAIN[model], *data, "--batch-size", batch, "--seconds", seconds]
    start = {
        "pytorch-debian": lambda: [SYSTEM_PYTHON, PEERS / "torch_step.py"],
        "pytorch-pypi": lambda: [CACHE / "torch" / "bin" / "python", PEERS / "torch_step.py"],
        "jax": lambda: [CACHE / "jax" / "bin" / "python", PEERS / "jax_step.py"],
    }.get(program, lambda: [go_build(PEERS, f"./{program}", program, setting)])()
    flags = [k if v == "" else f"{k}={v}" for k, v in setting.items() if k.startswith("--")]
    return [*start, "--model", model, "--batch", batch, "--seconds", seconds, "--warmup", 10, *flags]


def measure(program, setting, model, batch, seconds):
    """Runs a peer once and returns its JSON with the setting. Raises RuntimeError or TimeoutExpired if it fails."""
    out = check(command(program, setting, model, batch, seconds), env=environment(setting), timeout=300)
    try:
        result = json.loads(out[out.index("{"):])
        return {**result, "milliseconds_per_step": float(result["milliseconds_per_step"]),
                "program": program, "setting": setting}
    except (ValueError, KeyError) as error:
        raise RuntimeError(f"{program} printed no result: {error}") from error
