"""A file of rows through every CSV door, beside a FastAPI service that scores it by ONNX Runtime.

    python src/test/python/csv_files.py http://localhost:8080 [rows [process of the server]]

Makes an LSTM of 64 cells over 4 readings with PyTorch, uploads its state dict, and sends one file with curl:
line by line, as windows of 30 lines, as 1,000 series, as their history, as steps of a sequence. The service is
what people write by hand: pandas reads the body, NumPy cuts the windows, ONNX Runtime scores 256 at a time,
pandas writes the answer. Both answer the same numbers, which is looked at. Resident memory is sampled while
each file is on its way. Needs curl, torch, onnx, onnxruntime, numpy, pandas, fastapi, uvicorn.
"""

import io
import json
import pathlib
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request

import numpy as np
import pandas as pd

FEATURES = ["load", "temperature", "hour", "day"]
WINDOW = 30
SERIES = 1000
HORIZON = 24
BATCH = 256
PORT = 8699


def service(graph):
    """The service by hand."""
    import fastapi
    import onnxruntime
    import uvicorn

    session = onnxruntime.InferenceSession(graph)
    app = fastapi.FastAPI()

    @app.post("/score")
    async def score(request: fastapi.Request):
        frame = pd.read_csv(io.BytesIO(await request.body()))
        x = frame[FEATURES].to_numpy(np.float32)
        windows = np.lib.stride_tricks.sliding_window_view(x, WINDOW, axis=0).transpose(0, 2, 1)
        outputs = [
            session.run(None, {"x": np.ascontiguousarray(windows[i : i + BATCH])})[0]
            for i in range(0, len(windows), BATCH)
        ]
        answer = pd.DataFrame({"time": frame["time"][WINDOW - 1 :], "output_0": np.concatenate(outputs)[:, 0]})
        return fastapi.Response(answer.to_csv(index=False), media_type="text/csv")

    uvicorn.run(app, port=PORT, log_level="warning")


def make(folder):
    import torch
    from torch import nn

    class Forecaster(nn.Module):
        def __init__(self):
            super().__init__()
            self.lstm = nn.LSTM(4, 64, batch_first=True)
            self.fc = nn.Linear(64, 1)

        def forward(self, x):
            return self.fc(self.lstm(x)[0][:, -1])

    torch.manual_seed(7)
    module = Forecaster().eval()
    torch.save(module.state_dict(), folder / "model.pt")
    torch.onnx.export(module, (torch.randn(1, WINDOW, 4),), folder / "model.onnx", input_names=["x"],
                      output_names=["output"], dynamo=False, dynamic_axes={"x": {0: "batch"}, "output": {0: "batch"}})


def file(path, rows):
    values = np.random.default_rng(7).standard_normal((rows, 4)).round(5)
    frame = pd.DataFrame(values, columns=FEATURES)
    frame.insert(0, "time", np.arange(rows))
    frame.insert(1, "meter", np.arange(rows) % SERIES)
    frame.to_csv(path, index=False)


def call(method, url, body, content_type):
    request = urllib.request.Request(url, body, {"Content-Type": content_type}, method=method)
    return json.load(urllib.request.urlopen(request))


def upload(server, name, path, config):
    edge = "csv-files"
    body = b""
    for part, content in (("file", path.read_bytes()), ("config", json.dumps(config).encode())):
        extra = f'; filename="{path.name}"' if part == "file" else ""
        body += f'--{edge}\r\nContent-Disposition: form-data; name="{part}"{extra}\r\n\r\n'.encode() + content + b"\r\n"
    call("PUT", f"{server}/v1/models/{name}/versions/1", body + f"--{edge}--\r\n".encode(),
         f"multipart/form-data; boundary={edge}")


def resident(process):
    status = pathlib.Path(f"/proc/{process}/status").read_text()
    return int(status.split("VmRSS:")[1].split()[0]) // 1024


class Memory(threading.Thread):
    """What a process holds at most, from now on; and what it held."""

    def __init__(self, process):
        super().__init__(daemon=True)
        self.process = process
        self.before = self.most = resident(process)
        self.ends = False

    def run(self):
        while not self.ends:
            self.most = max(self.most, resident(self.process))
            time.sleep(0.1)


def send(name, url, path, rows, process):
    memory = Memory(process) if process else None
    if memory:
        memory.start()
    out = path.with_suffix(".out")
    begun = time.perf_counter()
    subprocess.run(["curl", "-sSf", "-X", "POST", "-T", path, "-H", "Content-Type: text/csv", "-H", "Expect:", "-o", out,
                    url], check=True)
    seconds = time.perf_counter() - begun
    held = f"{memory.before} MB, {memory.most} MB" if memory else "-"
    if memory:
        memory.ends = True
    lines = sum(1 for _ in out.open()) - 1
    print(f"{name} | {lines:,} | {seconds:.1f} | {rows / seconds:,.0f} | {held}", flush=True)
    return out


def main():
    server = sys.argv[1] if len(sys.argv) > 1 else "http://localhost:8080"
    rows = int(sys.argv[2]) if len(sys.argv) > 2 else 1_000_000
    process = int(sys.argv[3]) if len(sys.argv) > 3 else None
    folder = pathlib.Path(tempfile.mkdtemp())
    make(folder)
    path = folder / "readings.csv"
    file(path, rows)
    upload(server, "csv-files", folder / "model.pt", {"forward": ["lstm", "fc"], "features": FEATURES,
                                                      "targets": ["output_0"], "feedback": [0]})
    model = f"{server}/v1/models/csv-files"
    by_hand = subprocess.Popen([sys.executable, __file__, "--service", folder / "model.onnx"])
    try:
        for _ in range(200):
            try:
                urllib.request.urlopen(f"http://localhost:{PORT}/openapi.json")
                break
            except OSError:
                time.sleep(0.1)
        print(f"{rows:,} rows, {path.stat().st_size:,} bytes")
        print("door | lines answered | s | rows/s | resident before, most")
        send("first, of 20,000 rows", f"{model}/unroll?window={WINDOW}", head(path, 20_000), 20_000, process)
        send("unroll", f"{model}/unroll", path, rows, process)
        ours = pd.read_csv(send(f"windows of {WINDOW}", f"{model}/unroll?window={WINDOW}", path, rows, process))
        theirs = pd.read_csv(send("FastAPI, ONNX Runtime", f"http://localhost:{PORT}/score", path, rows, by_hand.pid))
        send(f"{SERIES:,} series", f"{model}/unroll?sequence=meter", path, rows, process)
        send(f"windows of {SERIES:,} series", f"{model}/unroll?sequence=meter&window={WINDOW}", path, rows, process)
        send("a sequence", f"{server}/v1/sequences/{opened(server)}/unroll", path, rows, process)
        known = folder / "ahead.csv"
        ahead(path, known)
        send(f"{HORIZON} steps ahead of {SERIES:,} series", f"{model}/forecast?sequence=meter", known,
             rows + SERIES * HORIZON, process)
        assert (ours["time"].to_numpy() == theirs["time"].to_numpy()).all()
        print(f"largest difference of windows: {(ours['output_0'] - theirs['output_0']).abs().max():.1e}")
    finally:
        by_hand.terminate()


def head(path, rows):
    out = path.with_name("head.csv")
    with path.open() as source, out.open("w") as to:
        for _, line in zip(range(rows + 1), source):
            to.write(line)
    return out


def opened(server):
    return call("POST", f"{server}/v1/models/csv-files/sequences", b"{}", "application/json")["id"]


def ahead(path, out):
    """The file, and of each series lines of what is known ahead: all but the load."""
    with out.open("w") as to:
        to.write(path.read_text())
        for step in range(HORIZON):
            for series in range(SERIES):
                to.write(f"{step},{series},,0.5,0.25,{step}\n")


if __name__ == "__main__":
    service(sys.argv[2]) if sys.argv[1:2] == ["--service"] else main()
