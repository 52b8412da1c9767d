"""Writes one folder a case: the files of a model, and case.json with what its framework computes.

Each script beside this one makes the cases of one framework; run it with the framework installed,
from this folder: python pytorch_cases.py
"""

import json
import pathlib

import numpy as np

ROOT = pathlib.Path(__file__).parent.parent / "resources" / "golden"


def folder(name):
    path = ROOT / name
    path.mkdir(parents=True, exist_ok=True)
    return path


def tensor(array):
    array = np.asarray(array)
    return {"shape": list(array.shape), "data": array.reshape(-1).tolist()}


def write(name, note, files, config, inputs, expected, unused=(), tolerance=1e-5):
    case = {
        "note": note,
        "files": files,
        "inputs": {key: tensor(value) for key, value in inputs.items()},
        "expected": {key: tensor(value) for key, value in expected.items()},
        "tolerance": tolerance,
        "config": config,
        "unused": list(unused),
    }
    (folder(name) / "case.json").write_text(json.dumps(case) + "\n")
