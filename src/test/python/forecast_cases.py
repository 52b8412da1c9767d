"""Writes the models whose output is a distribution that DistributionHttpTest reads, and what PyTorch draws of them.

    python forecast_cases.py src/test/resources/forecasts

A case is an LSTM and a linear head, a history, and of each forecast step the mean, the standard deviation and
quantiles of paths that go on by their own draws. Those of the first step are exact, by SciPy. Needs torch and scipy;
the files in the repository were written with 2.13 and 1.17.
"""

import json
import pathlib
import sys

import numpy as np
import scipy.stats
import torch
from torch.nn.functional import softplus

SEED = 20261129
PATHS = 200_000
HORIZON = 4
LEVELS = [0.05, 0.25, 0.5, 0.9]
folder = pathlib.Path(sys.argv[1])


class Model(torch.nn.Module):
    def __init__(self, inputs, parameters):
        super().__init__()
        self.lstm = torch.nn.LSTM(inputs, 8, batch_first=True)
        self.linear = torch.nn.Linear(8, parameters)

    def forward(self, x, state=None):
        y, state = self.lstm(x, state)
        return self.linear(y[:, -1]), state


def gaussian(p):
    loc, scale = p[:, 0], softplus(p[:, 1])
    return torch.distributions.Normal(loc, scale), lambda: scipy.stats.norm(loc[0].item(), scale[0].item())


def student_t(p):
    df, loc, scale = 2 + softplus(p[:, 0]), p[:, 1], softplus(p[:, 2])
    return (torch.distributions.StudentT(df, loc, scale),
            lambda: scipy.stats.t(df[0].item(), loc[0].item(), scale[0].item()))


def laplace(p):
    loc, scale = p[:, 0], softplus(p[:, 1])
    return torch.distributions.Laplace(loc, scale), lambda: scipy.stats.laplace(loc[0].item(), scale[0].item())


def poisson(p):
    rate = softplus(p[:, 0])
    return torch.distributions.Poisson(rate), lambda: scipy.stats.poisson(rate[0].item())


def negative_binomial(p):
    count, logits = softplus(p[:, 0]), p[:, 1]
    return (torch.distributions.NegativeBinomial(count, logits=logits),
            lambda: scipy.stats.nbinom(count[0].item(), 1 - torch.sigmoid(logits[0]).item()))


def blocks(p):
    loc, scale = p[:, :2], softplus(p[:, 2:])
    return torch.distributions.Normal(loc, scale), lambda: scipy.stats.norm(loc[0].numpy(), scale[0].numpy())


def pairs(p):
    loc, scale = p[:, ::2], softplus(p[:, 1::2])
    return torch.distributions.Normal(loc, scale), lambda: scipy.stats.norm(loc[0].numpy(), scale[0].numpy())


# name: (what reads the output, its bias, numbers of a step of the input, steps of an answer, the configuration)
KINDS = {
    "gaussian": (gaussian, [0.3, -0.5], 1, 1, "gaussian"),
    "student_t": (student_t, [5.0, -0.4, 0.1], 1, 1, "student_t"),
    "laplace": (laplace, [-0.2, 0.4], 1, 1, "laplace"),
    "poisson": (poisson, [6.0], 1, 1, "poisson"),
    "negative_binomial": (negative_binomial, [3.0, 1.2], 1, 1, "negative_binomial"),
    "two-steps": (blocks, [0.3, -0.8, -0.5, 0.7], 1, 2,
                  {"kind": "gaussian", "parameters": {"loc": [0, 1], "scale": [2, 3]}}),
    "two-targets": (pairs, [0.3, -0.8, -0.5, 0.7], 2, 1,
                    {"kind": "gaussian", "parameters": {"loc": [0, 2], "scale": [1, 3]}}),
}


def summary(drawn):
    """Of [paths, targets]."""
    return {"mean": drawn.mean(0).tolist(), "std": drawn.std(0).tolist(),
            "quantiles": np.quantile(drawn, LEVELS, axis=0).tolist()}


def exact(distribution, steps):
    numbers = [np.atleast_1d(n) for n in (distribution.mean(), distribution.std())]
    quantiles = [np.atleast_1d(distribution.ppf(level)) for level in LEVELS]
    count = len(numbers[0]) // steps
    return {"mean": numbers[0][:count].tolist(), "std": numbers[1][:count].tolist(),
            "quantiles": [q[:count].tolist() for q in quantiles]}


@torch.no_grad()
def case(name, read, bias, inputs, answered, config):
    torch.manual_seed(SEED)
    model = Model(inputs, len(bias))
    model.linear.weight.mul_(2)
    model.linear.bias.copy_(torch.tensor(bias))
    history = torch.randn(1, 12, inputs)
    p, state = model(history)
    first = exact(read(p)[1](), answered)
    p = p.repeat(PATHS, 1)
    state = tuple(s.repeat(1, PATHS, 1) for s in state)
    steps = []
    while len(steps) < HORIZON:
        drawn = read(p)[0].sample().reshape(PATHS, answered, inputs)
        steps += [summary(drawn[:, i].double().numpy()) for i in range(answered)]
        p, state = model(drawn.float(), state)
    path = folder / name
    path.mkdir(parents=True, exist_ok=True)
    torch.save(model.state_dict(), path / "model.pt")
    (path / "case.json").write_text(json.dumps({
        "distribution": config,
        "history": history[0].tolist(),
        "levels": LEVELS,
        "first": first,
        "paths": PATHS,
        "steps": steps[:HORIZON],
    }, indent=1) + "\n")
    print(name, first, [s["mean"] for s in steps])


for name, rest in KINDS.items():
    case(name, *rest)
