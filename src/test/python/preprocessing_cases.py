"""Writes the scalers that PreprocessingCasesTest reads, and what scikit-learn itself makes of readings.

    python preprocessing_cases.py src/test/resources/preprocessing

Needs scikit-learn, joblib, lz4 and pandas; the files in the repository were written with 1.9 and with
1.6 on NumPy 1.26 (which has the older names of NumPy's modules).
"""

import json
import pathlib
import pickle
import sys
import types

import joblib
import numpy as np
import pandas as pd
import sklearn
from sklearn.compose import ColumnTransformer, make_column_selector
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import (
    FunctionTransformer, MaxAbsScaler, MinMaxScaler, RobustScaler, StandardScaler)

SEED = 20261129
rng = np.random.default_rng(SEED)
folder = pathlib.Path(sys.argv[1])
version = ".".join(sklearn.__version__.split(".")[:2])
cases = []

scales = np.array([1.0, 1e-3, 250.0, 3e4, 7.0])
X = rng.normal(size=(40, 5)) * scales + np.array([1e6, 0.0, -40.0, 1e5, 3.0])
X[:, 4] = 3.0  # A column of one value.
frame = pd.DataFrame(X, columns=["load", "wind", "temperature", "price", "constant"])
rows = rng.normal(size=(6, 5)) * scales * 3 + np.array([1e6, 0.0, -40.0, 1e5, 3.0])
rows[1] = rows[0]
rows[1, 0] += 1.0


def case(name, estimator, data, dump, inverse=True):
    path = folder / name
    dump(estimator, path)
    given = rows if isinstance(data, np.ndarray) else pd.DataFrame(rows, columns=data.columns)
    scaled = np.asarray(estimator.transform(given), dtype=np.float64)
    entry = {
        "file": name,
        "names": [] if isinstance(data, np.ndarray) else list(data.columns),
        "raw": rows.tolist(),
        "scaled": scaled.tolist(),
    }
    if inverse:
        entry["inverse"] = estimator.inverse_transform(scaled).tolist()
    cases.append(entry)


def pickled(protocol):
    return lambda estimator, path: path.write_bytes(pickle.dumps(estimator, protocol))


def joblibbed(compress):
    return lambda estimator, path: joblib.dump(estimator, path, compress=compress)


class Renamed:
    """Pickles estimators as versions before 0.22 wrote them: by their modules of then."""

    MODULES = {
        "StandardScaler": "sklearn.preprocessing.data",
        "MinMaxScaler": "sklearn.preprocessing.data",
        "MaxAbsScaler": "sklearn.preprocessing.data",
        "RobustScaler": "sklearn.preprocessing.data",
    }
    LATER = {"clip", "n_features_in_", "feature_names_in_", "unit_variance"}

    def __init__(self, protocol):
        self.protocol = protocol

    def __call__(self, estimator, path):
        name = type(estimator).__name__
        module = types.ModuleType(self.MODULES[name])
        old = type(name, (), {"__module__": module.__name__})
        setattr(module, name, old)
        sys.modules[module.__name__] = module
        copy = old()
        copy.__dict__ = {
            k: v for k, v in estimator.__dict__.items()
            if k not in self.LATER and v is not None}
        copy._sklearn_version = "0.20.3"
        data = pickle.dumps(copy, self.protocol)
        path.write_bytes(data.replace(b"cnumpy._core.", b"cnumpy.core."))


def fitted(estimator, data=X):
    return estimator.fit(data)


kinds = {
    "standard": StandardScaler(),
    "standard-no-mean": StandardScaler(with_mean=False),
    "standard-no-std": StandardScaler(with_std=False),
    "standard-nothing": StandardScaler(with_mean=False, with_std=False),
    "minmax": MinMaxScaler(),
    "minmax-clip": MinMaxScaler(feature_range=(-1, 1), clip=True),
    "maxabs": MaxAbsScaler(),
    "robust": RobustScaler(quantile_range=(10.0, 90.0)),
    "robust-unit-variance": RobustScaler(unit_variance=True),
    "robust-no-centre": RobustScaler(with_centering=False),
    "robust-no-scale": RobustScaler(with_scaling=False),
}
for kind, estimator in kinds.items():
    fitted(estimator)
    case(f"{kind}-{version}.pkl", estimator, X, pickled(4))
    case(f"{kind}-{version}.joblib", estimator, X, joblibbed(0))
for kind in ("standard", "minmax"):
    for protocol in range(6):
        case(f"{kind}-{version}-p{protocol}.pkl", kinds[kind], X, pickled(protocol))
for kind in ("standard", "minmax", "maxabs", "robust"):
    for protocol in range(3):
        case(f"{kind}-0.20-p{protocol}.pkl", kinds[kind], X, Renamed(protocol))
for method in ("zlib", "gzip", "bz2", "xz", "lzma", "lz4"):
    level = 1 if method == "lz4" else 3
    case(f"standard-{version}-{method}.joblib", kinds["standard"], X, joblibbed((method, level)))
case(f"float32-{version}.pkl", fitted(MinMaxScaler(), X.astype(np.float32)), X, pickled(4))

named = fitted(StandardScaler(), frame)
case(f"named-{version}.pkl", named, frame, pickled(4))
case(f"named-{version}.joblib", named, frame, joblibbed(("zlib", 3)))

pipe = make_pipeline(StandardScaler(), "passthrough", MinMaxScaler(feature_range=(-3, 5)),
                     FunctionTransformer())
case(f"pipeline-{version}.pkl", fitted(pipe), X, pickled(4))
case(f"pipeline-named-{version}.joblib", fitted(
    Pipeline([("a", RobustScaler()), ("b", MaxAbsScaler())]), frame), frame, joblibbed(3))

columns = {
    "names": ([("s", StandardScaler(), ["price", "load"]), ("m", MinMaxScaler(), ["wind"])],
              "passthrough", frame),
    "drop": ([("s", StandardScaler(), [3, 0]), ("m", MinMaxScaler(), [-1])], "drop", X),
    "slice": ([("s", StandardScaler(), slice(1, 3)), ("m", "passthrough", slice(-1, None))],
              "passthrough", X),
    "slice-names": ([("s", RobustScaler(), slice("wind", "price"))], "passthrough", frame),
    "mask": ([("s", StandardScaler(), [True, False, False, True, True])], MaxAbsScaler(), X),
    "mask-array": ([("s", StandardScaler(), np.array([True, False, False, True, True]))],
                   "passthrough", X),
    "nested": ([("p", make_pipeline(StandardScaler(), MinMaxScaler()), [2, 1]),
                ("c", ColumnTransformer([("x", MaxAbsScaler(), [1])], remainder="passthrough"),
                 [0, 3])], "drop", X),
    "selector": ([("s", StandardScaler(), make_column_selector(pattern="^[lp]"))],
                 "passthrough", frame),
    "dropped": ([("d", "drop", ["constant"]), ("s", StandardScaler(), ["load"])],
                "passthrough", frame),
    "index": ([("s", StandardScaler(), frame.columns[[3, 0]])], "passthrough", frame),
    "range": ([("s", StandardScaler(), pd.RangeIndex(1, 4, 2)), ("m", MinMaxScaler(), [0])],
              "drop", X),
    "overlap": ([("s", StandardScaler(), [0, 1]), ("m", MinMaxScaler(), [1, 2])], "drop", X),
}
for name, (parts, remainder, data) in columns.items():
    transformer = fitted(ColumnTransformer(parts, remainder=remainder), data)
    case(f"columns-{name}-{version}.pkl", transformer, data, pickled(4), inverse=False)
case(f"pipeline-columns-{version}.joblib", fitted(make_pipeline(
    ColumnTransformer([("s", StandardScaler(), ["price", "load"])], remainder="passthrough"),
    MinMaxScaler()), frame), frame, joblibbed(0), inverse=False)

(folder / f"cases-{version}.json").write_text(json.dumps(cases))
print("seed", SEED, "cases", len(cases))
