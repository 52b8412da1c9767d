"""Parameters of Flax in safetensors. Needs flax and safetensors."""

import flax.linen as nn
import jax
import jax.numpy as jnp
import numpy as np
from flax import nnx
from flax.traverse_util import flatten_dict
from safetensors.numpy import save_file

from cases import folder, write


def numbers(seed, *shape):
    return np.random.default_rng(seed).normal(size=shape).astype(np.float32)


class Tagger(nn.Module):
    @nn.compact
    def __call__(self, ids):
        x = nn.Embed(9, 4)(ids)
        for _ in range(2):
            x = nn.RNN(nn.OptimizedLSTMCell(5))(x)
        return nn.Dense(3)(x)


class Both(nn.Module):
    @nn.compact
    def __call__(self, x):
        forward, backward = nn.RNN(nn.LSTMCell(3)), nn.RNN(nn.LSTMCell(3))
        return nn.Bidirectional(forward, backward)(x)


def random(tree):
    leaves, shape = jax.tree.flatten(tree)
    return jax.tree.unflatten(
        shape, [0.5 * numbers(20 + i, *leaf.shape) for i, leaf in enumerate(leaves)])


def save(path, params, separator):
    save_file({k: np.ascontiguousarray(v) for k, v in flatten_dict(params, sep=separator).items()},
              path)


def linen():
    model = Tagger()
    ids = np.array([[1, 2, 0], [8, 8, 4]], np.int32)
    params = random(model.init(jax.random.PRNGKey(0), ids))
    path = folder("flax-tagger")
    save(path / "model.safetensors", params, "/")
    save(path / "model-dots.safetensors", params["params"], ".")
    write(path.name, "Linen: Embed, two OptimizedLSTMCell, Dense",
          ["model.safetensors", "model-dots.safetensors"],
          {"vocab": 9, "num_layers": 2, "out": 3}, {"ids": ids}, {"y": model.apply(params, ids)})


def bidirectional():
    model = Both()
    x = numbers(1, 2, 4, 3)
    params = random(model.init(jax.random.PRNGKey(0), x))
    path = folder("flax-bidirectional")
    save(path / "model.safetensors", params, "/")
    write(path.name, "Linen: Bidirectional of two LSTMCell", ["model.safetensors"],
          {"bidirectional": True}, {"x": x}, {"y": model.apply(params, x)})


def optimized():
    cell = nnx.OptimizedLSTMCell(4, 3, rngs=nnx.Rngs(0))
    state = jax.tree.map(np.asarray, nnx.to_pure_dict(nnx.state(cell, nnx.Param)))
    state = random(state)
    nnx.update(cell, state)
    x = numbers(2, 2, 3, 4)
    carry = cell.initialize_carry((2, 4), nnx.Rngs(0))
    outputs = []
    for t in range(3):
        carry, y = cell(carry, jnp.asarray(x[:, t]))
        outputs.append(y)
    path = folder("flax-nnx")
    save(path / "model.safetensors", state, ".")
    write(path.name, "NNX: OptimizedLSTMCell, dense_i and dense_h", ["model.safetensors"], {},
          {"x": x}, {"y": np.stack(outputs, 1), "h": carry[1][None], "c": carry[0][None]})


if __name__ == "__main__":
    linen()
    bidirectional()
    optimized()
