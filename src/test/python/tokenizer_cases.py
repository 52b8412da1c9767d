"""Writes tokenizers of Keras, and the ids that Keras makes of texts.

    python tokenizer_cases.py src/test/resources/preprocessing

Needs Keras 3.
"""

import json
import pathlib
import pickle
import sys

from keras.src.legacy.preprocessing.text import Tokenizer

folder = pathlib.Path(sys.argv[1]) / "vocabulary"
folder.mkdir(parents=True, exist_ok=True)
corpus = ["The gate keeps the state, and the state keeps still.", "A gate\topens!", "Ein Tor größer"]
texts = ["The gate OPENS, unknown the state", "größer... still", "a\nb c", ""]
cases = []
for name, options in {
    "words": {},
    "unknown": {"oov_token": "<OOV>"},
    "limited": {"num_words": 4},
    "limited-unknown": {"num_words": 4, "oov_token": "<OOV>"},
    "characters": {"char_level": True},
    "cased": {"lower": False, "filters": "", "split": ","},
}.items():
    tokenizer = Tokenizer(**options)
    tokenizer.fit_on_texts(corpus)
    ids = tokenizer.texts_to_sequences(texts)
    files = []
    for protocol in (0, 1, 2, 4, 5):
        files.append(f"{name}-p{protocol}.pkl")
        (folder / files[-1]).write_bytes(pickle.dumps(tokenizer, protocol))
    files.append(f"{name}.json")
    (folder / files[-1]).write_text(tokenizer.to_json())
    files.append(f"{name}-twice.json")
    (folder / files[-1]).write_text(json.dumps(tokenizer.to_json()))
    for file in files:
        cases.append({"file": file, "texts": texts, "ids": ids})
(folder / "cases.json").write_text(json.dumps(cases))
