"""Random nn.LSTM, nn.GRU, nn.RNN, their cells and taggers, in every kind of file."""

import io

import numpy as np
import safetensors.torch
import torch
from torch import nn

from serving import Case, main


class Tagger(nn.Module):
    def __init__(self, layer, vocab, embedding, out, lstm_kwargs):
        super().__init__()
        self.embed = nn.Embedding(vocab, embedding)
        self.lstm = layer(embedding, batch_first=True, **lstm_kwargs)
        width = lstm_kwargs.get("proj_size") or lstm_kwargs["hidden_size"]
        self.fc = nn.Linear(width * (2 if lstm_kwargs["bidirectional"] else 1), out)

    def forward(self, ids):
        return self.fc(self.lstm(self.embed(ids))[0])


class Regressor(nn.Module):
    """A linear layer behind, no embedding before."""

    def __init__(self, layer, input_size, out, lstm_kwargs):
        super().__init__()
        self.rnn = layer(input_size, batch_first=True, **lstm_kwargs)
        width = lstm_kwargs.get("proj_size") or lstm_kwargs["hidden_size"]
        self.out = nn.Linear(width * (2 if lstm_kwargs["bidirectional"] else 1), out)

    def forward(self, x):
        return self.out(self.rnn(x)[0])


def saved(state, kind):
    """A state dict as the bytes of a file."""
    out = io.BytesIO()
    if kind == "safetensors":
        return safetensors.torch.save({k: v.contiguous() for k, v in state.items()})
    if kind in ("npz", "compressed.npz"):
        write = np.savez if kind == "npz" else np.savez_compressed
        write(out, **{k: v.numpy() for k, v in state.items()})
    elif kind == "legacy.pt":
        torch.save(state, out, _use_new_zipfile_serialization=False)
    elif kind == "checkpoint.pt":
        torch.save({"epoch": 1, "model_state_dict": state, "optimizer_state_dict": {"state": {}}}, out)
    elif kind == "lightning.ckpt":
        torch.save({"state_dict": state, "pytorch-lightning_version": "2.0", "hyper_parameters": {}}, out)
    else:
        torch.save(state, out)
    return out.getvalue()


def states(layer, pair, turn=lambda state: state):
    """h, and c where the layer has one."""
    names = "hc" if layer is nn.LSTM else "h"
    return {name: turn(state) for name, state in zip(names, pair)}


def pick(rng, *values):
    return values[rng.integers(len(values))]


def size(rng, most):
    return int(pick(rng, 1, 2, 3, int(rng.integers(1, most + 1)), int(rng.integers(1, most + 1))))


def generate(rng, count):
    for number in range(count):
        torch.manual_seed(int(rng.integers(1 << 30)))
        batch, time = size(rng, 9), size(rng, 12)
        hidden = size(rng, 40)
        kwargs = dict(
            hidden_size=hidden,
            num_layers=int(rng.integers(1, 5)),
            bias=bool(rng.random() < 0.75),
            bidirectional=bool(rng.random() < 0.4),
            dropout=float(pick(rng, 0, 0.3)),
            proj_size=int(rng.integers(1, hidden)) if hidden > 1 and rng.random() < 0.35 else 0,
        )
        if kwargs["num_layers"] == 1:
            kwargs["dropout"] = 0.0
        layer = pick(rng, nn.LSTM, nn.LSTM, nn.GRU, nn.RNN)
        if layer is not nn.LSTM:
            kwargs.pop("proj_size")
        if layer is nn.RNN:
            kwargs["nonlinearity"] = pick(rng, "tanh", "tanh", "relu")
        input_size = size(rng, 33)
        kind = pick(rng, "plain", "plain", "plain", "tagger", "regressor", "cell")
        ids = kind == "tagger"
        config = {k: kwargs[k] for k in ("hidden_size", "num_layers", "bidirectional", "bias")}
        config["proj_size"] = kwargs.get("proj_size", 0)
        if kind == "plain":
            module = layer(input_size, batch_first=True, **kwargs)
            config["input_size"] = input_size
        elif kind == "cell":
            cell = {nn.LSTM: nn.LSTMCell, nn.GRU: nn.GRUCell, nn.RNN: nn.RNNCell}[layer]
            own = {k: v for k, v in kwargs.items() if k in ("bias", "nonlinearity")}
            module = cell(input_size, hidden, **own)
            config = {"input_size": input_size, "hidden_size": hidden}
        elif kind == "tagger":
            vocab, embedding, out = size(rng, 50), size(rng, 20), size(rng, 17)
            module = Tagger(layer, vocab, embedding, out, kwargs)
            config.update(vocab=vocab, embedding=embedding, out=out)
        else:
            out = size(rng, 17)
            module = Regressor(layer, input_size, out, kwargs)
            config["out"] = out
        module.eval()
        dtype = pick(rng, *[torch.float32] * 5, torch.float64, torch.float16, torch.bfloat16)
        with torch.no_grad():
            for parameter in module.parameters():
                scale = 0.5 if rng.random() < 0.5 else 1.5 / np.sqrt(max(hidden, 1))
                parameter.copy_(torch.randn_like(parameter) * (scale / 2 if kwargs.get("nonlinearity") == "relu" else scale))
                parameter.copy_(parameter.to(dtype))
        state = {k: v.to(dtype) for k, v in module.state_dict().items()}
        prefix = pick(rng, "", "", "module.", "model.", "encoder.lstm.", "_orig_mod.module.")
        state = {prefix + k: v for k, v in state.items()}
        files = ["safetensors", "npz", "compressed.npz", "pt", "pth", "legacy.pt", "checkpoint.pt", "lightning.ckpt"]
        if dtype == torch.bfloat16:
            files = [f for f in files if "npz" not in f]
        x = torch.randint(0, vocab, (batch, time)) if ids else torch.randn(batch, time, input_size)
        directions = kwargs["num_layers"] * (2 if kwargs["bidirectional"] else 1)
        given = dict(x=x.numpy())
        lengths = None
        with torch.no_grad():
            if kind == "cell":
                h, c = torch.randn(batch, hidden), torch.randn(batch, hidden)
                given.update(states(layer, (h, c), lambda s: s.numpy()))
                ys = []
                for t in range(time):
                    if layer is nn.LSTM:
                        h, c = module(x[:, t], (h, c))
                    else:
                        h = module(x[:, t], h)
                    ys.append(h)
                expected = {"output": torch.stack(ys, 1), **states(layer, (h, c))}
            elif kind == "plain":
                starts = None
                if rng.random() < 0.7:
                    h0 = torch.randn(directions, batch, kwargs.get("proj_size") or hidden)
                    c0 = torch.randn(directions, batch, hidden)
                    starts = (h0, c0) if layer is nn.LSTM else h0
                    given.update(states(layer, (h0, c0), lambda s: s.numpy()))
                if rng.random() < 0.5:
                    lengths = rng.integers(1, time + 1, batch)
                    packed = nn.utils.rnn.pack_padded_sequence(x, torch.tensor(lengths), batch_first=True, enforce_sorted=False)
                    y, last = module(packed, starts)
                    y = nn.utils.rnn.pad_packed_sequence(y, batch_first=True, total_length=time)[0]
                    given["lengths"] = lengths
                else:
                    y, last = module(x, starts)
                expected = {"output": y, **states(layer, last if layer is nn.LSTM else (last, None))}
            else:
                expected = {"output": module(x)}
        expected = {k: v.numpy() for k, v in expected.items()}
        if rng.random() < 0.3:
            config = {}
        if kwargs.get("nonlinearity") == "relu":
            config["activation"] = "relu"
        if prefix and rng.random() < 0.5:
            config["prefix"] = (prefix + {"tagger": "lstm", "regressor": "rnn"}.get(kind, "")).rstrip(".")
        for file in {pick(rng, *files), pick(rng, *files)}:
            yield Case(f"{number} {layer.__name__} {kind} {file} {dtype} {prefix} {kwargs} x{list(x.shape)}",
                       {"model." + file: saved(state, file)}, expected=expected, config=config,
                       tolerance=2e-5 * max(1, float(np.abs(expected["output"]).max(initial=0))), **given)


main(generate)
