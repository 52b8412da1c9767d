"""Uploads random models to a running server and holds its answers against a framework's.

Run one of the scripts beside this one: python pytorch_variants.py http://localhost:8080 [count] [seed]
"""

import dataclasses
import itertools
import json
import os
import re
import sys
import time
import traceback

import numpy as np
import requests
import safetensors.numpy

BINARY = "application/vnd.safetensors"


@dataclasses.dataclass
class Case:
    """A model and what its framework computes.

    files: name to bytes, together one model; variants of the same model are cases of their own.
    x: [batch, time, input], or ids [batch, time]. expected: of output, h, c; None is not compared.
    refused: a pattern of the answer's text, where the model is not servable.
    """

    name: str
    files: dict
    x: np.ndarray
    expected: dict
    config: dict = dataclasses.field(default_factory=dict)
    h: np.ndarray = None
    c: np.ndarray = None
    lengths: np.ndarray = None
    tolerance: float = 1e-5
    refused: str = None
    unused: str = "$^"
    gates: bool = True


class Failure(Exception):
    pass


class Server:
    def __init__(self, base):
        self.base = base.rstrip("/")
        self.http = requests.Session()
        self.numbers = itertools.count()

    def upload(self, path, case):
        parts = [("file", (name, data)) for name, data in case.files.items()]
        if case.config:
            parts.append(("config", (None, json.dumps(case.config), "application/json")))
        method = "POST" if path.endswith(":inspect") else "PUT"
        return self.http.request(method, self.base + path, files=parts)

    def run(self, case):
        inspected = self.upload("/v1/models:inspect", case)
        model = "v%d-%d" % (os.getpid(), next(self.numbers))
        put = self.upload(f"/v1/models/{model}/versions/1", case)
        if case.refused:
            for answer in (inspected, put):
                if answer.status_code != 422 or not re.search(case.refused, answer.text):
                    raise Failure(f"not refused: {answer.status_code} {answer.text[:300]}")
            return
        if put.status_code != 201:
            raise Failure(f"PUT {put.status_code} {put.text[:600]}")
        if inspected.status_code != 200:
            raise Failure(f"inspect {inspected.status_code} {inspected.text[:300]}")
        try:
            self.check_unused(case, inspected.json())
            self.check_answers(case, model)
        finally:
            self.http.delete(f"{self.base}/v1/models/{model}")

    @staticmethod
    def check_unused(case, inspected):
        unused = [name for name in inspected["unused_tensors"] if not re.search(case.unused, name)]
        if unused:
            raise Failure(f"unused {unused}")

    def check_answers(self, case, model):
        url = f"{self.base}/v1/models/{model}/unroll"
        tensors = {"x": case.x}
        body = {"x": case.x.tolist()}
        given = {name: getattr(case, name) for name in "hc" if getattr(case, name) is not None}
        if given:
            tensors.update(given)
            body["state"] = {name: value.tolist() for name, value in given.items()}
        if case.lengths is not None:
            tensors["lengths"] = case.lengths
            body["lengths"] = case.lengths.tolist()
        answer = self.http.post(url, json=body)
        if answer.status_code != 200:
            raise Failure(f"unroll {answer.status_code} {answer.text[:300]}")
        answer = answer.json()
        self.compare(case, "JSON", answer["output"], answer["state"])
        packed = safetensors.numpy.save({k: np.ascontiguousarray(v) for k, v in tensors.items()})
        answer = self.http.post(url, data=packed, headers={"Content-Type": BINARY, "Accept": BINARY})
        if answer.status_code != 200:
            raise Failure(f"binary unroll {answer.status_code} {answer.text[:300]}")
        answer = safetensors.numpy.load(answer.content)
        self.compare(case, "safetensors", answer["output"], answer)
        traced = self.http.post(url, json={**body, "trace": True})
        if traced.status_code != 200:
            raise Failure(f"trace {traced.status_code} {traced.text[:300]}")
        traced = traced.json()
        self.compare(case, "trace", traced["output"], traced["state"])
        view = self.http.get(f"{self.base}/v1/models/{model}").json()
        check_trace(case, traced["trace"], view)
        self.check_steps(case, model, view, body)

    def check_steps(self, case, model, view, body):
        """Steps in a row end where an unroll ends, where they can be taken at all."""
        if case.lengths is not None or case.expected.get("h") is None:
            return
        if any(layer["bidirectional"] or layer.get("go_backwards") for layer in view["layers"]):
            return
        state = body.get("state", {})
        for t in range(case.x.shape[1]):
            request = {"x": case.x[:, t].tolist(), "state": state}
            answer = self.http.post(f"{self.base}/v1/models/{model}/step", json=request)
            if answer.status_code != 200:
                raise Failure(f"step {answer.status_code} {answer.text[:300]}")
            state = answer.json()["state"]
        for name in "hc":
            close(case, "step " + name, state.get(name), case.expected.get(name))

    @staticmethod
    def compare(case, kind, output, state):
        close(case, f"{kind} output", output, case.expected.get("output"))
        for name in "hc":
            if case.expected.get(name) is not None:
                close(case, f"{kind} {name}", state[name], case.expected[name])


def close(case, what, actual, expected):
    if expected is None:
        return
    actual, expected = np.asarray(actual, "float64"), np.asarray(expected, "float64")
    same_rank = actual.ndim == expected.ndim
    if actual.size != expected.size or (same_rank and actual.shape != expected.shape):
        raise Failure(f"{what}: shape {actual.shape}, not {expected.shape}")
    difference = np.abs(actual.ravel() - expected.ravel()).max(initial=0)
    if not difference <= case.tolerance:
        raise Failure(f"{what}: differs by {difference}")


def check_trace(case, trace, view):
    """The gates give the new state, step by step (where nothing coupled or clipped them)."""
    cells = [layer for layer in view["layers"] for _ in range(2 if layer["bidirectional"] else 1)]
    if len(trace) != len(cells):
        raise Failure(f"{len(trace)} traces of {len(cells)} cells")
    steps = case.x.shape[1]
    for number, (gates, layer) in enumerate(zip(trace, cells)):
        gates = {name: np.asarray(values, "float64") for name, values in gates.items()}
        shape = (case.x.shape[0], steps, layer["hidden_size"])
        for name, values in gates.items():
            wanted = shape[:2] + (layer.get("projection_size") or shape[2],)
            if values.shape != (wanted if name == "hidden" else shape):
                raise Failure(f"trace {number} {name}: {values.shape}, not {shape}")
        if case.lengths is not None or not case.gates or layer.get("input_forget"):
            continue
        backward = layer.get("go_backwards") or (number > 0 and cells[number - 1] is layer)
        if layer["type"] == "rnn":
            continue
        is_gru = layer["type"] == "gru"
        kept, starts = (gates["hidden"], case.h) if is_gru else (gates["cell"], case.c)
        before = np.zeros_like(kept)
        start = starts.reshape(-1, *starts.shape[-2:])[number] if starts is not None else 0
        if backward:
            before[:, :-1], before[:, -1] = kept[:, 1:], start
        else:
            before[:, 1:], before[:, 0] = kept[:, :-1], start
        if is_gru:
            new = gates["update"] * before + (1 - gates["update"]) * gates["candidate"]
        else:
            new = gates["forget"] * before + gates["input"] * gates["candidate"]
        if layer.get("cell_clip"):
            new = np.clip(new, -layer["cell_clip"], layer["cell_clip"])
        difference = np.abs(new - kept).max(initial=0)
        if not difference <= 10 * case.tolerance:
            raise Failure(f"trace {number}: the gates differ from the new state by {difference}")


def main(generate):
    """generate(rng, count): an iterator of cases, or of functions that make one."""
    base = sys.argv[1]
    count = int(sys.argv[2]) if len(sys.argv) > 2 else 100
    seed = int(sys.argv[3]) if len(sys.argv) > 3 else int(time.time())
    server = Server(base)
    passed, failed = 0, 0
    print("seed", seed)
    for case in generate(np.random.default_rng(seed), count):
        try:
            server.run(case)
            passed += 1
        except Failure as failure:
            failed += 1
            print(f"FAILED {case.name} {case.config or ''}: {failure}", flush=True)
        except Exception:
            failed += 1
            print(f"FAILED {case.name} {case.config or ''}", flush=True)
            traceback.print_exc()
    print(f"{passed} passed, {failed} failed")
    sys.exit(1 if failed else 0)
