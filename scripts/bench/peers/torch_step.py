"""Training steps in PyTorch (1.13 and later), eager by default."""

import functools

import torch
import torch.nn.functional as F
from torch import nn

import measure
import torch_dcgan


def mlp(*sizes):
    layers = []
    for i, o in zip(sizes, sizes[1:]):
        layers += [nn.Linear(i, o), nn.ReLU()]
    return nn.Sequential(*layers[:-1])


class VAE(nn.Module):
    """The model 784-400-20 of PyTorch's examples/vae, with logits as output."""

    def __init__(self):
        super().__init__()
        self.hidden = nn.Linear(784, 400)
        self.mean = nn.Linear(400, 20)
        self.log_variance = nn.Linear(400, 20)
        self.decoder = mlp(20, 400, 784)

    def forward(self, x):
        h = F.relu(self.hidden(x))
        mean, log_variance = self.mean(h), self.log_variance(h)
        z = mean + torch.randn_like(mean) * torch.exp(0.5 * log_variance)
        kl = -0.5 * (1 + log_variance - mean.pow(2) - log_variance.exp()).sum()
        return self.decoder(z), kl


def convolutional():
    def layer(i, o, stride=1):
        return nn.Conv2d(i, o, 3, stride=stride, padding=1)
    return nn.Sequential(
        layer(1, 16, 2), nn.ReLU(), layer(16, 32, 2), nn.ReLU(),
        nn.Upsample(scale_factor=2), layer(32, 16), nn.ReLU(),
        nn.Upsample(scale_factor=2), layer(16, 1))


def transposed():
    return nn.Sequential(
        nn.Conv2d(1, 16, 3, 2, 1), nn.ReLU(), nn.Conv2d(16, 32, 3, 2, 1), nn.ReLU(), nn.Conv2d(32, 64, 7), nn.ReLU(),
        nn.ConvTranspose2d(64, 32, 7), nn.ReLU(), nn.ConvTranspose2d(32, 16, 3, 2, 1, 1), nn.ReLU(),
        nn.ConvTranspose2d(16, 1, 3, 2, 1, 1))


def conv64():
    return nn.Sequential(
        nn.Conv2d(1, 32, 3, 2, 1), nn.ReLU(), nn.Conv2d(32, 64, 3, 2, 1), nn.ReLU(), nn.Flatten(), nn.Linear(3136, 64),
        nn.Linear(64, 3136), nn.ReLU(), nn.Unflatten(1, (64, 7, 7)),
        nn.ConvTranspose2d(64, 32, 4, 2, 1), nn.ReLU(), nn.ConvTranspose2d(32, 1, 4, 2, 1))


def cross_entropy(logits, x, form):
    if form == "softplus":  # the same function in fewer passes
        return F.softplus(logits).sum() - (logits * x).sum()
    return F.binary_cross_entropy_with_logits(logits, x, reduction="sum")


def loss(network, model, form, x):
    """The loss, summed over pixels and averaged over the batch."""
    if model == "vae":
        logits, kl = network(x)
        return (cross_entropy(logits, x, form) + kl) / x.shape[0]
    return cross_entropy(network(x), x, form) / x.shape[0]


def main():
    p = measure.parser(__doc__)
    p.add_argument("--adam", choices=("single", "foreach", "fused", "default"), default="default")
    p.add_argument("--loss", choices=("standard", "softplus"), default="standard")
    p.add_argument("--channels-last", action="store_true")
    p.add_argument("--keep-gradients", action="store_true", help="zero_grad(set_to_none=False)")
    p.add_argument("--reuse-input", action="store_true", help="copy each batch into one buffer")
    p.add_argument("--flush-denormal", action="store_true")
    p.add_argument("--trace", action="store_true", help="torch.jit.trace")
    p.add_argument("--compile", action="store_true", help="torch.compile (2.0 and later)")
    a = p.parse_args()

    torch.manual_seed(1)
    if a.threads:
        torch.set_num_threads(a.threads)
    if a.flush_denormal:
        torch.set_flush_denormal(True)

    batches = torch.from_numpy(measure.images(a.batch))
    if a.model not in ("dense", "vae"):
        batches = batches.view(-1, a.batch, 1, 28, 28)
    batches = list(batches.unbind())
    if a.channels_last:
        batches = [b.contiguous(memory_format=torch.channels_last) for b in batches]
    implementation = {"default": {}, "single": {"foreach": False}}.get(a.adam, {a.adam: True})
    switches = [f"--{k.replace('_', '-')}" + ("" if v is True else f"={v}")
                for k, v in vars(a).items()
                if k not in ("model", "batch", "steps", "seconds", "warmup") and v != p.get_default(k)]
    if a.model == "dcgan":
        step = torch_dcgan.stepper(a, batches, implementation)
    else:
        step = stepper(a, batches, implementation)
    measure.run(a, "pytorch", torch.__version__, switches, step)


def stepper(a, batches, implementation):
    """Returns step(i) of an autoencoder."""
    network = {"dense": lambda: mlp(784, 512, 64, 512, 784), "vae": VAE, "conv": convolutional,
               "transposed": transposed, "conv64": conv64}[a.model]()
    if a.channels_last:
        network = network.to(memory_format=torch.channels_last)
    adam = torch.optim.Adam(network.parameters(), lr=1e-3, **implementation)
    if a.trace:
        network = torch.jit.trace(network, batches[0], check_trace=False)
    criterion = functools.partial(loss, network, a.model, a.loss)
    if a.compile:
        criterion = torch.compile(criterion)
    buffer = batches[0].clone()

    def step(i):
        x = batches[i % len(batches)]
        if a.reuse_input:
            x = buffer.copy_(x)
        adam.zero_grad(set_to_none=not a.keep_gradients)
        value = criterion(x)
        value.backward()
        adam.step()
        return value.item()

    return step


main()
