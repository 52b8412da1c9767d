"""The golden cases of a folder, as they lie there: golden_variants.py URL FOLDER"""

import json
import pathlib
import sys

import numpy as np

from serving import Case, main

ROOT = pathlib.Path(sys.argv.pop(2))


def array(tensor, kind="float32"):
    return np.array(tensor["data"], kind).reshape(tensor["shape"])


def cases(folder):
    case = json.loads((folder / "case.json").read_text())
    given, expected = case["inputs"], {k: array(v) for k, v in case["expected"].items()}
    files = {name: (folder / name).read_bytes() for name in case["files"]}
    checkpoint = {name: data for name, data in files.items() if ".ckpt." in name}
    models = [{name: data} for name, data in files.items() if name not in checkpoint]
    models += [checkpoint] if checkpoint else []
    lengths = None
    if "X" in given:
        first = "layout=1" in case["note"]
        x = array(given["X"]) if first else array(given["X"]).transpose(1, 0, 2)
        turn = (lambda s: s.transpose(1, 0, 2)) if first else (lambda s: s)
        h, c = turn(array(given["h0"])), turn(array(given["c0"]))
        if "lens" in given:
            lengths = array(given["lens"], "int32")
        y = expected["Y"] if first else expected["Y"].transpose(2, 0, 1, 3)
        expected = {"y": y.reshape(*y.shape[:2], -1), "h": turn(expected["Y_h"]),
                    "c": turn(expected["Y_c"])}
    else:
        ids = given.get("ids")
        if ids is None and len(given["x"]["shape"]) == 2 and folder.name.startswith("keras"):
            ids = given["x"]
        x = array(ids, "int64") if ids else array(given["x"])
        h, c = (array(given[n]) if n in given else None for n in ("h0", "c0"))
    for model in models:
        plain = {"output": expected.get("y", expected.get("logits")), "h": expected.get("h"),
                 "c": expected.get("c")}
        name = folder.name + " " + " ".join(model)
        config = case.get("config") or {}
        kinds = dict(config=config, h=h, c=c, tolerance=case["tolerance"], gates="coupled" not in case["note"])
        if folder.name == "notebook-cell":
            continue
        yield Case(name, model, x, plain, lengths=lengths, **kinds)
        if "y_lengths" in expected:
            by_lengths = {"output": expected["y_lengths"], "h": expected["h_lengths"],
                          "c": expected["c_lengths"]}
            yield Case(name + " lengths", model, x, by_lengths,
                       lengths=array(given["lengths"], "int64"), **kinds)


main(lambda rng, count: (c for f in sorted(ROOT.iterdir()) if f.is_dir() for c in cases(f)))
