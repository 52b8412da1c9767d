"""Golden cases of text: python text_cases.py [folder]

Models of tokens, what lies beside them, and what their framework goes on with, the likeliest token
each time. Needs PyTorch and Keras 3.
"""

import io
import json
import os
import pathlib
import pickle
import sys
import tempfile

os.environ.setdefault("KERAS_BACKEND", "torch")
import keras
import numpy as np
import torch
from keras import layers as L
from keras.src.legacy.preprocessing.text import Tokenizer
from keras.utils import pad_sequences
from torch import nn

FOLDER = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else "src/test/resources/golden-texts")
TEXT = "the gate keeps the state, and the state keeps the gate.\nno gate is open for ever.\n"
CHARS = sorted(set(TEXT))
ID = {c: i for i, c in enumerate(CHARS)}
STEPS = 40


def likeliest(scores):
    """The likeliest id; that of another kernel's rounding too."""
    first, second = np.sort(np.asarray(scores, dtype="float64"))[::-1][:2]
    assert first - second > 1e-5, (first, second)
    return int(np.argmax(scores))


def write(name, prompt, ids, decode, files, options=None, probabilities=None):
    folder = FOLDER / name
    folder.mkdir(parents=True, exist_ok=True)
    for file, content in files.items():
        (folder / file).write_bytes(content if isinstance(content, bytes) else content.encode())
    case = {"prompt": prompt, "ids": ids, "files": sorted(files), **(options or {})}
    if decode:
        case["text"] = decode(ids)
    if probabilities:
        case["probabilities"] = probabilities
    (folder / "case.json").write_text(json.dumps(case))
    print(name, repr(case.get("text", ids)))


class Chars(nn.Module):
    def __init__(self, one_hot, cell, layers):
        super().__init__()
        self.one_hot = one_hot
        if not one_hot:
            self.embedding = nn.Embedding(len(CHARS), 12)
        width = len(CHARS) if one_hot else 12
        self.rnn = cell(width, 24, layers, batch_first=True)
        self.fc = nn.Linear(24, len(CHARS))

    def forward(self, ids, state=None):
        x = nn.functional.one_hot(ids, len(CHARS)).float() if self.one_hot else self.embedding(ids)
        y, state = self.rnn(x, state)
        return self.fc(y), state


def train_torch(model):
    ids = torch.tensor([[ID[c] for c in TEXT]])
    optimizer = torch.optim.Adam(model.parameters(), 0.02)
    for _ in range(60):
        loss = nn.functional.cross_entropy(model(ids[:, :-1])[0][0], ids[0, 1:])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return model.eval()


def go_on(model, prompt):
    """As such programs do: the state is carried, each answer is the next input."""
    ids, probabilities = [], []
    with torch.no_grad():
        scores, state = model(torch.tensor([[ID[c] for c in prompt]]))
        for _ in range(STEPS):
            ids.append(likeliest(scores[0, -1]))
            probabilities.append(float(torch.softmax(scores[0, -1], 0)[ids[-1]]))
            scores, state = model(torch.tensor([[ids[-1]]]), state)
    return ids, probabilities


def chars(ids):
    return "".join(CHARS[i] for i in ids)


def torch_case(name, model, prompt, vocabulary):
    import io
    ids, probabilities = go_on(train_torch(model), prompt)
    file = io.BytesIO()
    torch.save(model.state_dict(), file)
    files = {"model.pt": file.getvalue(), **vocabulary}
    write(name, prompt, ids, chars, files, probabilities=probabilities)


def train_keras(model, x, y):
    model.compile("adam", "sparse_categorical_crossentropy")
    model.optimizer.learning_rate = 0.02
    model.fit(x, y, epochs=80, batch_size=16, verbose=0)


def saved(model):
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder) / "model.keras"
        model.save(path)
        content = path.read_bytes()
    return content


def keras_scores(model, x):
    return np.asarray(model(x, training=False).detach().cpu())


torch.manual_seed(7)
keras.utils.set_random_seed(7)
torch_case("torch-one-hot-lstm", Chars(True, nn.LSTM, 1), "the ",
           {"vocabulary.json": json.dumps(CHARS)})
torch_case("torch-embedding-gru-layers", Chars(False, nn.GRU, 2), "no gate",
           {"vocabulary.json": json.dumps(ID)})

# Words, a window padded in front.
tokenizer = Tokenizer(filters=".,\n")
tokenizer.fit_on_texts([TEXT])
words = tokenizer.texts_to_sequences([TEXT])[0]
size = len(tokenizer.word_index) + 1
x = pad_sequences([words[:i] for i in range(1, len(words))], maxlen=5)
model = keras.Sequential([keras.Input((5,)), L.Embedding(size, 8), L.LSTM(12), L.Dense(size, activation="softmax")])
train_keras(model, x, np.array(words[1:]))
for name, prompt in {"keras-words-window": "the gate", "keras-words-window-long": "and the state keeps the gate no gate"}.items():
    own = tokenizer.texts_to_sequences([prompt])[0]
    ids = []
    for _ in range(STEPS):
        scores = keras_scores(model, pad_sequences([own + ids], maxlen=5))[0]
        ids.append(likeliest(scores))
    write(name, prompt, ids, lambda ids: " ".join(tokenizer.index_word.get(i, "") for i in ids if i),
          {"model.keras": saved(model), "vocabulary.pkl": pickle.dumps(tokenizer, 4)})

# Masked padding: the same with mask_zero.
model = keras.Sequential([keras.Input((5,)), L.Embedding(size, 8, mask_zero=True), L.GRU(12), L.Dense(size, activation="softmax")])
train_keras(model, x, np.array(words[1:]))
own, ids = tokenizer.texts_to_sequences(["the gate"])[0], []
for _ in range(STEPS):
    ids.append(likeliest(keras_scores(model, pad_sequences([own + ids], maxlen=5))[0]))
write("keras-words-masked", "the gate", ids, lambda ids: " ".join(tokenizer.index_word.get(i, "") for i in ids if i),
      {"model.keras": saved(model), "vocabulary.json": tokenizer.to_json()})

# Characters, one-hot, a window, two layers: Keras' own example of text generation.
one_hot = np.eye(len(CHARS), dtype="float32")
text = [ID[c] for c in TEXT]
x = np.stack([one_hot[text[i:i + 10]] for i in range(len(text) - 10)])
model = keras.Sequential([keras.Input((10, len(CHARS))), L.LSTM(16, return_sequences=True), L.LSTM(16), L.Dense(len(CHARS), activation="softmax")])
train_keras(model, x, np.array(text[10:]))
own, ids = [ID[c] for c in "e keeps th"], []
for _ in range(STEPS):
    ids.append(likeliest(keras_scores(model, one_hot[(own + ids)[-10:]][None])[0]))
write("keras-one-hot-window", "e keeps th", ids, chars,
      {"model.keras": saved(model), "vocabulary.json": json.dumps(CHARS)})

# Characters of any length, ids alone.
model = keras.Sequential([keras.Input((None,)), L.Embedding(len(CHARS), 10), L.GRU(20, return_sequences=True), L.Dense(len(CHARS), activation="softmax")])
train_keras(model, np.array([text[:-1]] * 16), np.array([text[1:]] * 16))
own, ids = [ID[c] for c in "the s"], []
for _ in range(STEPS):
    ids.append(likeliest(keras_scores(model, np.array([own + ids]))[0, -1]))
write("keras-ids", own, ids, None, {"model.keras": saved(model)})


class Logarithms(Chars):
    def forward(self, ids, h, c):
        y, (h, c) = self.rnn(self.embedding(ids), (h, c))
        return torch.log_softmax(self.fc(y), -1), h, c


# An ONNX graph that hands its state on, with log_softmax.
model = Logarithms(False, nn.LSTM, 1)
model.load_state_dict(train_torch(Chars(False, nn.LSTM, 1)).state_dict())
zero = torch.zeros(1, 1, 24)
own, ids, state = [ID[c] for c in "and the "], [], (zero, zero)
with torch.no_grad():
    scores, *state = model(torch.tensor([own]), *state)
    for _ in range(STEPS):
        ids.append(likeliest(scores[0, -1]))
        scores, *state = model(torch.tensor([[ids[-1]]]), *state)
graph = io.BytesIO()
torch.onnx.export(
    model, (torch.tensor([own]), zero, zero), graph, dynamo=False, input_names=["ids", "h", "c"],
    output_names=["output", "hn", "cn"],
    dynamic_axes={"ids": {0: "batch", 1: "time"}, "h": {1: "batch"}, "c": {1: "batch"}})
write("onnx-log-softmax", "and the ", ids, chars,
      {"model.onnx": graph.getvalue(), "vocabulary.json": json.dumps(CHARS)})

# A network with branches, which goes on from its state too.
x = keras.Input((None,))
e = L.Embedding(len(CHARS), 10)(x)
h = L.LSTM(20, return_sequences=True)(e)
model = keras.Model(x, L.Dense(len(CHARS), activation="softmax")(L.Concatenate()([h, e])))
train_keras(model, np.array([text[:-1]] * 16), np.array([text[1:]] * 16))
own, ids = [ID[c] for c in "gate "], []
for _ in range(STEPS):
    ids.append(likeliest(keras_scores(model, np.array([own + ids]))[0, -1]))
write("keras-branches", "gate ", ids, chars, {"model.keras": saved(model), "vocabulary.json": json.dumps(CHARS)})
