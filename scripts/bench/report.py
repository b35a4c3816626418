"""The printed report: the machine, and Markdown tables."""

import os
import platform
import statistics
from pathlib import Path

import programs
import search


def machine():
    fields = {}
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        key, _, value = line.partition(":")
        fields.setdefault(key.strip(), value.strip())
    flags = fields.get("flags", fields.get("Features", "")).split()
    isa = [f for f in ("sse4_2", "avx", "fma", "avx2", "avx512f", "avx512_bf16", "amx_tile", "asimd", "sve") if f in flags]
    return {"cpu": fields.get("model name", platform.processor()), "family": fields.get("cpu family", ""),
            "model": fields.get("model", ""), "cores": os.cpu_count(), "isa": " ".join(isa),
            "kernel": platform.release(), "load_average": os.getloadavg()[0]}


def describe_machine(m):
    return (f"{m['cpu']} (family {m['family']}, model {m['model']}), {m['cores']} cores, {m['isa']}; "
            f"Linux {m['kernel']}; load average at the start {m['load_average']:.2f}")


def table(header, rows):
    lines = ["| " + " | ".join(header) + " |", "|" + "---|" * len(header)]
    return "\n".join(lines + ["| " + " | ".join(r) + " |" for r in rows])


def cases(results, key, best):
    """{(program, model, batch): [(best of the key over rounds, settings)]}, fastest first."""
    found = {}
    for r in results:
        case = (r["program"], r["model"], r["batch"])
        found.setdefault(case, {}).setdefault(search.describe(r["setting"]), []).append(float(r[key]))
    return {case: sorted((best(times), setting) for setting, times in settings.items()) for case, settings in found.items()}


def steps(results, names, models, batches):
    """The tables of milliseconds, and the fastest settings."""
    found = cases(results, "milliseconds_per_step", statistics.median)
    columns = []
    for name in names:
        searched = name != "gaetrain" and any(len(found.get((name, m, b), [])) > 1 for m in models for b in batches)
        columns += [(name, "plain"), (name, "best")] if searched else [(name, "")]
    notes = [[model, str(batch), name, found[name, model, batch][0][1]] for model in models for batch in batches
             for name, which in columns if which == "best" and (name, model, batch) in found]
    versions = {r["program"]: r.get("version", "") for r in results}
    text = ["Milliseconds per whole training step; in brackets the ratio gaetrain/peer (below 1: gaetrain is faster).",
            "", grid(found, columns, models, batches),
            "", "The fastest step of all rounds, which other work on the machine affects least:",
            "", grid(cases(results, "milliseconds_minimum", min), columns, models, batches), "",
            "Versions: " + "; ".join(f"{n} {v}" for n, v in versions.items() if v), ""]
    if notes:
        text += [table(["model", "batch", "program", "best setting"], notes), "",
                 "malloc: " + " ".join(f"{k}={v}" for k, v in programs.MALLOC.items()), ""]
    return "\n".join(text)


def grid(found, columns, models, batches):
    """A row for each model and batch size, and a column for each program."""
    rows = []
    for model in models:
        for batch in batches:
            ours = found.get(("gaetrain", model, batch))
            row = [model, str(batch)]
            for name, which in columns:
                settings = [s for s in found.get((name, model, batch), []) if which != "plain" or s[1] == "plain"]
                row.append(cell(settings, ours if name != "gaetrain" else None))
            rows.append(row)
    return table(["model", "batch"] + [f"{n} {w}".strip() for n, w in columns], rows)


def cell(settings, ours):
    if not settings:
        return "–"
    time = settings[0][0]
    return f"{time:.2f}" + (f" ({ours[0][0] / time:.2f})" if ours else "")


def gemm(results):
    """GFLOP/s for each product: {column: {(operation, m, n, k): rate}}."""
    products = list(dict.fromkeys(p for column in results.values() for p in column))
    rows = [[op.upper(), f"{m}×{n}×{k}"] + [f"{c[(op, m, n, k)]:.0f}" if (op, m, n, k) in c else "–"
                                            for c in results.values()] for op, m, n, k in products]
    return "GFLOP/s of float32 products m×n×k (N plain, T transposed).\n\n" + table(["", "m×n×k", *results], rows) + "\n"


def jobs(results):
    """Wall time and peak memory of whole jobs: [{program, seconds, megabytes, reconstruction}]."""
    rows = []
    for name in dict.fromkeys(r["program"] for r in results):
        runs = [r for r in results if r["program"] == name]
        rows.append([name] + [f"{statistics.median(r[k] for r in runs):.{d}f}"
                              for k, d in (("seconds", 2), ("megabytes", 0))])
    return ("Read Fashion-MNIST, train one epoch of 784-512-256-32 and back (batch 128, Adam), evaluate, save.\n\n"
            + table(["program", "seconds", "peak MB"], rows) + "\n")
