"""PyTorch module of model cvae, written by gaetrain VERSION. load() returns it with its weights.

Inputs and outputs: pixels from 0 (black) to 255 (white), in the order channel, row, column.
"""

import torch
from safetensors.torch import load_file
from torch import nn
from torch.nn import functional as F


class Encoder(nn.Module):
    """From input (B×1×8×8) and labels (B) to mean (B×2) and log variance (B×2)."""

    def __init__(self):
        super().__init__()
        self.layer1 = nn.Conv2d(1, 3, 3, stride=2, padding=1, bias=False)
        self.layer1_norm = nn.BatchNorm2d(3)
        self.layer2_1 = nn.Conv2d(3, 3, 3, padding=1)
        self.layer2_2 = nn.Conv2d(3, 3, 3, padding=1)
        self.layer3 = nn.Linear(48, 6)
        self.layer3_classes = nn.Embedding(2, 6)
        self.layer4 = nn.Linear(6, 4)

    def forward(self, x, labels):
        x = F.relu(self.layer1_norm(self.layer1(x / 255)))
        x = self.layer3((self.layer2_2(F.relu(self.layer2_1(x))) + x).flatten(1))
        x = self.layer4(F.relu(x + self.layer3_classes(labels)))
        return x[:, 0:2], x[:, 2:4].clamp(-10, 10)


class Decoder(nn.Module):
    """From code (B×2) and labels (B) to reconstruction (B×1×8×8)."""

    def __init__(self):
        super().__init__()
        self.layer1 = nn.Linear(2, 6)
        self.layer1_classes = nn.Embedding(2, 6)
        self.layer2 = nn.Linear(6, 48)
        self.layer3_1 = nn.Conv2d(3, 3, 3, padding=1)
        self.layer3_2 = nn.Conv2d(3, 3, 3, padding=1)
        self.layer4 = nn.ConvTranspose2d(3, 1, 4, stride=2, padding=1)

    def forward(self, z, labels):
        z = F.relu(self.layer2(F.relu(self.layer1(z) + self.layer1_classes(labels))))
        z = self.layer3_2(F.relu(self.layer3_1(z.view(-1, 3, 4, 4)))) + z.view(-1, 3, 4, 4)
        return torch.sigmoid(self.layer4(z)) * 255


class Autoencoder(nn.Module):
    """From input (B×1×8×8) to reconstruction and code."""

    def __init__(self):
        super().__init__()
        self.encoder = Encoder()
        self.decoder = Decoder()

    def forward(self, x, labels):
        z, _ = self.encoder(x, labels)  # the mean of the posterior
        return self.decoder(z, labels), z


def load(path="weights.safetensors"):
    """Returns the module with its weights, for inference."""
    model = Autoencoder()
    model.load_state_dict(load_file(path))
    return model.eval()
