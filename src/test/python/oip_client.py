"""Drives a running server as clients of the Open Inference Protocol do, and compares the answers.

    oip_client.py stubs HTTP_PORT GRPC_PORT    stubs that protoc makes of src/main/proto
    oip_client.py triton HTTP_PORT GRPC_PORT [RECORDINGS]
        Triton's own client, `tritonclient` (its source and `service_pb2` on PYTHONPATH);
        RECORDINGS is a folder for the requests that it builds, which OipRecordedTest replays

The server has the notebook's models. Needs grpcio, numpy; `stubs` protoc with its gRPC plug-in.
"""

import json
import pathlib
import socket
import subprocess
import sys
import tempfile
import threading
import urllib.error
import urllib.request

import grpc
import numpy as np

MODEL = "notebook-cell"
X = np.array([[[1, 2, 3, 4, 3, 2]], [[3, 2, 2, 2, 2, 2]]], dtype=np.float32)


def check(condition, what):
    if not condition:
        raise AssertionError(what)
    print("ok", what)


def step_of_v1(http_port):
    request = urllib.request.Request(
        f"http://localhost:{http_port}/v1/models/{MODEL}/step",
        json.dumps({"x": X[:, 0].tolist()}).encode(),
        {"Content-Type": "application/json"},
    )
    return np.array(json.load(urllib.request.urlopen(request))["output"], dtype=np.float32)


def stubs(http_port, grpc_port):
    protos = pathlib.Path(__file__).parents[2] / "main" / "proto"
    out = tempfile.mkdtemp()
    plugin = subprocess.check_output(["which", "grpc_python_plugin"], text=True).strip()
    subprocess.check_call(
        ["protoc", f"-I{protos}", f"--python_out={out}", f"--grpc_out={out}"]
        + [f"--plugin=protoc-gen-grpc={plugin}"]
        + [str(each) for each in protos.glob("*.proto")]
    )
    sys.path.insert(0, out)
    import grpc_service_pb2 as pb
    import grpc_service_pb2_grpc as rpc

    expected = step_of_v1(http_port)
    channel = grpc.insecure_channel(f"localhost:{grpc_port}")
    server = rpc.GRPCInferenceServiceStub(channel)
    check(server.ServerLive(pb.ServerLiveRequest()).live, "live")
    check(server.ServerReady(pb.ServerReadyRequest()).ready, "ready")
    check(server.ModelReady(pb.ModelReadyRequest(name=MODEL)).ready, "model ready")
    check("statistics" in server.ServerMetadata(pb.ServerMetadataRequest()).extensions, "metadata")
    metadata = server.ModelMetadata(pb.ModelMetadataRequest(name=MODEL))
    check(list(metadata.inputs[0].shape) == [-1, -1, 6], "model metadata")
    config = server.ModelConfig(pb.ModelConfigRequest(name=MODEL)).config
    check(config.HasField("sequence_batching"), "model config")
    models = server.RepositoryIndex(pb.RepositoryIndexRequest(ready=True)).models
    check(MODEL in [each.name for each in models], "index")

    def request(raw, **parameters):
        message = pb.ModelInferRequest(model_name=MODEL, id="a")
        tensor = message.inputs.add(name="x", datatype="FP32", shape=X.shape)
        if raw:
            message.raw_input_contents.append(X.tobytes())
        else:
            tensor.contents.fp32_contents.extend(X.flatten().tolist())
        for name, value in parameters.items():
            kind = {bool: "bool_param", int: "int64_param", str: "string_param"}[type(value)]
            setattr(message.parameters[name], kind, value)
        return message

    for raw in (True, False):
        answer = server.ModelInfer(request(raw))
        output = np.frombuffer(answer.raw_output_contents[0], np.float32).reshape(expected.shape)
        check((output == expected).all() and answer.id == "a", f"infer, raw {raw}")
    answer = server.ModelInfer(request(True, binary_data_output=False))
    output = np.array(answer.outputs[0].contents.fp32_contents, np.float32)
    check((output.reshape(expected.shape) == expected).all(), "infer, typed output")

    steps = [request(True, sequence_id=77, sequence_start=i == 0, sequence_end=i == 9) for i in range(10)]
    streamed = list(server.ModelStreamInfer(iter(steps)))
    check(all(not each.error_message for each in streamed), "stream without errors")
    numbers = [each.infer_response.parameters["sequence_step"].int64_param for each in streamed]
    check(numbers == list(range(1, 11)), "stream in order")
    h = c = None
    for each in streamed:
        message = request(True)
        if h is not None:
            for name, value in (("h0", h), ("c0", c)):
                message.inputs.add(name=name, datatype="FP32", shape=[1, 2, 4])
                message.raw_input_contents.append(value)
        answer = server.ModelInfer(message)
        _, h, c = answer.raw_output_contents
        check(each.infer_response.raw_output_contents[0] == answer.raw_output_contents[0], "same state")
    statistics = server.ModelStatistics(pb.ModelStatisticsRequest(name=MODEL)).model_stats[0]
    check(statistics.inference_stats.success.count > 20, "statistics")
    for message, code in (
        (pb.ModelInferRequest(model_name="none"), grpc.StatusCode.NOT_FOUND),
        (pb.ModelInferRequest(model_name=MODEL), grpc.StatusCode.INVALID_ARGUMENT),
    ):
        try:
            server.ModelInfer(message)
            check(False, f"{code}")
        except grpc.RpcError as e:
            check(e.code() == code, f"{code}: {e.details()}")


class Recorder:
    """A proxy that keeps the bytes of every request."""

    def __init__(self, port):
        self.port = port
        self.bytes = b""
        self.listener = socket.create_server(("localhost", 0))
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            client, _ = self.listener.accept()
            server = socket.create_connection(("localhost", self.port))
            threading.Thread(target=self.pump, args=(client, server, True), daemon=True).start()
            threading.Thread(target=self.pump, args=(server, client, False), daemon=True).start()

    def pump(self, source, sink, keep):
        while chunk := source.recv(1 << 16):
            if keep:
                self.bytes += chunk
            sink.sendall(chunk)

    def take(self):
        taken, self.bytes = self.bytes, b""
        return taken


def triton(http_port, grpc_port, folder=None):
    import tritonclient.grpc as triton_grpc
    import tritonclient.grpc._utils as grpc_utils
    import tritonclient.http as triton_http
    from tritonclient.utils import InferenceServerException

    expected = step_of_v1(http_port)
    recorder = Recorder(http_port)

    def keep(name, content):
        if folder:
            pathlib.Path(folder, name).write_bytes(content)

    http = triton_http.InferenceServerClient(f"localhost:{recorder.listener.getsockname()[1]}")
    rpc = triton_grpc.InferenceServerClient(f"localhost:{grpc_port}")

    for name, client, module in (("http", http, triton_http), ("grpc", rpc, triton_grpc)):
        check(client.is_server_live() and client.is_server_ready(), f"{name} health")
        check(client.is_model_ready(MODEL), f"{name} model ready")
        check(client.is_model_ready(MODEL, "1"), f"{name} version ready")
        as_json = {"as_json": True} if name == "grpc" else {}
        check(client.get_server_metadata(**as_json)["name"] == "keepgate", f"{name} metadata")
        metadata = client.get_model_metadata(MODEL, **as_json)
        check(metadata["inputs"][0]["name"] == "x", f"{name} model metadata")
        config = client.get_model_config(MODEL, **as_json)
        config = config["config"] if name == "grpc" else config
        check("sequence_batching" in config, f"{name} model config")
        check(client.get_inference_statistics(MODEL, **as_json)["model_stats"], f"{name} statistics")
        check(client.get_inference_statistics(**as_json)["model_stats"], f"{name} all statistics")
        client.unload_model("notebook-stacked")
        check(not ready(client, "notebook-stacked", InferenceServerException), f"{name} unloaded")
        index = client.get_model_repository_index(**as_json)
        index = index["models"] if name == "grpc" else index
        state = [each["state"] for each in index if each["name"] == "notebook-stacked"]
        check(state == ["UNAVAILABLE"], f"{name} index")
        client.load_model("notebook-stacked")
        check(client.is_model_ready("notebook-stacked"), f"{name} loaded")
        recorder.take()

        x = module.InferInput("x", list(X.shape), "FP32")
        x.set_data_from_numpy(X)
        output = module.InferRequestedOutput("output")
        cases = {
            "all": {},
            "output": {"outputs": [output], "request_id": "7"},
            "sequence-number": {"sequence_id": 4711, "sequence_start": True, "outputs": [output]},
            "sequence-string": {"sequence_id": "s-1", "sequence_start": True, "outputs": [output]},
            "timeout": {"timeout": 60_000_000, "priority": 1},
        }
        packing = {
            "http": ("request_compression_algorithm", "response_compression_algorithm"),
            "grpc": ("compression_algorithm",),
        }[name]
        for coding in ("gzip", "deflate"):
            cases[coding] = {each: coding for each in packing}
        for case, options in cases.items():
            answer = client.infer(MODEL, [x], **options)
            check((answer.as_numpy("output")[:, 0] == expected).all(), f"{name} infer, {case}")
            if name == "http":
                keep(f"{case}.http", recorder.take())
            elif case not in ("gzip", "deflate"):
                plain = {
                    "model_version": "", "request_id": "", "outputs": None, "sequence_id": 0,
                    "sequence_start": False, "sequence_end": False, "priority": 0,
                    "timeout": None, "parameters": None,
                }
                message = grpc_utils._get_inference_request(
                    model_name=MODEL, inputs=[x], **{**plain, **options}
                )
                keep(f"{case}.pb", message.SerializeToString(deterministic=True))
        if name == "http":
            x.set_data_from_numpy(X, binary_data=False)
            json_output = module.InferRequestedOutput("output", binary_data=False)
            answer = client.infer(MODEL, [x], outputs=[json_output])
            check((answer.as_numpy("output")[:, 0] == expected).all(), "http infer, json")
            keep("json.http", recorder.take())
        try:
            client.infer("none", [x])
            check(False, "an error")
        except InferenceServerException as e:
            check("no model 'none'" in e.message(), f"{name} error: {e}")

    answers = []
    done = threading.Event()

    def callback(result, error):
        answers.append((result, error))
        if len(answers) == 21:
            done.set()

    x = triton_grpc.InferInput("x", list(X.shape), "FP32")
    x.set_data_from_numpy(X)
    rpc.start_stream(callback)
    for i in range(20):
        rpc.async_stream_infer(
            MODEL, [x], sequence_id=1000 + i % 2, sequence_start=i < 2, sequence_end=i >= 18,
            request_id=str(i),
        )
    rpc.async_stream_infer("none", [x], request_id="20")
    check(done.wait(30), "stream answered")
    rpc.stop_stream()
    check([r.get_response().id for r, _ in answers[:20]] == [str(i) for i in range(20)], "stream in order")
    check("no model 'none'" in answers[20][1].message(), "stream error message")
    same = all(
        (answers[2 * i][0].as_numpy("c") == answers[2 * i + 1][0].as_numpy("c")).all()
        for i in range(10)
    )
    check(same, "two sequences of one stream have the same states")


def ready(client, model, error):
    try:
        return client.is_model_ready(model)
    except error:
        return False


if __name__ == "__main__":
    {"stubs": stubs, "triton": triton}[sys.argv[1]](int(sys.argv[2]), int(sys.argv[3]), *sys.argv[4:])
