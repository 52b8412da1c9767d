"""Real networks at real sizes: upload and requests, beside ONNX Runtime on the same network.

    python src/test/python/whole_networks.py http://localhost:8080 [rounds [process of the server]]
    python src/test/python/whole_networks.py target/networks

The second writes the ONNX files into a folder and asks nobody: mvn -q -Pbench verify -Dbench=networks reads them.

Makes each network with PyTorch, exports it to ONNX, uploads the state dict with its recipe and the ONNX
file, and asks the server and ONNX Runtime (in this process, without a server) in turn, one request at a time.
Every answer is held against PyTorch's. Needs torch, onnx, onnxruntime, numpy.
"""

import http.client
import json
import pathlib
import statistics
import struct
import sys
import tempfile
import time
import urllib.parse

import numpy as np
import onnxruntime
import torch
from torch import nn

SERVER = sys.argv[1] if len(sys.argv) > 1 else "http://localhost:8080"
ROUNDS = int(sys.argv[2]) if len(sys.argv) > 2 else 50
PROCESS = sys.argv[3] if len(sys.argv) > 3 else None
CONNECTION = http.client.HTTPConnection(urllib.parse.urlsplit(SERVER).netloc)


class SpeechCommands(nn.Module):
    """One second of 40 mel bands: two convolutions, two LSTM layers, 35 words."""

    forward_recipe = ["transpose", "conv1(padding=2)", "relu", "max_pool(2)", "conv2(padding=1)", "relu",
                      "transpose", "lstm", "last", "fc"]
    shape = (1, 101, 40)

    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv1d(40, 64, 5, padding=2)
        self.conv2 = nn.Conv1d(64, 128, 3, padding=1)
        self.lstm = nn.LSTM(128, 256, 2, batch_first=True)
        self.fc = nn.Linear(256, 35)

    def forward(self, x):
        x = torch.relu(self.conv1(x.transpose(1, 2)))
        x = nn.functional.max_pool1d(x, 2)
        x = torch.relu(self.conv2(x)).transpose(1, 2)
        return self.fc(self.lstm(x)[0][:, -1])


class Autoencoder(nn.Module):
    """A window of 60 steps of 8 sensors through 64 numbers and back."""

    forward_recipe = ["encoder", "last", "repeat(60)", "decoder", "out"]
    shape = (1, 60, 8)

    def __init__(self):
        super().__init__()
        self.encoder = nn.LSTM(8, 64, batch_first=True)
        self.decoder = nn.LSTM(64, 64, batch_first=True)
        self.out = nn.Linear(64, 8)

    def forward(self, x):
        code = self.encoder(x)[0][:, -1]
        return self.out(self.decoder(code.unsqueeze(1).repeat(1, 60, 1))[0])


class CrnnHead(nn.Module):
    """What reads text from 100 columns of image features (Shi et al. 2015)."""

    forward_recipe = ["rnn1", "fc1", "rnn2", "fc2"]
    shape = (1, 100, 512)

    def __init__(self):
        super().__init__()
        self.rnn1 = nn.LSTM(512, 256, bidirectional=True, batch_first=True)
        self.fc1 = nn.Linear(512, 256)
        self.rnn2 = nn.LSTM(256, 256, bidirectional=True, batch_first=True)
        self.fc2 = nn.Linear(512, 37)

    def forward(self, x):
        return self.fc2(self.rnn2(self.fc1(self.rnn1(x)[0]))[0])


class Tagger(nn.Module):
    """30,000 words, 50 tags."""

    forward_recipe = ["embedding", "lstm", "fc"]
    shape = (1, 60)

    def __init__(self):
        super().__init__()
        self.embedding = nn.Embedding(30_000, 300)
        self.lstm = nn.LSTM(300, 256, 2, bidirectional=True, batch_first=True)
        self.fc = nn.Linear(512, 50)

    def forward(self, x):
        return self.fc(self.lstm(self.embedding(x))[0])


def call(method, path, body=None, content_type="application/json"):
    CONNECTION.request(method, path, body, {"Content-Type": content_type})
    response = CONNECTION.getresponse()
    answer = response.read()
    if response.status >= 300:
        raise Refused(answer.decode()[:300])
    return answer


class Refused(Exception):
    pass


def form(file, config):
    edge = "whole-networks"
    parts = b""
    for name, content in (("file", file.read_bytes()), ("config", json.dumps(config).encode())):
        extra = f'; filename="{file.name}"' if name == "file" else ""
        parts += f'--{edge}\r\nContent-Disposition: form-data; name="{name}"{extra}\r\n\r\n'.encode()
        parts += content + b"\r\n"
    return parts + f"--{edge}--\r\n".encode(), f"multipart/form-data; boundary={edge}"


def resident():
    """Megabytes that the server holds; 0 where its process is not known."""
    if PROCESS is None:
        return 0
    status = pathlib.Path(f"/proc/{PROCESS}/status").read_text()
    return int(status.split("VmRSS:")[1].split()[0]) // 1024


def safetensors(name, values):
    kind = "F32" if values.dtype == np.float32 else "I64"
    data = values.tobytes()
    head = json.dumps({name: {"dtype": kind, "shape": list(values.shape), "data_offsets": [0, len(data)]}}).encode()
    return struct.pack("<Q", len(head)) + head + data


def timed(work):
    begun = time.perf_counter()
    result = work()
    return time.perf_counter() - begun, result


def upload(model, file, config):
    """Seconds, and megabytes that the server holds more."""
    body, content_type = form(file, config)
    before = resident()
    seconds, _ = timed(lambda: call("PUT", f"/v1/models/{model}/versions/1", body, content_type))
    return f"{seconds:.2f} s, {resident() - before} MB"


def export(kind, folder):
    module = kind().eval()
    x = torch.randint(0, 30_000, kind.shape) if kind is Tagger else torch.randn(kind.shape)
    graph = folder / f"{kind.__name__}.onnx"
    torch.onnx.export(module, (x,), graph, input_names=["x"], output_names=["output"], dynamo=False,
                      dynamic_axes={"x": {0: "batch"}, "output": {0: "batch"}})
    return module, x, graph


def compare(kind, folder):
    module, x, graph = export(kind, folder)
    with torch.no_grad():
        expected = module(x).numpy()
    state = folder / f"{kind.__name__}.pt"
    torch.save(module.state_dict(), state)
    uploads, asks = [], []
    for file, config in ((state, {"forward": kind.forward_recipe}), (graph, {})):
        model = f"{kind.__name__}-{file.suffix[1:]}".lower()
        try:
            uploads.append(upload(model, file, config))
            asks.append((f"/v1/models/{model}/unroll", safetensors("x", x.numpy())))
        except Refused as refused:
            uploads.append(str(refused))
    sessions = []
    for threads in (1, 2):
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        sessions.append(onnxruntime.InferenceSession(graph, options))
    times = [[] for _ in asks + sessions]
    error = 0
    for turn in range(ROUNDS + 20):
        for i, (path, body) in enumerate(asks):
            seconds, answer = timed(lambda: call("POST", path, body, "application/vnd.safetensors"))
            times[i].append(seconds)
            if turn == 0:
                got = np.array(json.loads(answer)["output"], np.float32)
                error = max(error, float(np.abs(got.reshape(expected.shape) - expected).max()))
        for i, session in enumerate(sessions):
            times[len(asks) + i].append(timed(lambda: session.run(None, {"x": x.numpy()}))[0])
    medians = [1000 * statistics.median(each[20:]) for each in times]
    count = sum(p.numel() for p in module.parameters())
    print(f"{kind.__name__} | {count:,} | {'; '.join(uploads)} | {', '.join(f'{m:.2f}' for m in medians)} | {error:.1e}")


torch.manual_seed(7)
NETWORKS = (SpeechCommands, Autoencoder, CrnnHead, Tagger)
if "://" not in SERVER:
    target = pathlib.Path(SERVER)
    target.mkdir(parents=True, exist_ok=True)
    for each in NETWORKS:
        export(each, target)
    sys.exit()
print("network | parameters | upload of .pt; .onnx | ms: server .pt, .onnx, ONNX Runtime with one thread, two | error")
for each in NETWORKS:
    compare(each, pathlib.Path(tempfile.mkdtemp()))
