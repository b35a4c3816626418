"""Reads event files of gaetrain with TensorBoard, see run."""

import io
import json
import pathlib
import signal
import subprocess
import sys
import time
import urllib.parse

import numpy as np
import pandas
from PIL import Image
from google.protobuf import text_format
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from tensorboard.plugins.custom_scalar import layout_pb2
from tensorboard.plugins.hparams import metadata as hparams
from tensorboard.plugins.projector import projector_config_pb2
from tensorboard.util import tensor_util

from server import Server

SMALL = "--train-images 600 --test-images 100 --batch-size 50 --quiet".split()
counts = {True: 0, False: 0}


def check(name, ok, detail=""):
    counts[bool(ok)] += 1
    print(f"{'ok' if ok else 'FAILED'}: {name}{'' if ok else f': {str(detail)[:300]}'}", flush=True)


def guarded(function, *arguments):
    """Counts an exception as a failure."""
    try:
        function(*arguments)
    except Exception as e:  # any error of the libraries
        check(f"{function.__name__}{arguments[:1]}", False, f"{type(e).__name__}: {e}")


def records(run):
    return [json.loads(line) for line in open(run / "metrics.jsonl")]


def figures(run):
    """The figures of metrics.jsonl, by tag and step from the start of the run."""
    stages = [s["name"] for s in json.load(open(run / "run.json"))["stages"]]
    fixed = {"stage", "epoch", "step", "split", "seconds", "timestamp", "learning_rate"}
    table, before, last, stage = {}, 0, 0, stages[0]
    for r in records(run):
        if r["stage"] != stage:
            stage, before, last = r["stage"], before + last, 0
        last = r["step"]
        values = {k: v for k, v in r.items() if isinstance(v, (int, float)) and k not in fixed} | r.get("measures", {})
        end = "" if stage == stages[-1] else "/" + stage
        for name, value in values.items():
            table.setdefault(f"{name}/{r['split']}{end}", {})[before + last] = value
        if r["split"] == "train":
            table.setdefault("learning_rate" + end, {})[before + last] = r["learning_rate"]
    return table


def tensors(run):
    """The tensors of the last checkpoint."""
    data = open(run / "checkpoint/last.safetensors", "rb").read()
    end = 8 + int.from_bytes(data[:8], "little")
    header = json.loads(data[8:end])
    header.pop("__metadata__")
    named = {k: np.frombuffer(data[end + h["data_offsets"][0] : end + h["data_offsets"][1]], "<f4") for k, h in header.items()}
    return {k: v for k, v in named.items() if not k.startswith("solver/")}


def accumulate(folder):
    events = EventAccumulator(str(folder), size_guidance={"scalars": 0, "images": 0, "tensors": 0})
    return events.Reload()


def scalars(name, events, run):
    want = figures(run)
    got = {tag: events.Scalars(tag) for tag in events.Tags()["scalars"]}
    check(f"{name}: tags of scalars", set(got) == set(want), set(got) ^ set(want))
    for tag, values in got.items():
        pairs = {e.step: e.value for e in values}
        if len(pairs) != len(values) or pairs.keys() != want[tag].keys():
            return check(f"{name}: steps of {tag}", False, [e.step for e in values])
        wrong = {s: v for s, v in pairs.items() if v != np.float32(want[tag][s])}
        if wrong:
            return check(f"{name}: values of {tag}", False, wrong)
    check(f"{name}: {sum(map(len, got.values()))} scalars are those of metrics.jsonl", True)
    last = records(run)[-1]
    check(f"{name}: wall time", got["loss/test"][-1].wall_time == pandas.Timestamp(last["timestamp"]).timestamp())


def pictures(name, events, run, kinds):
    tags = events.Tags()["images"]
    check(f"{name}: pictures", set(kinds) <= set(tags), tags)
    files = {p.read_bytes() for p in (run / "pictures").glob("*.png")}
    for tag in tags:
        for e in events.Images(tag):
            data = e.encoded_image_string
            size = Image.open(io.BytesIO(data)).size
            if data not in files or size != (e.width, e.height):
                return check(f"{name}: {tag} at step {e.step}", False, (size, e.width, e.height))
    check(f"{name}: {sum(len(events.Images(t)) for t in tags)} pictures are those of the run folder", True)


def histogram(events, tag):
    return [(e.step, tensor_util.make_ndarray(e.tensor_proto)) for e in events.Tensors(tag)]


def histograms(name, events, run, epochs):
    for tag, values in tensors(run).items():
        h = histogram(events, tag)
        step, rows = h[-1]
        total, low, high = rows[:, 2].sum(), rows[0, 0], rows[-1, 1]
        if values.min() == values.max():
            low, high = low + 0.5, high - 0.5
        if len(h) != epochs or any(r[:, 2].sum() != values.size for _, r in h) or (low, high) != (values.min(), values.max()):
            return check(f"{name}: histogram of {tag}", False, (len(h), total, values.size, low, high, values.min(), values.max()))
    check(f"{name}: histograms of {len(tensors(run))} parameters are those of the last checkpoint", True)
    code, of = histogram(events, "code/all")[-1][1], histogram(events, "code/0")[-1][1]
    check(f"{name}: histograms of codes", code[:, 2].sum() == 8 * of[:, 2].sum() == 800, code)


def settings(name, events, run):
    content = events.SummaryMetadata("_hparams_/session_start_info").plugin_data.content
    got = {k: getattr(v, v.WhichOneof("kind")) for k, v in hparams.parse_session_start_info_plugin_data(content).hparams.items()}
    want = {k: s["value"] for k, s in json.load(open(run / "run.json"))["configuration"].items()}
    simple = {k: v for k, v in got.items() if not isinstance(want[k], list)}
    check(f"{name}: {len(got)} hyperparameters", len(got) > 15 and all(want[k] == v for k, v in simple.items()), got)
    check(f"{name}: hyperparameters that change no weights are left out", not got.keys() & {"run", "pictures", "tensorboard", "data-dir"})
    content = events.SummaryMetadata("_hparams_/session_end_info").plugin_data.content
    check(f"{name}: the session has ended", hparams.parse_session_end_info_plugin_data(content).status == 1)
    layout = layout_pb2.Layout.FromString(events.Tensors("custom_scalars__config__")[-1].tensor_proto.string_val[0])
    check(f"{name}: layout of charts", "^loss/(train|validation|test)$" in [c.multiline.tag[0] for c in layout.category[0].chart], layout)


def projector(name, folder, rows, size):
    config = text_format.Parse((folder / "projector_config.pbtxt").read_text(), projector_config_pb2.ProjectorConfig())
    of = config.embeddings[0]
    codes = np.loadtxt(folder / of.tensor_path, delimiter="\t", ndmin=2)
    names = pandas.read_csv(folder / of.metadata_path, sep="\t")
    sprite = Image.open(folder / of.sprite.image_path)
    side = int(np.ceil(np.sqrt(rows)))
    check(f"{name}: {rows} codes with names for the projector", codes.shape == (rows, size) and len(names) == rows and list(names) == ["class", "index"])
    check(f"{name}: sprites", sprite.size == (side * 28, side * 28) and list(of.sprite.single_image_dim) == [28, 28], sprite.size)


def table(name, run):
    got = pandas.read_csv(run / "metrics.csv", index_col="step", parse_dates=["timestamp"])
    want = figures(run)
    check(f"{name}: metrics.csv", got.index.is_monotonic_increasing and str(got.timestamp.dtype).startswith("datetime64") and got.stage.notna().all())
    for tag, values in want.items():
        figure, *split = tag.split("/")
        column = figure if figure == "learning_rate" else f"{split[0]}/{figure}"
        if any(got[column][s] != v for s, v in values.items()):
            return check(f"{name}: column {column} of metrics.csv", False, got[column])
    check(f"{name}: figures of metrics.csv are those of metrics.jsonl", True)


def killed(program, run):
    """Kills a run while it trains, and resumes it."""
    words = [program, "train", "--model", "dense", "--hidden", "64", "--code", "2", "--epochs", "60", "--pictures", "0", "--tensorboard", *SMALL, "--run", run]
    process = subprocess.Popen(words, stdout=subprocess.DEVNULL)
    while process.poll() is None and (not (run / "metrics.jsonl").exists() or len(records_so_far(run)) < 30):
        time.sleep(0.002)
    process.send_signal(signal.SIGKILL)
    code = process.wait()
    subprocess.run([*words, "--resume"], check=True, stdout=subprocess.DEVNULL)
    check("the killed run was killed", code == -signal.SIGKILL, code)


def records_so_far(run):
    return (run / "metrics.jsonl").read_bytes().splitlines()


def train(program, run, *words):
    subprocess.run([program, "train", *words, *SMALL, "--run", run], check=True, stdout=subprocess.DEVNULL)


def main():
    program, work = sys.argv[1], pathlib.Path(sys.argv[2])
    runs = work / "runs"
    train(program, runs / "vae", "--model", "vae", "--hidden", "32", "--code", "8", "--epochs", "3", "--tensorboard")
    train(program, runs / "stacked", "--model", "stacked", "--hidden", "32", "--code", "8", "--epochs", "2", "--pretrain-epochs", "2", "--pictures", "0", "--tensorboard")
    killed(program, runs / "killed")
    train(program, work / "old", "--model", "vae", "--hidden", "32", "--code", "8", "--epochs", "3")
    subprocess.run([program, "report", "--run", work / "old", "--tensorboard", runs], check=True, stdout=subprocess.DEVNULL)
    for name, folder, run in [(n, runs / n / "tensorboard", runs / n) for n in ("vae", "stacked", "killed")] + [("old", runs / "old", work / "old")]:
        events = accumulate(folder)
        guarded(scalars, name, events, run)
        guarded(table, name, run)
        guarded(settings, name, events, run)
        if name != "killed":
            guarded(histograms, name, events, run, {"vae": 4, "stacked": 7, "old": 1}[name])
            guarded(projector, name, folder, 100, 8)
        if name in ("vae", "old"):
            guarded(pictures, name, events, run, ["reconstructions", "samples", "filters"])
    for fast in (True, False):
        with Server(runs, fast) as server:
            guarded(served, server, runs, work)
    guarded(live, program, work / "live")
    print(f"{counts[True]} passed, {counts[False]} failed")
    sys.exit(counts[False] > 0)


def served(server, runs, work):
    """Reads the same through the HTTP interface of the server."""
    how = "fast loader" if server.fast else "plain loader"
    names = {"vae/tensorboard": runs / "vae", "stacked/tensorboard": runs / "stacked", "killed/tensorboard": runs / "killed", "old": work / "old"}
    check(f"{how}: runs", server.wait("data/runs", lambda got: set(got) == set(names)))
    for name, run in names.items():
        want = figures(run)["loss/test"]
        place = "data/plugin/scalars/scalars?" + urllib.parse.urlencode({"run": name, "tag": "loss/test"})
        server.wait(place, lambda got: len(got) >= len(want))
        got = server.get(place)
        check(f"{how}: scalars of {name}", {s: np.float32(v) for _, s, v in got} == {s: np.float32(v) for s, v in want.items()} and len(got) == len(want), got)
    got = server.get("data/plugin/histograms/histograms", run="vae/tensorboard", tag="encoder/1/weights")
    check(f"{how}: histograms", [s for _, s, _ in got] == [0, 11, 22, 33] and all(sum(b[2] for b in rows) == 784 * 32 for *_, rows in got), got)
    got = server.get("data/plugin/images/images", run="vae/tensorboard", tag="reconstructions", sample="0")
    shown = [server.fetch("data/plugin/images/individualImage?" + e["query"]) for e in got]
    check(f"{how}: pictures", shown == [(runs / f"vae/pictures/reconstructions-{e:04}.png").read_bytes() for e in range(4)], got)
    experiment = server.post("data/plugin/hparams/experiment", {"experimentName": ""})
    groups = server.post("data/plugin/hparams/session_groups", {
        "experimentName": "", "allowedStatuses": ["STATUS_UNKNOWN", "STATUS_SUCCESS", "STATUS_FAILURE", "STATUS_RUNNING"], "colParams": [{"hparam": "model"}], "startIndex": 0, "sliceSize": 100,
    })["sessionGroups"]
    check(f"{how}: hyperparameters of all runs", {i["name"] for i in experiment["hparamInfos"]} >= {"model", "beta", "pretrain-epochs", "learning-rate"}, experiment)
    check(f"{how}: sessions", sorted(g["hparams"]["model"] for g in groups) == ["dense", "stacked", "vae", "vae"] and all(g["sessions"][0]["status"] == "STATUS_SUCCESS" for g in groups), groups)
    metrics = {(m["name"]["group"], m["name"]["tag"]) for m in experiment["metricInfos"]}
    check(f"{how}: figures of the sessions", ("", "loss/test") in metrics, metrics)
    check(f"{how}: layout of charts", server.get("data/plugin/custom_scalars/layout")["category"][0]["chart"][0]["title"].startswith("loss ("))
    check(f"{how}: runs of the projector", set(server.get("data/plugin/projector/runs")) == set(names))
    codes = np.frombuffer(server.fetch("data/plugin/projector/tensor", run="old", name="codes"), np.float32).reshape(100, 8)
    check(f"{how}: codes of the projector", np.array_equal(codes, np.loadtxt(runs / "old/codes.tsv", dtype=np.float32)))
    check(f"{how}: names of the projector", server.fetch("data/plugin/projector/metadata", run="old", name="codes").count(b"\n") == 101)
    sprite = server.fetch("data/plugin/projector/sprite_image", run="old", name="codes")
    check(f"{how}: sprites of the projector", Image.open(io.BytesIO(sprite)).size == (280, 280))


def live(program, run):
    """Reads the figures of a run that is training."""
    words = [program, "train", "--model", "dense", "--hidden", "32", "--code", "4", "--epochs", "100000", "--pictures", "0", "--tensorboard", *SMALL, "--run", run]
    process = subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        with Server(run, True) as server:
            counts = []
            grown = server.wait("data/plugin/scalars/scalars?run=tensorboard&tag=loss/test", lambda got: counts.append(len(got)) or counts[-1] > min(counts), 60)
            check("live: TensorBoard shows new epochs while the run trains", grown and process.poll() is None, counts)
    finally:
        process.terminate()
        check("live: the run stops with a checkpoint", process.wait() == 75)


main()
