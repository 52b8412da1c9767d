"""What torch.save writes besides a plain state dict of 32-bit floats. Needs torch and numpy."""

import numpy as np
import torch

from cases import folder, write


def inputs(seed, *shape):
    return torch.tensor(np.random.default_rng(seed).normal(size=shape), dtype=torch.float32)


def run(lstm, x):
    with torch.no_grad():
        y, (h, c) = lstm(x)
    return {"y": y, "h": h, "c": c}


def checkpoint():
    """A training checkpoint: the model's dict among others, wrapped by DataParallel."""
    torch.manual_seed(1)
    lstm = torch.nn.LSTM(3, 4, num_layers=2, batch_first=True)
    optimizer = torch.optim.Adam(lstm.parameters())
    lstm(inputs(2, 2, 3, 3))[0].sum().backward()
    optimizer.step()
    lstm.flatten_parameters()
    saved = {
        "epoch": 3,
        "loss": 0.25,
        "done": True,
        "args": {"lr": 1e-3, "sizes": [3, (4, 5)], "name": None, "big": 1 << 70},
        "model_state_dict": torch.nn.DataParallel(lstm).state_dict(),
        "optimizer_state_dict": optimizer.state_dict(),
    }
    path = folder("pytorch-x-checkpoint")
    torch.save(saved, path / "model.pt")
    torch.save(saved, path / "model-before-1.6.pt", _use_new_zipfile_serialization=False)
    torch.save(saved, path / "model-protocol-5.pt", pickle_protocol=5)
    x = inputs(3, 2, 4, 3)
    write(
        path.name,
        "checkpoint of a training loop, tensors named module.*",
        ["model.pt", "model-before-1.6.pt", "model-protocol-5.pt"],
        {"prefix": "module", "num_layers": 2},
        {"x": x},
        run(lstm, x),
    )


def views():
    """Tensors that share a storage, lie in it transposed or in part, and are repeated."""
    torch.manual_seed(4)
    lstm = torch.nn.LSTM(5, 3, batch_first=True, bidirectional=True)
    with torch.no_grad():
        for name, parameter in lstm.named_parameters():
            if name.startswith("bias_hh"):
                parameter.fill_(0.125)
    flat = torch.cat([p.detach().reshape(-1) for p in lstm.parameters()])
    state, offset = {}, 0
    for name, parameter in lstm.named_parameters():
        count = parameter.numel()
        state[name] = flat[offset : offset + count].view(parameter.shape)
        offset += count
    state["weight_hh_l0"] = state["weight_hh_l0"].t().contiguous().t()
    wide = torch.zeros(2 * state["weight_ih_l0_reverse"].shape[0], 7)
    wide[::2, 1:6] = state["weight_ih_l0_reverse"]
    state["weight_ih_l0_reverse"] = wide[::2, 1:6]
    state["bias_hh_l0"] = torch.tensor([0.125]).expand(12)
    path = folder("pytorch-x-views")
    torch.save(state, path / "model.pt")
    x = inputs(5, 2, 3, 5)
    write(
        path.name,
        "shared, transposed, partial and repeated storages",
        ["model.pt"],
        {"bidirectional": True},
        {"x": x},
        run(lstm, x),
    )


def types():
    """The same numbers in every floating type, and as parameters."""
    torch.manual_seed(6)
    lstm = torch.nn.LSTM(3, 5, batch_first=True)
    with torch.no_grad():
        for parameter in lstm.parameters():
            parameter.copy_(parameter.to(torch.bfloat16).to(torch.float16))
    path = folder("pytorch-x-types")
    files = []
    for kind in (torch.float64, torch.float16, torch.bfloat16):
        files.append("model-%s.pth" % str(kind).removeprefix("torch."))
        torch.save({k: v.to(kind) for k, v in lstm.state_dict().items()}, path / files[-1])
    files.append("model-parameters.pth")
    torch.save({"state_dict": dict(lstm.named_parameters())}, path / files[-1])
    x = inputs(7, 1, 4, 3)
    write(path.name, "F64, F16, BF16, Parameter", files, {}, {"x": x}, run(lstm, x))


class Cells(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.words = torch.nn.Embedding(7, 3)
        self.cells = torch.nn.ModuleList([torch.nn.LSTMCell(3, 4), torch.nn.LSTMCell(4, 6)])
        self.out = torch.nn.Linear(6, 2, bias=False)

    def forward(self, ids):
        x = self.words(ids)
        outputs = []
        states = [None] * len(self.cells)
        for t in range(x.shape[1]):
            value = x[:, t]
            for k, cell in enumerate(self.cells):
                states[k] = cell(value, states[k])
                value = states[k][0]
            outputs.append(self.out(value))
        return torch.stack(outputs, dim=1)


def cells():
    """A list of LSTMCells between an embedding and a linear layer without a bias."""
    torch.manual_seed(8)
    model = Cells()
    path = folder("pytorch-x-cells")
    torch.save(model.state_dict(), path / "model.pt")
    ids = torch.tensor([[1, 2, 3, 0], [6, 6, 5, 4]])
    with torch.no_grad():
        logits = model(ids)
    write(
        path.name,
        "nn.ModuleList of LSTMCell, Linear(bias=False) named by the configuration",
        ["model.pt"],
        {"head": "out", "vocab": 7},
        {"ids": ids},
        {"logits": logits},
    )


def whole_module():
    """What a user saves who did not read on: the module itself, which only code could load."""
    path = folder("../refused")
    torch.manual_seed(9)
    torch.save(torch.nn.LSTM(2, 1), path / "whole-module.pt")
    torch.save(
        torch.nn.LSTM(2, 1),
        path / "whole-module-before-1.6.pt",
        _use_new_zipfile_serialization=False,
    )


if __name__ == "__main__":
    whole_module()
    checkpoint()
    views()
    types()
    cells()
