"""Writes tokenizers as Python 2 pickles them, beside the cases of tokenizer_cases.py.

    python2 tokenizer_python2.py src/test/resources/preprocessing/vocabulary

Keras' class is stood in for by one of its name, which has its attributes.
"""

import collections
import json
import os
import pickle
import sys
import types

folder = sys.argv[1]
module = types.ModuleType("keras_preprocessing.text")
parent = types.ModuleType("keras_preprocessing")
sys.modules["keras_preprocessing.text"] = module
sys.modules["keras_preprocessing"] = parent


class Tokenizer(object):
    pass


Tokenizer.__module__ = module.__name__
module.Tokenizer = Tokenizer

with open(os.path.join(folder, "cases.json")) as file:
    cases = [case for case in json.load(file) if not case["file"].startswith("python2")]
words = [case for case in cases if case["file"] == "unknown.json"][0]
with open(os.path.join(folder, "unknown.json")) as file:
    config = json.load(file)["config"]
tokenizer = Tokenizer()
for name, value in config.items():
    nested = name in ("word_counts", "word_docs", "index_docs", "index_word", "word_index")
    setattr(tokenizer, str(name), json.loads(value) if nested else value)
tokenizer.word_counts = collections.OrderedDict(sorted(tokenizer.word_counts.items()))
tokenizer.word_docs = collections.defaultdict(int, tokenizer.word_docs)
for protocol in (0, 1, 2):
    file = "python2-p%d.pkl" % protocol
    with open(os.path.join(folder, file), "wb") as out:
        pickle.dump(tokenizer, out, protocol)
    cases.append({"file": file, "texts": words["texts"], "ids": words["ids"]})
with open(os.path.join(folder, "cases.json"), "w") as out:
    json.dump(cases, out)
