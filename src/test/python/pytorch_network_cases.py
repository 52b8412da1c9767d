"""Golden networks of PyTorch, state dicts and their recipes: python pytorch_network_cases.py [folder]"""

import io
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parent / "variants"))
import torch
from torch import nn

from cases import write

FOLDER = sys.argv[1] if len(sys.argv) > 1 else "src/test/resources/golden-networks"


class Autoencoder(nn.Module):
    forward_says = ["encoder", "final_state", "repeat(5)", "decoder", "celu(0.5)", "out"]

    def __init__(self):
        super().__init__()
        self.encoder, self.decoder, self.out = nn.LSTM(4, 6, batch_first=True), nn.LSTM(6, 3, batch_first=True), nn.Linear(3, 4)

    def forward(self, x):
        code = self.encoder(x)[1][0][-1]
        return self.out(nn.functional.celu(self.decoder(code.unsqueeze(1).repeat(1, 5, 1))[0], 0.5))


class Window(nn.Module):
    forward_says = [
        "transpose", "conv(padding=2, dilation=2, groups=2)", "bn", "act(prelu)", "max_pool(2, stride=1)", "gn(groups=3)", "transpose",
        "rnn", "flatten", "fc", "softshrink(0.1)"]

    def __init__(self):
        super().__init__()
        self.conv, self.bn, self.act, self.gn = nn.Conv1d(4, 6, 3, padding=2, dilation=2, groups=2), nn.BatchNorm1d(6), nn.PReLU(6), nn.GroupNorm(3, 6)
        self.rnn, self.fc = nn.GRU(6, 5, batch_first=True, bidirectional=True), nn.Linear(60, 3)

    def forward(self, x):
        x = self.act(self.bn(self.conv(x.transpose(1, 2))))
        x = self.gn(nn.functional.max_pool1d(x, 2, stride=1)).transpose(1, 2)
        return nn.functional.softshrink(self.fc(self.rnn(x)[0].flatten(1)), 0.1)


for name, kind, steps in (("pytorch-autoencoder", Autoencoder, 8), ("pytorch-window", Window, 7)):
    torch.manual_seed(11)
    module = kind().eval()
    with torch.no_grad():
        for key, value in module.state_dict().items():
            if value.is_floating_point():
                value.copy_(torch.rand_like(value) + 0.3 if "var" in key else torch.randn_like(value) * 0.5)
        x = torch.randn(3, steps, 4)
        y = module(x)
    out = io.BytesIO()
    torch.save(module.state_dict(), out)
    write(FOLDER, name, {"model.pt": out.getvalue()}, {"x": x.numpy()}, {"output": y.numpy()}, {"forward": kind.forward_says}, 1e-5)
