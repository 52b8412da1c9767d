"""Forecasts: the loop in the server, beside a client's loop over /step, and beside one over ONNX Runtime.

    python src/test/python/forecasts.py http://localhost:8080 [seconds]

An LSTM of 128 units takes 8 numbers and answers the next 8: 50 steps of history, 48 steps ahead, 32 clients.
The three ways run in turn, several times over; every one is held against PyTorch's own loop. The loop over ONNX
Runtime has no server: its 32 clients are threads of this process, each with its own session of one thread.
Then one client asks the same of a model with a Gaussian output: one path, and 100 of them, after histories of
several lengths. Needs torch, onnx, onnxruntime, numpy.
"""

import http.client
import io
import json
import statistics
import sys
import threading
import time
import urllib.parse

import numpy as np
import onnxruntime
import torch
from torch import nn

SERVER = sys.argv[1] if len(sys.argv) > 1 else "http://localhost:8080"
SECONDS = float(sys.argv[2]) if len(sys.argv) > 2 else 5
ROUNDS = 3
CLIENTS = 32
WIDTH, UNITS, HISTORY, HORIZON = 8, 128, 50, 48


class Forecaster(nn.Module):
    def __init__(self):
        super().__init__()
        self.lstm = nn.LSTM(WIDTH, UNITS, batch_first=True)
        self.out = nn.Linear(UNITS, WIDTH)

    def forward(self, x, h, c):
        y, (h, c) = self.lstm(x, (h, c))
        return self.out(y), h, c


torch.manual_seed(20261129)
model = Forecaster().eval()
history = torch.randn(1, HISTORY, WIDTH)
zeros = torch.zeros(1, 1, UNITS)


def expected():
    answers = []
    with torch.no_grad():
        y, h, c = model(history, zeros, zeros)
        for _ in range(HORIZON):
            answers.append(y[:, -1:])
            y, h, c = model(answers[-1], h, c)
    return torch.cat(answers, 1)[0].numpy()


EXPECTED = expected()
HISTORY_JSON = json.dumps(history[0].tolist())


def check(forecast):
    worst = np.abs(np.asarray(forecast) - EXPECTED).max()
    assert worst < 1e-4, f"off by {worst}"


def upload(name, network, config):
    file = io.BytesIO()
    torch.save(network.state_dict(), file)
    put = connect()
    put.request("DELETE", f"/v1/models/{name}")
    put.getresponse().read()
    boundary = "forecasts"
    parts = [("file", 'filename="model.pt"', file.getvalue()), ("config", "", json.dumps(config).encode())]
    body = b"".join(b'--%s\r\nContent-Disposition: form-data; name="%s"; %s\r\n\r\n%s\r\n' % (
        boundary.encode(), part.encode(), extra.encode(), content) for part, extra, content in parts)
    put.request("PUT", f"/v1/models/{name}/versions/1", body + b"--forecasts--\r\n",
                {"Content-Type": f"multipart/form-data; boundary={boundary}"})
    answer = put.getresponse()
    body = answer.read()
    assert answer.status == 201, body


def connect():
    return http.client.HTTPConnection(urllib.parse.urlsplit(SERVER).netloc)


def post(connection, path, body):
    connection.request("POST", path, body, {"Content-Type": "application/json"})
    answer = connection.getresponse()
    content = answer.read()
    assert answer.status == 200, content
    return json.loads(content)


def by_forecast(connection):
    body = '{"history": %s, "horizon": %d}' % (HISTORY_JSON, HORIZON)
    return post(connection, "/v1/models/forecasts/forecast", body)["forecast"]


def by_step(connection):
    answer = post(connection, "/v1/models/forecasts/unroll", '{"x": %s, "return_sequences": false}' % HISTORY_JSON)
    forecast = [answer["output"]]
    while len(forecast) < HORIZON:
        body = json.dumps({"x": forecast[-1], "state": answer["state"]})
        answer = post(connection, "/v1/models/forecasts/step", body)
        forecast.append(answer["output"])
    return forecast


def exported():
    file = io.BytesIO()
    names = ["x", "h", "c"]
    torch.onnx.export(model, (history, zeros, zeros), file, input_names=names, output_names=["y", "h1", "c1"],
                      dynamic_axes={"x": {1: "time"}, "y": {1: "time"}}, dynamo=False)
    return file.getvalue()


def session(content):
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    return onnxruntime.InferenceSession(content, options, providers=["CPUExecutionProvider"])


def by_onnx(own):
    y, h, c = own.run(None, {"x": history.numpy(), "h": zeros.numpy(), "c": zeros.numpy()})
    forecast = [y[0, -1]]
    while len(forecast) < HORIZON:
        y, h, c = own.run(None, {"x": y[:, -1:], "h": h, "c": c})
        forecast.append(y[0, 0])
    return forecast


def measure(ask, resources):
    """Forecasts a second of all clients, and their median milliseconds."""
    counts, times = [0] * CLIENTS, []
    end = time.perf_counter() + SECONDS

    def client(i):
        while time.perf_counter() < end:
            start = time.perf_counter()
            forecast = ask(resources[i])
            times.append(time.perf_counter() - start)
            if counts[i] == 0:
                check(forecast)
            counts[i] += 1

    threads = [threading.Thread(target=client, args=(i,)) for i in range(CLIENTS)]
    begin = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sum(counts) / (time.perf_counter() - begin), 1000 * statistics.median(times)


def paths():
    """What 100 paths of a history cost, by what one does."""
    network = nn.ModuleDict({"lstm": nn.LSTM(1, UNITS, batch_first=True), "out": nn.Linear(UNITS, 2)})
    upload("forecast-paths", network, {"distribution": "gaussian"})
    connection = connect()
    for length in (48, 168, 336):
        readings = torch.randn(length, 1).tolist()
        times = {1: [], 100: []}
        for _ in range(300):
            for samples, own in times.items():
                body = json.dumps({"history": readings, "horizon": HORIZON, "samples": samples, "seed": 1})
                start = time.perf_counter()
                post(connection, "/v1/models/forecast-paths/forecast", body)
                own.append(1000 * (time.perf_counter() - start))
        one, many = (statistics.median(own[50:]) for own in times.values())
        print(f"history {length}: one path {one:.2f} ms, 100 paths {many:.2f} ms, {many / one:.2f} times as much")


def main():
    upload("forecasts", model, {})
    content = exported()
    ways = {
        "forecast": (by_forecast, [connect() for _ in range(CLIENTS)]),
        "a client's loop over step": (by_step, [connect() for _ in range(CLIENTS)]),
        "a loop over ONNX Runtime": (by_onnx, [session(content) for _ in range(CLIENTS)]),
    }
    figures = {name: [] for name in ways}
    for _ in range(ROUNDS):
        for name, (ask, resources) in ways.items():
            figures[name].append(measure(ask, resources))
    own = statistics.median(rate for rate, _ in figures["forecast"])
    for name, runs in figures.items():
        rate = statistics.median(rate for rate, _ in runs)
        middle = statistics.median(middle for _, middle in runs)
        print(f"{name}: {rate:.1f} forecasts/s, median {middle:.2f} ms; forecast is {own / rate:.2f} times as many")
    paths()


if __name__ == "__main__":
    main()
