"""Random networks of PyTorch around recurrent layers, each a state dict and its recipe.

python pytorch_network_variants.py FOLDER [count] [seed]
"""

import io

import numpy as np
import safetensors.torch
import torch
from torch import nn
from torch.nn import functional as F

from cases import main

ACTIVATIONS = {
    "relu": torch.relu, "tanh": torch.tanh, "sigmoid": torch.sigmoid, "gelu": F.gelu, "silu": F.silu,
    "elu": F.elu, "elu(0.5)": lambda x: F.elu(x, 0.5), "leaky_relu": F.leaky_relu, "leaky_relu(0.2)": lambda x: F.leaky_relu(x, 0.2),
    "selu": F.selu, "softplus": F.softplus, "softsign": F.softsign, "mish": F.mish, "hardtanh": F.hardtanh,
    "hardsigmoid": F.hardsigmoid, "hardswish": F.hardswish, "relu6": F.relu6, "logsigmoid": F.logsigmoid, "tanhshrink": F.tanhshrink,
    "celu": F.celu, "celu(0.7)": lambda x: F.celu(x, 0.7), "softshrink": F.softshrink, "softshrink(0.3)": lambda x: F.softshrink(x, 0.3),
    "hardshrink": F.hardshrink, "hardshrink(0.2)": lambda x: F.hardshrink(x, 0.2), "threshold(0.1, 20)": lambda x: F.threshold(x, 0.1, 20.0),
    "gelu(tanh)": lambda x: F.gelu(x, approximate="tanh"), "hardtanh(-2, 2)": lambda x: F.hardtanh(x, -2, 2),
    "leaky_relu(negative_slope=0.3)": lambda x: F.leaky_relu(x, 0.3), "logsoftmax": lambda x: F.log_softmax(x, -1), "softmax(dim=-1)": lambda x: F.softmax(x, -1),
}
OF_ROWS = ("logsoftmax", "softmax(dim=-1)")


def pick(rng, *values):
    return values[rng.integers(len(values))]


class Network:
    """Stages, what they do, and the modules that they use."""

    def __init__(self, rng):
        self.rng = rng
        self.modules = {}
        self.recipe = []
        self.run = []
        self.transposes = bool(rng.random() < 0.5)

    def name(self, kind):
        names = {n.split(".")[0] for n in self.modules}
        base = kind
        while base in names:
            base = kind + str(len(self.modules))
        return base

    def module(self, kind, module, arguments="", apply=None):
        name = self.name(kind)
        self.modules[name] = module
        self.recipe.append(name + (f"({arguments})" if arguments else ""))
        self.run.append(lambda x: (apply or (lambda m, v: m(v)))(module, x))

    def function(self, stage, apply):
        self.recipe.append(stage)
        self.run.append(apply)

    def __call__(self, x):
        for stage in self.run:
            x = stage(x)
        return x


def recurrent(net, width):
    rng = net.rng
    kind = pick(rng, nn.LSTM, nn.LSTM, nn.GRU, nn.RNN)
    hidden, layers, both = int(rng.integers(2, 9)), int(rng.integers(1, 3)), bool(rng.random() < 0.35)
    kwargs = dict(bidirectional=both, num_layers=layers, bias=bool(rng.random() < 0.85), batch_first=True)
    arguments = ""
    if kind is nn.LSTM and rng.random() < 0.2:
        kwargs["proj_size"] = int(rng.integers(1, hidden))
    if kind is nn.RNN and rng.random() < 0.5:
        kwargs["nonlinearity"] = "relu"
        arguments = pick(rng, "relu", "nonlinearity=relu")
    module = kind(width, hidden, **kwargs)
    state = {}

    def apply(m, x):
        y, last = m(x)
        state["h"] = last[0] if isinstance(last, tuple) else last
        state["c"] = last[1] if isinstance(last, tuple) else None
        return y

    net.module(pick(rng, "lstm", "rnn", "encoder", "gru"), module, arguments, apply)
    out = (kwargs.get("proj_size") or hidden) * (2 if both else 1)
    if rng.random() < 0.3:
        if kind is nn.LSTM and not both and rng.random() < 0.3:
            net.function("final_state(c)", lambda x: state["c"][-1])
            return hidden, None
        net.function("final_state", lambda x: torch.cat([state["h"][-2], state["h"][-1]], -1) if both else state["h"][-1])
        return out, None
    return out, True


def convolutions(net, width, time):
    """A convolution and what reads channels behind it, between transposes."""
    rng = net.rng
    state = {"x": None}
    if net.transposes:
        net.function(pick(rng, "transpose", "transpose(1, 2)", "permute(0, 2, 1)"), lambda x: x.transpose(1, 2))
    else:
        net.run.append(lambda x: x.transpose(1, 2))
    for _ in range(rng.integers(1, 4)):
        kind = pick(rng, "conv", "conv", "pool", "norm", "activation", "prelu") if net.modules else "conv"
        if kind == "conv":
            groups = pick(rng, 1, 1, 1, *[g for g in (2, 3, width) if width % g == 0])
            out = groups * int(rng.integers(1, 5))
            size, dilation, stride = int(rng.integers(1, 5)), int(rng.integers(1, 3)), pick(rng, 1, 1, 2)
            padding = pick(rng, 0, 1, 2, "same", "valid", "causal")
            if padding == "same":
                stride = 1
            reach = (size - 1) * dilation + 1
            around = {"same": reach - 1, "valid": 0, "causal": reach - 1}.get(padding, 2 * padding if isinstance(padding, int) else 0)
            if time + around < reach:
                continue
            after = (time + around - reach) // stride + 1
            conv = nn.Conv1d(width, out, size, stride=stride, dilation=dilation, groups=groups, bias=bool(rng.random() < 0.8),
                             padding=0 if padding == "causal" else padding)
            arguments = ", ".join(f"{k}={v}" for k, v in dict(padding=padding, stride=stride, dilation=dilation, groups=groups).items()
                                  if v not in ({"padding": (0,), "stride": (1,), "dilation": (1,), "groups": (1,)}[k]))
            causal = padding == "causal"
            net.module("conv", conv, arguments, (lambda m, x, r=reach: m(F.pad(x, (r - 1, 0)))) if causal else None)
            width, time = out, after
        elif kind == "pool":
            size, maximum = int(rng.integers(2, 4)), bool(rng.random() < 0.6)
            stride = pick(rng, size, 1, 2)
            padding = pick(rng, 0, 0, 1)
            after = (time + 2 * padding - size) // stride + 1
            if time + 2 * padding < size or after < 1:
                continue
            counts = bool(rng.random() < 0.5)
            pool = nn.MaxPool1d(size, stride, padding) if maximum else nn.AvgPool1d(size, stride, padding, count_include_pad=counts)
            arguments = str(size) + (f", stride={stride}" if stride != size else "") + (f", padding={padding}" if padding else "")
            if not maximum and not counts:
                arguments += ", count_include_pad=false"
            net.function(("max_pool" if maximum else "avg_pool") + f"({arguments})", pool)
            time = after
        elif kind == "norm":
            if rng.random() < 0.5:
                net.module("bn", nn.BatchNorm1d(width, affine=bool(rng.random() < 0.8)))
            elif rng.random() < 0.3 and time > 1:
                net.module("inorm", nn.InstanceNorm1d(width, affine=True), "instance_norm")
            else:
                groups = pick(rng, *[g for g in range(1, width + 1) if width % g == 0])
                net.module(pick(rng, "gn", "norm"), nn.GroupNorm(groups, width), f"groups={groups}")
        elif kind == "activation":
            activation(net)
        else:
            net.module("prelu", nn.PReLU(pick(rng, 1, width)))
    ending = rng.random()
    if ending < 0.12:
        net.function("adaptive_avg_pool(1)", lambda x: F.adaptive_avg_pool1d(x, 1).squeeze(-1))
        return width, None
    if ending < 0.2 and net.transposes:
        net.function(pick(rng, "max", "max(dim=2)", "max(-1)"), lambda x: x.max(-1).values)
        return width, None
    if ending < 0.3 and net.transposes and time * width < 200:
        net.function("flatten", lambda x: x.flatten(1))
        return width * time, None
    if net.transposes:
        net.function(pick(rng, "transpose", "permute(0, 2, 1)"), lambda x: x.transpose(1, 2))
    else:
        net.run.append(lambda x: x.transpose(1, 2))
    return width, time


def activation(net, rows=False, width=1):
    names = [n for n in ACTIVATIONS if n not in OF_ROWS]
    if rows and net.rng.random() < 0.3:
        names = list(OF_ROWS)
    name = pick(net.rng, *names)
    net.function(name, ACTIVATIONS[name])
    return width


def summary(net, width, time):
    rng = net.rng
    kind = pick(rng, "last", "last", "mean", "max", "flatten", "sum")
    if kind == "last" and any(isinstance(m, (nn.LSTM, nn.GRU, nn.RNN)) for m in net.modules.values()):
        net.function("last", lambda x: x[:, -1])
    elif kind == "flatten" and time * width < 200:
        net.function("flatten", lambda x: x.flatten(1))
        return width * time
    elif kind == "max":
        net.function(pick(rng, "max", "max(dim=1)") if net.transposes else "max", lambda x: x.max(1).values)
    elif kind == "sum":
        net.function("sum", lambda x: x.sum(1))
    else:
        net.function("mean", lambda x: x.mean(1))
    return width


def network(rng):
    """A network, and the shape of its input."""
    net = Network(rng)
    time, width = int(rng.integers(3, 14)), int(rng.integers(1, 7))
    ids = bool(rng.random() < 0.15)
    vocabulary, given, steps = int(rng.integers(3, 20)), width, time
    if ids:
        net.module("embedding", nn.Embedding(vocabulary, width))
    sequence, flat = True, False
    for _ in range(rng.integers(2, 8)):
        if sequence:
            kind = pick(rng, "recurrent", "recurrent", "conv", "conv", "linear", "norm", "activation", "summary", "dropout")
            if not net.modules and kind == "conv" and rng.random() < 0.5:
                kind = "linear"
            if kind == "recurrent":
                width, more = recurrent(net, width)
                sequence = more is not None
            elif kind == "conv":
                width, after = convolutions(net, width, time)
                sequence, time = after is not None, after or time
                flat = not sequence
            elif kind == "summary" and net.modules:
                width = summary(net, width, time)
                sequence, flat = False, True
        else:
            kind = pick(rng, "linear", "norm", "activation", "repeat", "dropout")
            if kind == "repeat" and width < 60:
                time = int(rng.integers(1, 6))
                net.function(f"repeat({time})", lambda x, n=time: x.unsqueeze(1).repeat(1, n, 1))
                sequence = True
        if kind == "linear" or width > 60:
            out = int(rng.integers(1, 9))
            net.module(pick(rng, "fc", "linear", "proj"), nn.Linear(width, out))
            width = out
        elif kind == "norm":
            if not sequence and rng.random() < 0.5:
                net.module("bn", nn.BatchNorm1d(width))
            else:
                net.module("ln", nn.LayerNorm(width), pick(rng, "", "layer_norm", "eps=1e-5"))
        elif kind == "activation" and net.modules:
            width = activation(net, True, width)
        elif kind == "dropout":
            net.function("dropout(0.2)", lambda x: x)
    if not sequence and rng.random() < 0.8:
        net.module("head", nn.Linear(width, int(rng.integers(1, 5))))
    if flat and net.modules and rng.random() < 0.9:
        net.recipe.insert(0, f"steps({steps})")
    return net, steps, given, vocabulary if ids else None


def generate(rng):
    torch.manual_seed(int(rng.integers(1 << 30)))
    net, time, width, vocabulary = network(rng)
    if not any(isinstance(m, (nn.LSTM, nn.GRU, nn.RNN)) for m in net.modules.values()):
        return None
    prefix = pick(rng, "", "", "module.", "model.net.")
    state = {}
    for name, module in net.modules.items():
        module.eval()
        for parameter in list(module.parameters()):
            parameter.data = torch.randn_like(parameter) * 0.5
        if hasattr(module, "running_mean") and module.running_mean is not None:
            module.running_mean = torch.randn_like(module.running_mean) * 0.3
            module.running_var = torch.rand_like(module.running_var) + 0.3
        state.update({f"{prefix}{name}.{k}": v for k, v in module.state_dict().items()})
    batch = int(rng.integers(1, 5))
    x = torch.randint(0, vocabulary, (batch, time)) if vocabulary else torch.randn(batch, time, width)
    with torch.no_grad():
        try:
            y = net(x)
        except ValueError:  # A norm of one number.
            return None
    if not torch.isfinite(y).all() or y.abs().max() > 1e3:
        return None
    out = io.BytesIO()
    torch.save(state, out)
    files = {"model.pt": out.getvalue()}
    if rng.random() < 0.3:
        files["model.safetensors"] = safetensors.torch.save({k: v.contiguous() for k, v in state.items()})
    return dict(files=files, inputs={"x": x.numpy()}, expected={"output": y.numpy()},
                config={"forward": net.recipe}, note=" -> ".join(net.recipe))


main(generate)
