"""The search for each peer's best settings. The best ones are kept in settings.json and measured again in every run."""

import json
import statistics
import sys
from subprocess import TimeoutExpired

import programs

KEEP = 3


def file():
    return programs.HERE / ("settings-avx2.json" if programs.FORCED else "settings.json")


def load():
    return json.loads(file().read_text()) if file().exists() else {}


def best(stored, program, model, batch, top=KEEP):
    """The stored settings for a case. For another batch size, those of the nearest size; without a search, the known starts."""
    batches = stored.get(program, {}).get(model, {})
    if not batches:
        return programs.starts(program, model)[:top]
    nearest = min(batches, key=lambda b: abs(int(b) - batch))
    return batches[nearest][:top]


def milliseconds(program, setting, model, batch, seconds):
    """The faster of two runs, because other work on the machine only makes a run slower."""
    try:
        time = min(programs.measure(program, setting, model, batch, seconds / 2)["milliseconds_per_step"]
                   for _ in range(2))
    except (RuntimeError, TimeoutExpired) as error:  # this version or machine does not have the setting
        print(f"            {describe(setting)}: {str(error)[:120]}", file=sys.stderr)
        return float("inf")
    print(f"  {time:8.2f}  {describe(setting)}", file=sys.stderr)
    return time


def describe(setting):
    short = {k: v for k, v in setting.items() if k not in programs.MALLOC}
    words = [k if v == "" else f"{k}={v}" for k, v in short.items()]
    return " ".join(words + (["malloc"] if len(short) < len(setting) else [])) or "plain"


def search(program, model, batch, seconds):
    """Tries the axes one after the other and keeps the fastest setting. Then measures the best few again, interleaved."""
    print(f"{program}, {model}, batch {batch}: milliseconds per step", file=sys.stderr)
    tried = []

    def attempt(setting):
        if setting not in [s for _, s in tried]:
            tried.append((milliseconds(program, setting, model, batch, seconds), setting))

    def fastest(count):
        return [s for t, s in sorted(tried, key=lambda t: t[0])[:count] if t < float("inf")]

    for setting in [{}] + programs.starts(program, model):
        attempt(setting)
    for axis in programs.axes(program, model):
        current = (fastest(1) or [{}])[0]
        for option in axis:
            attempt({**current, **option})

    finalists = fastest(2 * KEEP)
    times = [[] for _ in finalists]
    for _ in range(3):
        for setting, record in zip(finalists, times):
            record.append(milliseconds(program, setting, model, batch, seconds))
    order = sorted(range(len(finalists)), key=lambda i: statistics.median(times[i]))
    return [finalists[i] for i in order[:KEEP]]


def run(names, models, batches, seconds):
    """Searches every case and saves after each. An interrupted search keeps its results."""
    for model in models:
        for batch in batches:
            for program in names:
                if not programs.PROGRAMS[program] or not programs.has(program, model):
                    continue
                winners = search(program, model, batch, seconds)
                stored = load()
                stored.setdefault(program, {}).setdefault(model, {})[str(batch)] = winners
                file().write_text(json.dumps(stored, indent=1, sort_keys=True) + "\n")
