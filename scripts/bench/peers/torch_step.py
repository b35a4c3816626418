"""Training steps in PyTorch (1.13 and later), eager by default."""

import functools

import torch
import torch.nn.functional as F
from torch import nn

import measure
import nets
import torch_dcgan
import torch_nets


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

    batches = list(torch.from_numpy(measure.images(a.model, a.batch)).unbind())
    if not nets.images_only(a.model):
        batches = [b.flatten(1) for b in batches]
    if a.channels_last:
        batches = [b.contiguous(memory_format=torch.channels_last) for b in batches]
    implementation = {"default": {}, "single": {"foreach": False}}.get(a.adam, {a.adam: True})
    switches = [f"--{k.replace('_', '-')}" + ("" if v is True else f"={v}")
                for k, v in vars(a).items()
                if k not in ("model", "batch", "steps", "seconds", "warmup") and v != p.get_default(k)]
    build = torch_dcgan.stepper if a.model == "dcgan" else stepper
    parameters, step = build(a, batches, implementation)
    measure.run(a, "pytorch", torch.__version__, switches, parameters, step)


def stepper(a, batches, implementation):
    """Returns the number of parameters and step(i) of an autoencoder."""
    parts = torch_nets.build(a.model)
    network = torch_nets.VAE(**parts) if a.model == "vae" else parts["network"]
    count = torch_nets.count(network)
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

    return count, step


main()
