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
    def __init__(self, parameters):
        super().__init__()
        self.lstm = torch.nn.LSTM(1, 8, batch_first=True)
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


KINDS = {
    "gaussian": (gaussian, [0.3, -0.5]),
    "student_t": (student_t, [5.0, -0.4, 0.1]),
    "laplace": (laplace, [-0.2, 0.4]),
    "poisson": (poisson, [6.0]),
    "negative_binomial": (negative_binomial, [3.0, 1.2]),
}


@torch.no_grad()
def case(kind, read, bias):
    torch.manual_seed(SEED)
    model = Model(len(bias))
    model.linear.weight.mul_(2)
    model.linear.bias.copy_(torch.tensor(bias))
    history = torch.randn(1, 12, 1)
    p, state = model(history)
    first = read(p)[1]()
    p = p.repeat(PATHS, 1)
    state = tuple(s.repeat(1, PATHS, 1) for s in state)
    steps = []
    for _ in range(HORIZON):
        drawn = read(p)[0].sample()
        steps.append(drawn.double().numpy())
        p, state = model(drawn.reshape(-1, 1, 1).float(), state)
    path = folder / kind
    path.mkdir(parents=True, exist_ok=True)
    torch.save(model.state_dict(), path / "model.pt")
    (path / "case.json").write_text(json.dumps({
        "distribution": kind,
        "history": history.reshape(-1, 1).tolist(),
        "levels": LEVELS,
        "first": {"mean": first.mean(), "std": first.std(), "quantiles": first.ppf(LEVELS).tolist()},
        "paths": PATHS,
        "steps": [{"mean": s.mean(), "std": s.std(), "quantiles": np.quantile(s, LEVELS).tolist()} for s in steps],
    }, indent=1) + "\n")
    print(kind, first.mean(), first.std(), [round(s.mean(), 3) for s in steps], [round(s.std(), 3) for s in steps])


for kind, (read, bias) in KINDS.items():
    case(kind, read, bias)
