"""Random cells of Flax, Linen and NNX, in safetensors."""

import jax
import jax.numpy as jnp
import flax.linen as nn
import numpy as np
from flax.traverse_util import flatten_dict
from safetensors.numpy import save

from serving import Case, main


def pick(rng, *values):
    return values[rng.integers(len(values))]


def size(rng, most):
    return int(pick(rng, 1, 2, 3, int(rng.integers(1, most + 1)), int(rng.integers(1, most + 1))))


def generate(rng, count):
    for number in range(count):
        batch, time, inputs = size(rng, 5), size(rng, 8), size(rng, 12)
        layers = [size(rng, 12) for _ in range(rng.integers(1, 4))]
        kind = pick(rng, nn.LSTMCell, nn.OptimizedLSTMCell, nn.GRUCell, nn.SimpleCell)
        vocab = size(rng, 12) + 1 if rng.random() < 0.3 else 0
        out = size(rng, 7) if rng.random() < 0.4 else 0
        both = len(layers) == 1 and rng.random() < 0.4

        class Model(nn.Module):
            @nn.compact
            def __call__(self, x):
                if vocab:
                    x = nn.Embed(vocab, inputs)(x)
                for units in layers:
                    if both:
                        x = nn.Bidirectional(nn.RNN(kind(units)), nn.RNN(kind(units)))(x)
                    else:
                        x = nn.RNN(kind(units))(x)
                return nn.Dense(out)(x) if out else x

        x = rng.integers(0, vocab, (batch, time)).astype("int32") if vocab else rng.normal(size=(batch, time, inputs)).astype("float32")
        model = Model()
        params = model.init(jax.random.PRNGKey(0), x)
        leaves, shape = jax.tree.flatten(params)
        params = jax.tree.unflatten(shape, [rng.normal(0, 0.4, leaf.shape).astype("float32") for leaf in leaves])
        separator = pick(rng, "/", ".")
        tree = pick(rng, params, params["params"])
        data = save({k: np.ascontiguousarray(v) for k, v in flatten_dict(tree, sep=separator).items()})
        config = {"bidirectional": True} if both else {"num_layers": len(layers)}
        yield Case(f"{number} {kind.__name__} {layers} vocab={vocab} out={out} both={both} {separator} x{x.shape}",
                   {"model.safetensors": data}, x, {"output": np.asarray(model.apply(params, x))}, config=config,
                   tolerance=2e-5)


main(generate)
