"""Writes random models, with what a framework computes of them, as golden-networks has its cases.

mvn test -Dtest=GoldenNetworkTest -Dgolden.networks=FOLDER holds importers and kernels against them.
"""

import json
import pathlib
import sys

import numpy as np


def tensor(values):
    values = np.asarray(values)
    return {"shape": list(values.shape), "data": [float(v) for v in values.ravel()]}


def write(folder, name, files, inputs, expected, config=None, tolerance=2e-5, note=""):
    """files: name to bytes, each the whole model. inputs, expected: name to array."""
    case = pathlib.Path(folder) / name
    case.mkdir(parents=True, exist_ok=True)
    for file, data in files.items():
        (case / file).write_bytes(data)
    golden = {
        "note": note,
        "files": list(files),
        "inputs": {k: tensor(v) for k, v in inputs.items()},
        "expected": {k: tensor(v) for k, v in expected.items()},
        "relative_tolerance": tolerance,
    }
    if config:
        golden["config"] = config
    (case / "case.json").write_text(json.dumps(golden))


def main(generate):
    """generate(rng) makes one case, write's arguments but for the first two, or None."""
    folder, count = sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 100
    seed = int(sys.argv[3]) if len(sys.argv) > 3 else int(np.random.SeedSequence().entropy % (1 << 31))
    print("seed", seed)
    made = 0
    for number in range(count):
        case = generate(np.random.default_rng([seed, number]))
        if case is not None:
            write(folder, f"{seed}-{number:05d}", **case)
            made += 1
    print(made, "cases in", folder)
