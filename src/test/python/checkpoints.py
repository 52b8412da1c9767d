"""Writes PyTorch checkpoints with objects beside the state dict, of kinds that training loops leave there.

python src/test/python/checkpoints.py src/test/resources/checkpoints
"""

import argparse
import collections
import datetime
import enum
import os
import pathlib
import sys
import types
import zipfile

import numpy as np
import torch
from torch import nn


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.lstm = nn.LSTM(3, 4, batch_first=True)
        self.fc = nn.Linear(4, 2)

    def forward(self, x):
        return self.fc(self.lstm(x)[0])


class Color(enum.Enum):
    RED = 1


class Config(dict):
    pass


class Hold:
    """An object with one tensor."""

    def __init__(self, weight):
        self.weight = weight


class Evil:
    def __reduce__(self):
        return os.system, ("true",)


def net():
    torch.manual_seed(1)
    return Net().eval()


def objects():
    return dict(
        scalars=[np.float64(1.5), np.int64(3), np.bool_(True), 1 + 2j, 10**40, None, Ellipsis],
        arrays=[np.arange(6.0).reshape(2, 3), np.array(["a"]), np.array([{"a": 1}], dtype=object),
                np.array(["2020-01-01"], dtype="datetime64[D]"), np.zeros(2, dtype=[("x", "f4")])],
        numpy=[np.dtype("f4"), np.random.RandomState(1).get_state(), np.random.default_rng(1)],
        arguments=argparse.Namespace(a=1, folder=pathlib.Path("/data")),
        paths=[pathlib.PurePosixPath("a"), pathlib.PureWindowsPath("c:\\a")],
        times=[datetime.datetime(2024, 1, 2), datetime.date(2024, 1, 2), datetime.timedelta(1), datetime.timezone.utc],
        sets=[{1, 2}, frozenset({1})],
        dicts=[collections.OrderedDict(a=1), collections.defaultdict(list, a=[1]), collections.Counter("ab"), Config(a=1)],
        others=[collections.deque([1]), Color.RED, b"abc", bytearray(b"x"), slice(1, 2), range(3), types.SimpleNamespace(a=1)],
        names=[Config, os.path.join],
        torch=[torch.Size([1, 2]), torch.float32, torch.device("cpu"), torch.strided, torch.tensor(0.5), torch.arange(3)],
        deep=[[[{"a": (1, [2])}]]])


def trained():
    model = net()
    optimizer = torch.optim.Adam(model.parameters(), lr=0)
    model(torch.ones(1, 2, 3)).sum().backward()
    optimizer.step()
    return dict(model=model.state_dict(), optimizer=optimizer.state_dict(), rng_state=torch.get_rng_state(), loss=torch.tensor(0.5))


def on_gpu(source, target):
    """The file as older releases wrote it from a GPU: its storages were of classes of their own."""
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(target, "w") as new:
        for name in old.namelist():
            content = old.read(name)
            if name.endswith("data.pkl"):
                content = content.replace(b"ctorch\nFloatStorage\n", b"ctorch.cuda\nFloatStorage\n")
            new.writestr(name, content)


def main(folder):
    os.makedirs(folder, exist_ok=True)

    def save(name, thing, **options):
        torch.save(thing, os.path.join(folder, name), **options)

    state = net().state_dict()
    save("good.pt", dict(state))
    for protocol, old in ((2, False), (4, True), (5, False)):
        name = f"objects-{protocol}-{'old' if old else 'new'}.pt"
        save(name, dict(state_dict=state, hyper_parameters=objects(), arguments=argparse.Namespace(a=1), labels={"a", "b"}),
             pickle_protocol=protocol, _use_new_zipfile_serialization=not old)
    model = net()
    save("module-in-hparams.pt", dict(state_dict=model.state_dict(), hyper_parameters=dict(net=model)))
    save("train.pt", trained())
    save("beside-mean.pt", dict(model=state, mean=torch.ones(3), std=torch.ones(3) * 2))
    save("nested-opaque.pt", {**state, "norm": Hold(torch.ones(4))})
    save("opaque-model.pt", dict(model=Hold(state)))
    save("numpy-weight.pt", {**state, "norm.weight": np.ones(4, np.float32)})
    on_gpu(os.path.join(folder, "good.pt"), os.path.join(folder, "gpu.pt"))
    save("evil.pt", dict(state_dict=state, x=Evil()))
    save("sparse.pt", {**state, "fc.weight": state["fc.weight"].to_sparse()})
    save("neg.pt", {**state, "fc.bias": torch._neg_view(state["fc.bias"])})
    quantised = torch.ao.quantization.quantize_dynamic(net(), {nn.LSTM, nn.Linear}, dtype=torch.qint8)
    save("quant-state.pt", quantised.state_dict())
    torch.jit.save(torch.jit.trace(net(), torch.ones(1, 2, 3)), os.path.join(folder, "script.pt"))


if __name__ == "__main__":
    main(sys.argv[1])
