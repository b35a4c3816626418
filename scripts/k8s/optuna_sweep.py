#!/usr/bin/env python3
"""Optuna chooses settings, and gaetrain trains with them and writes metrics.json.

    pip install optuna==5.0.0
    export GAETRAIN_MODEL=vae GAETRAIN_EPOCHS=20
    python3 scripts/k8s/optuna_sweep.py gaetrain train
    GAETRAIN_OUT=/runs python3 scripts/k8s/optuna_sweep.py docker run --rm --read-only \
        --user $(id -u) -v $PWD/optuna:/runs -e GAETRAIN_MODEL -e GAETRAIN_EPOCHS -e GAETRAIN_RUN \
        -e GAETRAIN_RESUME -e GAETRAIN_LEARNING_RATE -e GAETRAIN_CODE IMAGE

The arguments are a command that trains one model. OPTUNA_RUNS is the folder of the runs and
GAETRAIN_OUT is the same folder in the container. OPTUNA_TRIALS is the number of trials.
"""
import json, os, pathlib, subprocess, sys

import optuna

runs = pathlib.Path(os.environ.get("OPTUNA_RUNS", "optuna"))
inside = os.environ.pop("GAETRAIN_OUT", str(runs))


def objective(trial):
    name = f"{trial.number:03}"
    settings = {
        "GAETRAIN_LEARNING_RATE": str(trial.suggest_float("learning-rate", 1e-4, 1e-2, log=True)),
        "GAETRAIN_CODE": str(trial.suggest_categorical("code", [8, 16, 32])),
        "GAETRAIN_RUN": f"{inside}/{name}",
        "GAETRAIN_RESUME": "true",
    }
    code = 75
    while code == 75:  # stopped with a checkpoint: the same command continues
        code = subprocess.run(sys.argv[1:], env=os.environ | settings, stdout=subprocess.DEVNULL).returncode
    if code == 4:
        raise optuna.TrialPruned("training diverged")
    if code != 0:
        sys.exit(f"gaetrain ended with code {code}")
    return json.loads((runs / name / "metrics.json").read_text())["best"]["validation"]["loss"]


runs.mkdir(parents=True, exist_ok=True)
study = optuna.create_study(study_name="gaetrain", storage=f"sqlite:///{runs}/optuna.db", load_if_exists=True)
study.optimize(objective, n_trials=int(os.environ.get("OPTUNA_TRIALS", "20")))
print(f"trial {study.best_trial.number}: validation loss {study.best_value:.4g}, {study.best_params}")
