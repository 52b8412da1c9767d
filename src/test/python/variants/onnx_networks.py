"""Whole networks around recurrent cells, drawn at random, exported by PyTorch; PyTorch computes.

Writes each as a folder of the files and case.json, as those of src/test/resources/golden-networks:

    python onnx_networks.py FOLDER [count] [seed]
"""

import json
import pathlib
import sys
import tempfile
import traceback
import warnings

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

warnings.filterwarnings("ignore")


def pick(rng, *values):
    return values[rng.integers(len(values))]


def odd(rng, most=7):
    return int(rng.integers(1, most + 1))


class Fn(nn.Module):
    """A function of one tensor, and how often it has been drawn from others' parameters."""

    def __init__(self, name, function, **parts):
        super().__init__()
        self.name = name
        self.function = function
        for key, value in parts.items():
            setattr(self, key, value)

    def forward(self, *x):
        return self.function(self, *x)


def steps_first(convolution):
    return lambda m, x: convolution(m, x.transpose(1, 2)).transpose(1, 2)


def activation(rng):
    return pick(rng, nn.ReLU(), nn.Tanh(), nn.GELU(), nn.GELU(approximate="tanh"), nn.SiLU(), nn.ELU(0.7), nn.Sigmoid(),
                nn.LeakyReLU(0.2), nn.Hardtanh(), nn.Softplus(), nn.Mish(), nn.Hardswish(), nn.SELU(), nn.CELU(0.6),
                nn.LogSigmoid(), nn.Tanhshrink(), nn.Softsign(), nn.ReLU6(), nn.Hardsigmoid(), nn.Softshrink() if False else nn.ReLU())


def cell(rng, width, both=None):
    kind = pick(rng, nn.LSTM, nn.LSTM, nn.GRU, nn.GRU, nn.RNN)
    both = bool(rng.random() < 0.35) if both is None else both
    hidden, layers = odd(rng), int(pick(rng, 1, 1, 2))
    return kind(width, hidden, num_layers=layers, bidirectional=both, batch_first=True,
                bias=bool(rng.random() < 0.85)), hidden * (2 if both else 1)


def block(rng, width, time):
    """A module from [B, T, width] to [B, T', width']."""
    kind = pick(rng, "rnn", "rnn", "conv", "conv", "causal", "chomp", "pool", "norm", "batchnorm", "residual", "act", "linear",
                "attention", "mha", "glu", "difference", "position", "flip", "group", "instance", "prelu", "softmax", "math",
                "mask", "einsum", "select", "split_rnn", "context", "scores", "depthwise", "crop", "stride", "sdpa", "stack", "clip")
    if kind == "rnn":
        rnn, out = cell(rng, width)
        return Fn(kind, lambda m, x: m.rnn(x)[0], rnn=rnn), out, 0
    if kind == "conv":
        k, s, d = odd(rng, 3), int(pick(rng, 1, 1, 2)), int(pick(rng, 1, 1, 2))
        p, out = int(rng.integers(0, 3)), odd(rng)
        groups = width if rng.random() < 0.2 else 1
        if groups > 1:
            out = width
        if p:
            conv = nn.Conv1d(width, out, k, stride=s, dilation=d, padding=p, groups=groups, bias=bool(rng.random() < 0.8))
        else:
            conv = nn.Conv1d(width, out, k, stride=s, dilation=d, padding="same" if s == 1 else 1, groups=groups)
        bn = nn.BatchNorm1d(out) if rng.random() < 0.4 else nn.Identity()
        return Fn(kind, steps_first(lambda m, x: m.act(m.bn(m.conv(x)))), conv=conv, bn=bn, act=activation(rng)), out, 8
    if kind == "depthwise":
        out = width * 2
        return Fn(kind, steps_first(lambda m, x: m.conv(x)), conv=nn.Conv1d(width, out, 3, padding=1, groups=width)), out, 0
    if kind == "causal":
        k, d, out = odd(rng, 3), odd(rng, 2), odd(rng)
        return Fn(kind, steps_first(lambda m, x: m.conv(F.pad(x, ((k - 1) * d, 0)))), conv=nn.Conv1d(width, out, k, dilation=d)), out, 0
    if kind == "chomp":
        k, out = 1 + odd(rng, 2), odd(rng)
        return Fn(kind, steps_first(lambda m, x: m.conv(x)[:, :, :-(k - 1)]), conv=nn.Conv1d(width, out, k, padding=k - 1)), out, 0
    if kind == "pool":
        p = pick(rng, nn.MaxPool1d(2), nn.AvgPool1d(2), nn.MaxPool1d(3, 1, 1), nn.AvgPool1d(3, 1, 1), nn.AvgPool1d(3, 2, 1, count_include_pad=False), nn.MaxPool1d(3, 2, 1, ceil_mode=True))
        return Fn(kind, steps_first(lambda m, x: m.p(x)), p=p), width, 8
    if kind == "norm":
        return Fn(kind, lambda m, x: m.norm(x), norm=nn.LayerNorm(width)), width, 0
    if kind == "batchnorm":
        return Fn(kind, steps_first(lambda m, x: m.norm(x)), norm=nn.BatchNorm1d(width)), width, 0
    if kind == "residual":
        rnn, out = cell(rng, width)
        back = nn.Linear(out, width)
        if rng.random() < 0.5:
            return Fn(kind, lambda m, x: m.norm(x + m.back(m.rnn(x)[0])), rnn=rnn, back=back, norm=nn.LayerNorm(width)), width, 0
        return Fn(kind, lambda m, x: x + m.back(m.rnn(x)[0]), rnn=rnn, back=back), width, 0
    if kind == "act":
        return activation(rng), width, 0
    if kind == "linear":
        out = odd(rng)
        return nn.Sequential(nn.Linear(width, out, bias=bool(rng.random() < 0.7)), activation(rng)), out, 0
    if kind == "attention":
        q, k, v = nn.Linear(width, 4), nn.Linear(width, 4), nn.Linear(width, 3)

        def attend(m, x):
            scores = torch.matmul(m.q(x), m.k(x).transpose(1, 2)) / 2.0
            return torch.matmul(torch.softmax(scores, -1), m.v(x))
        return Fn(kind, attend, q=q, k=k, v=v), 3, 0
    if kind == "mha":
        heads = int(pick(rng, 1, 2))
        size = heads * odd(rng, 3)
        inside = nn.Linear(width, size)
        return Fn(kind, lambda m, x: (lambda y: m.mha(y, y, y, need_weights=False)[0])(m.inside(x)), inside=inside,
                  mha=nn.MultiheadAttention(size, heads, batch_first=True)), size, 0
    if kind == "sdpa":
        heads, size = 2, 3
        qkv = nn.Linear(width, 3 * heads * size)
        causal = bool(rng.random() < 0.3)

        def attend(m, x):
            q, k, v = [t.reshape(x.size(0), -1, heads, size).transpose(1, 2) for t in m.qkv(x).chunk(3, -1)]
            return F.scaled_dot_product_attention(q, k, v, is_causal=causal).transpose(1, 2).reshape(x.size(0), -1, heads * size)
        return Fn(kind + str(causal), attend, qkv=qkv), heads * size, 0
    if kind == "glu":
        return Fn(kind, lambda m, x: F.glu(m.l(x), -1), l=nn.Linear(width, 6)), 3, 0
    if kind == "difference":
        return Fn(kind, lambda m, x: x[:, 1:] - x[:, :-1]), width, 1
    if kind == "position":
        size = time if time else None
        if size is None:
            return Fn(kind, lambda m, x: x * m.scale + m.shift, scale=nn.Parameter(torch.randn(width)), shift=nn.Parameter(torch.randn(1, 1, width))), width, 0
        return Fn(kind, lambda m, x: x + m.p[:, :x.size(1)], p=nn.Parameter(torch.randn(1, size, width))), width, 0
    if kind == "flip":
        a, b = nn.LSTM(width, 3, batch_first=True), nn.GRU(width, 2, batch_first=True)
        return Fn(kind, lambda m, x: torch.cat([m.a(x)[0], torch.flip(m.b(torch.flip(x, [1]))[0], [1])], -1), a=a, b=b), 5, 0
    if kind == "group":
        groups = int(pick(rng, 1, width))
        return Fn(kind, steps_first(lambda m, x: m.norm(x)), norm=nn.GroupNorm(groups, width)), width, 2
    if kind == "instance":
        return Fn(kind, steps_first(lambda m, x: m.norm(x)), norm=nn.InstanceNorm1d(width, affine=bool(rng.random() < 0.5))), width, 2
    if kind == "prelu":
        count = int(pick(rng, 1, width))
        return Fn(kind, steps_first(lambda m, x: m.p(x)), p=nn.PReLU(count)), width, 0
    if kind == "softmax":
        return Fn(kind, pick(rng, lambda m, x: torch.softmax(x, 1), lambda m, x: torch.softmax(x, -1), lambda m, x: torch.log_softmax(x, 1), lambda m, x: torch.log_softmax(x, -1))), width, 0
    if kind == "math":
        return Fn(kind, pick(
            rng, lambda m, x: torch.sqrt(torch.abs(x) + 0.1), lambda m, x: torch.exp(-x * x), lambda m, x: 1 / (1 + x.pow(2)),
            lambda m, x: torch.sin(x) - torch.cos(x), lambda m, x: torch.log(1 + torch.abs(x)), lambda m, x: 2 - x, lambda m, x: x / 3 + 0.5,
            lambda m, x: x - x.mean(1, keepdim=True), lambda m, x: x / (x.norm(dim=-1, keepdim=True) + 0.5),
            lambda m, x: torch.maximum(x, x * 0.1), lambda m, x: (x - x.mean(-1, keepdim=True)) / torch.sqrt(x.var(-1, unbiased=False, keepdim=True) + 1e-3),
            lambda m, x: x * x.mean(1, keepdim=True), lambda m, x: torch.floor(x * 2) / 2 + x, lambda m, x: torch.minimum(x, torch.tensor(0.3)) + x.abs().pow(1.5), lambda m, x: -x)), width, 0
    if kind == "mask":
        mask = torch.rand(width) < 0.5
        return Fn(kind, pick(rng, lambda m, x: torch.where(m.mask, x, torch.zeros_like(m.fill)), lambda m, x: torch.where(m.mask, x, x * 2 + 1),
                             lambda m, x: x.masked_fill(m.mask, 0.25)), mask=nn.Parameter(mask, requires_grad=False), fill=nn.Parameter(torch.zeros(1))), width, 0
    if kind == "einsum":
        out = odd(rng)
        return Fn(kind, pick(rng, lambda m, x: torch.einsum("btf,fo->bto", x, m.w), lambda m, x: torch.einsum("btf,of->bto", x, m.w.t().contiguous()),
                             lambda m, x: torch.einsum("bts,bsf->btf", torch.softmax(torch.einsum("btf,bsf->bts", x, x), -1), torch.matmul(x, m.w))),
                  w=nn.Parameter(torch.randn(width, out))), out, 0
    if kind == "select":
        picks = torch.tensor([int(rng.integers(width)) for _ in range(odd(rng, 4))])
        return Fn(kind, lambda m, x: x[:, :, m.picks], picks=nn.Parameter(picks, requires_grad=False)), len(picks), 0
    if kind == "split_rnn":
        if width < 2:
            return nn.Tanh(), width, 0
        half = int(rng.integers(1, width))
        a, b = cell(rng, half), cell(rng, width - half)
        return Fn(kind, lambda m, x: torch.cat([m.a(x[..., :half])[0], m.b(x[..., half:])[0]], 2), a=a[0], b=b[0]), a[1] + b[1], 0
    if kind == "context":
        rnn, out = cell(rng, width, False)

        def context(m, x):
            last = m.rnn(x)[0][:, -1:]
            return torch.cat([x, last.expand(-1, x.size(1), -1)], -1)
        return Fn(kind, context, rnn=rnn), out + width, 0
    if kind == "scores":
        a, b = nn.Linear(width, 3), nn.Linear(3, 1)

        def scores(m, x):
            weights = torch.softmax(m.b(torch.tanh(m.a(x))), dim=1)
            return x * weights + (x * weights).sum(1, keepdim=True)
        return Fn(kind, scores, a=a, b=b), width, 0
    if kind == "crop":
        return Fn(kind, pick(rng, lambda m, x: x[:, 1:-1], lambda m, x: x[:, :-2], lambda m, x: x[:, 2:], lambda m, x: x[:, -3:])), width, 4
    if kind == "stride":
        return Fn(kind, pick(rng, lambda m, x: x[:, ::2], lambda m, x: x[:, 1::2], lambda m, x: x[:, :, ::2] if width > 1 else x)), None, 4
    if kind == "stack":
        return Fn(kind, pick(rng, lambda m, x: torch.stack([x, x * 2], -1).flatten(2), lambda m, x: torch.stack([x, x * 2], 2).flatten(2), lambda m, x: torch.stack([x, x * 2], 2).mean(2))), None, 0
    return Fn(kind, lambda m, x: torch.clamp(x, -0.5, 0.7)), width, 0


def head(rng, width, time):
    """A module from [B, T, width] to an output."""
    kind = pick(rng, "all", "last", "last", "mean", "max", "both", "flat", "pool_attention", "state", "sum", "conv_mean", "first", "l2", "transpose")
    out = odd(rng)
    linear = nn.Linear(width, out)
    final = pick(rng, nn.Identity(), nn.Softmax(-1), nn.Sigmoid(), nn.LogSoftmax(-1), nn.ReLU())
    if kind == "all":
        return Fn(kind, lambda m, x: m.f(m.l(x)), l=linear, f=final)
    if kind == "transpose":
        return Fn(kind, lambda m, x: m.l(x).transpose(1, 2), l=linear)
    if kind == "last":
        return Fn(kind, lambda m, x: m.f(m.l(x[:, -1])), l=linear, f=final)
    if kind == "first":
        return Fn(kind, lambda m, x: m.f(m.l(x[:, 0, :])), l=linear, f=final)
    if kind == "mean":
        return Fn(kind, lambda m, x: m.f(m.l(x.mean(1))), l=linear, f=final)
    if kind == "sum":
        return Fn(kind, lambda m, x: m.f(m.l(x.sum(dim=1))), l=linear, f=final)
    if kind == "l2":
        return Fn(kind, lambda m, x: F.normalize(m.l(x.mean(1)), dim=-1), l=linear)
    if kind == "max":
        return Fn(kind, lambda m, x: m.f(m.l(x.max(1)[0] if False else torch.amax(x, 1))), l=linear, f=final)
    if kind == "both":
        return Fn(kind, lambda m, x: m.l(torch.cat([x.mean(1), torch.amax(x, 1), x[:, -1]], 1)), l=nn.Linear(3 * width, out))
    if kind == "flat" and time:
        return Fn(kind, lambda m, x: m.l(x.flatten(1)), l=nn.LazyLinear(out))
    if kind == "pool_attention":
        a = nn.Linear(width, 1)
        return Fn(kind, lambda m, x: m.l((x * torch.softmax(m.a(x), 1)).sum(1)), l=linear, a=a)
    if kind == "state":
        rnn, _ = cell(rng, width, False)
        return Fn(kind, lambda m, x: m.l((lambda h: h[0] if isinstance(h, tuple) else h)(m.rnn(x)[1])[-1]), rnn=rnn, l=nn.Linear(rnn.hidden_size, out))
    return Fn(kind, lambda m, x: m.l(m.p(torch.relu(m.c(x.transpose(1, 2)))).squeeze(-1)), c=nn.Conv1d(width, 4, 1), p=nn.AdaptiveAvgPool1d(1), l=nn.Linear(4, out))


class Net(nn.Module):
    def __init__(self, rng, time):
        super().__init__()
        self.kind = pick(rng, "plain", "plain", "plain", "plain", "channels", "ids", "static", "static_state", "seq2seq", "heads", "learned", "autoencoder", "time_major")
        self.width = odd(rng)
        self.vocabulary = 5 + odd(rng) if self.kind == "ids" else 0
        self.embed = nn.Embedding(self.vocabulary, self.width) if self.vocabulary else None
        width = self.width
        self.static = odd(rng) if self.kind in ("static", "static_state") else 0
        if self.kind == "static":
            width += self.static
        if self.kind == "static_state":
            self.rnn = nn.GRU(width, 4, batch_first=True)
            self.to_state = nn.Linear(self.static, 4)
            width = 4
        if self.kind == "learned":
            self.rnn = nn.LSTM(width, 3, batch_first=True)
            self.h0, self.c0 = nn.Parameter(torch.randn(1, 1, 3)), nn.Parameter(torch.randn(1, 1, 3))
            width = 3
        if self.kind == "autoencoder":
            self.encoder, self.decoder = nn.LSTM(width, 3, batch_first=True), nn.LSTM(3, 4, batch_first=True)
            width = 4
        if self.kind == "seq2seq":
            self.encoder, self.decoder = nn.LSTM(width, 3, batch_first=True), nn.LSTM(2, 3, batch_first=True)
            width = 3
        self.blocks = nn.ModuleList()
        self.names = []
        probe = torch.randn(2, time, width)
        for _ in range(int(rng.integers(1, 4))):
            made, _, _ = block(rng, probe.shape[2], probe.shape[1] if FIXED else 0)
            with torch.no_grad():
                made.eval()
                try:
                    after = made(probe)
                except Exception:
                    continue
            if after.shape[1] < 1 or after.shape[2] > 20 or not torch.isfinite(after).all():
                continue
            probe = after
            self.blocks.append(made)
            self.names.append(getattr(made, "name", type(made).__name__))
        rnn, out = cell(rng, probe.shape[2])
        self.last = rnn
        self.names.append(type(rnn).__name__)
        self.head = head(rng, out, FIXED)
        self.names.append(self.head.name)
        if self.kind == "heads":
            self.other = head(rng, out, FIXED)
            self.names.append(self.other.name)

    def forward(self, x, more=None):
        if self.embed is not None:
            x = self.embed(x)
        if self.kind == "channels":
            x = x.transpose(1, 2)
        if self.kind == "time_major":
            x = x.transpose(0, 1)
        if self.kind == "static":
            x = torch.cat([x, more.unsqueeze(1).expand(-1, x.size(1), -1)], -1)
        if self.kind == "static_state":
            x = self.rnn(x, torch.tanh(self.to_state(more)).unsqueeze(0))[0]
        if self.kind == "learned":
            x = self.rnn(x, (self.h0.expand(-1, x.size(0), -1).contiguous(), self.c0.expand(-1, x.size(0), -1).contiguous()))[0]
        if self.kind == "autoencoder":
            last = self.encoder(x)[1][0][-1]
            x = self.decoder(last.unsqueeze(1).repeat(1, x.size(1), 1))[0]
        if self.kind == "seq2seq":
            x = self.decoder(more, self.encoder(x)[1])[0]
        for each in self.blocks:
            x = each(x)
        y = self.last(x)[0]
        if self.kind == "heads":
            return self.head(y), self.other(y)
        return self.head(y)


FIXED = True


def case(rng, number):
    global FIXED
    torch.manual_seed(int(rng.integers(1 << 30)))
    mode = pick(rng, "one", "fixed", "batch", "both", "both")
    FIXED = mode != "both"
    time, batch = int(rng.integers(6, 12)), 3
    net = Net(rng, time).eval()
    shape = lambda rows: [rows, net.width, time] if net.kind == "channels" else [time, rows, net.width] if net.kind == "time_major" else [rows, time] if net.vocabulary else [rows, time, net.width]

    def feed(rows):
        x = torch.randint(0, net.vocabulary, shape(rows)) if net.vocabulary else torch.randn(shape(rows))
        if net.static:
            return [x, torch.randn(rows, net.static)]
        if net.kind == "seq2seq":
            return [x, torch.randn(rows, 5, 2)]
        return [x]
    with torch.no_grad():
        net(*feed(2))
        for parameter in net.parameters():
            if parameter.dtype == torch.float32:
                parameter.copy_(torch.randn_like(parameter) * 0.5)
        for buffer_name, buffer in net.named_buffers():
            if buffer.dtype == torch.float32:
                buffer.copy_(torch.rand_like(buffer) + 0.3)
    example = feed(1 if mode == "one" else batch)
    names = ["x", "more"][: len(example)]
    outputs = ["first", "second"] if net.kind == "heads" else ["y"]
    dynamo = bool(rng.random() < 0.35)
    opset = int(pick(rng, 18, 20)) if dynamo else int(pick(rng, 11, 13, 14, 16, 17, 18, 20))
    what = f"{number} {'dynamo' if dynamo else 'script'} {opset} {mode} {net.kind} {net.names}"
    files = {}
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder) / "model.onnx"
        try:
            b, t = (1, 0) if net.kind == "time_major" else (0, 2 if net.kind == "channels" else 1)
            if dynamo:
                auto = torch.export.Dim.AUTO
                dims = {"batch": {b: auto}, "both": {b: auto, t: auto}}.get(mode)
                more = {} if dims is None else {"dynamic_shapes": tuple(
                    dims if i == 0 else ({0: auto, 1: auto} if net.kind == "seq2seq" and mode == "both" else {0: auto}) for i in range(len(example)))}
                torch.onnx.export(net, tuple(example), path, dynamo=True, external_data=False, opset_version=opset,
                                  input_names=names, output_names=outputs, verbose=False, **more)
            else:
                dims = {"batch": {b: "batch"}, "both": {b: "batch", t: "time"}}.get(mode)
                more = {} if dims is None else {"dynamic_axes": {n: dims if n == "x" else ({0: "batch", 1: "other"} if net.kind == "seq2seq" and mode == "both" else {0: "batch"}) for n in names}}
                torch.onnx.export(net, tuple(example), path, dynamo=False, input_names=names, output_names=outputs,
                                  opset_version=opset, do_constant_folding=bool(rng.random() < 0.7), **more)
        except Exception as e:
            print("not exported:", what, str(e)[:120].replace("\n", " "), flush=True)
            return None
        files = {p.name: p.read_bytes() for p in sorted(path.parent.iterdir())}
    rows = feed(batch)
    with torch.no_grad():
        results = net(*rows)
    results = list(results) if isinstance(results, tuple) else [results]
    if not all(torch.isfinite(r).all() and r.abs().max() < 1e4 for r in results):
        return None
    if net.kind == "time_major":
        rows[0] = rows[0].transpose(0, 1)
    if net.kind == "channels" and mode == "both":
        rows[0] = rows[0].transpose(1, 2)
    tensor = lambda a: {"shape": list(a.shape), "data": [float(v) for v in a.reshape(-1)]}
    return what, files, {
        "note": what, "files": sorted(files), "inputs": {n: tensor(r) for n, r in zip(names, rows)},
        "expected": {(n if len(outputs) > 1 else "output"): tensor(r) for n, r in zip(outputs, results)}, "tolerance": 3e-5}


def main(folder, count=100, seed=1):
    rng = np.random.default_rng(int(seed))
    for number in range(int(count)):
        try:
            made = case(rng, number)
        except Exception:
            traceback.print_exc()
            continue
        if made is None:
            continue
        what, files, described = made
        own = pathlib.Path(folder) / f"{number:05d}"
        own.mkdir(parents=True, exist_ok=True)
        for name, data in files.items():
            (own / name).write_bytes(data)
        (own / "case.json").write_text(json.dumps(described))


if __name__ == "__main__":
    main(*sys.argv[1:])
