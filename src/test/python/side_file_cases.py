"""Writes labels, thresholds and refused files that the tests of side files read.

    python side_file_cases.py src/test/resources/preprocessing

Needs scikit-learn, joblib and pandas.
"""

import json
import os
import pathlib
import pickle
import sys

import joblib
import numpy as np
from sklearn.compose import ColumnTransformer
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import (
    FunctionTransformer, KBinsDiscretizer, LabelBinarizer, LabelEncoder, MinMaxScaler, Normalizer,
    OneHotEncoder, PolynomialFeatures, PowerTransformer, QuantileTransformer, StandardScaler)

folder = pathlib.Path(sys.argv[1])
labels = folder / "labels"
refused = folder / "refused"
thresholds = folder / "threshold"
for each in (labels, refused, thresholds):
    each.mkdir(parents=True, exist_ok=True)

names = ["walking", "sitting", "standing", "läuft"]
fitted = {
    "encoder": LabelEncoder().fit(names),
    "encoder-objects": LabelEncoder().fit(np.array(names, dtype=object)),
    "encoder-numbers": LabelEncoder().fit([30, 10, 20]),
    "binarizer": LabelBinarizer().fit(names),
    "onehot": OneHotEncoder().fit([[name] for name in names]),
    "array": np.array(names),
    "array-objects": np.array(names, dtype=object),
    "list": names,
    "dict": dict(enumerate(names)),
}
for name, value in fitted.items():
    for protocol in (0, 2, 4, 5):
        (labels / f"{name}-p{protocol}.pkl").write_bytes(pickle.dumps(value, protocol))
    joblib.dump(value, labels / f"{name}.joblib", compress=3 if name == "list" else 0)
np.save(labels / "classes.npy", np.array(names))
np.save(labels / "classes-objects.npy", np.array(names, dtype=object))

value = np.float64(0.12345678901234567)
for name, number in {"float": float(value), "scalar": value, "zero-d": np.array(value),
                     "one": np.array([value])}.items():
    for protocol in (0, 1, 2, 4, 5):
        (thresholds / f"{name}-p{protocol}.pkl").write_bytes(pickle.dumps(number, protocol))
    joblib.dump(number, thresholds / f"{name}.joblib")
np.save(thresholds / "scalar.npy", value)
(thresholds / "threshold.txt").write_text(f"{value!s}\n")
(thresholds / "threshold.json").write_text(json.dumps({"threshold": float(value)}))

rng = np.random.default_rng(7)
X = rng.normal(size=(30, 3)) + 5


class Runs:
    def __reduce__(self):
        return os.system, ("touch /tmp/keepgate-was-run",)


class Evaluates:
    def __reduce__(self):
        return eval, ("1 + 1",)


bad = {
    "PowerTransformer": PowerTransformer().fit(X),
    "QuantileTransformer": QuantileTransformer(n_quantiles=5).fit(X),
    "Normalizer": Normalizer().fit(X),
    "KBinsDiscretizer": KBinsDiscretizer(n_bins=3, quantile_method="averaged_inverted_cdf").fit(X),
    "PolynomialFeatures": PolynomialFeatures().fit(X),
    "numpy.log1p": FunctionTransformer(np.log1p).fit(X),
    "system": Runs(),
    "builtins.eval": Evaluates(),
    "not-fitted": StandardScaler(),
    "pipeline-PowerTransformer": make_pipeline(StandardScaler(), PowerTransformer()).fit(X),
    "columns-OneHotEncoder": ColumnTransformer(
        [("s", StandardScaler(), [0]), ("o", OneHotEncoder(), [1])]).fit(np.round(X)),
    "transformer_weights": ColumnTransformer(
        [("s", StandardScaler(), [0])], transformer_weights={"s": 2.0}).fit(X),
}
for name, value in bad.items():
    (refused / f"{name}.pkl").write_bytes(pickle.dumps(value, 4))
with open(refused / "two.pkl", "wb") as file:
    pickle.dump(StandardScaler().fit(X), file)
    pickle.dump(MinMaxScaler().fit(X), file)
joblib.dump(Runs(), refused / "system.joblib", compress=3)

bomb = StandardScaler().fit(X)
bomb.scale_ = np.ones(40_000_000)
joblib.dump(bomb, refused / "bomb.joblib", compress=("bz2", 9))
wide = pickle.dumps(StandardScaler().fit(X), 2).replace(b"K\x03\x85", b"J\xff\xff\xff\x7f\x85")
(refused / "wide.pkl").write_bytes(wide)
