"""A step of a DCGAN in PyTorch: both nets have two convolutional layers of 64 channels."""

import torch
import torch.nn.functional as F

import torch_nets

CODE = 64


def stepper(a, batches, implementation):
    """Returns the number of parameters, and step(i): both nets are updated once, with gradients at the same weights, as in
    gaetrain."""
    layout = {"memory_format": torch.channels_last} if a.channels_last else {}
    g, d = (net.to(**layout) for net in torch_nets.build("dcgan").values())
    moved = {net: torch.optim.Adam(net.parameters(), lr=2e-4, betas=(0.5, 0.999), **implementation) for net in (g, d)}
    weights, count = list(d.parameters()), torch_nets.count(g, d)
    if a.trace:
        g = torch.jit.trace(g, torch.randn(a.batch, CODE), check_trace=False)
        d = torch.jit.trace(d, batches[0], check_trace=False)
    if a.compile:
        g, d = torch.compile(g), torch.compile(d)
    real, made = torch.ones(a.batch, 1), torch.zeros(a.batch, 1)
    buffer = batches[0].clone()

    def step(i):
        x = batches[i % len(batches)]
        if a.reuse_input:
            x = buffer.copy_(x)
        for solver in moved.values():
            solver.zero_grad(set_to_none=not a.keep_gradients)
        images = g(torch.randn(a.batch, CODE))
        for w in weights:  # the generator's loss needs no gradients of the discriminator's weights
            w.requires_grad_(False)
        F.binary_cross_entropy_with_logits(d(images), real).backward()
        for w in weights:
            w.requires_grad_(True)
        both = torch.cat((x, images.detach()))
        if a.channels_last:
            both = both.contiguous(memory_format=torch.channels_last)
        loss = F.binary_cross_entropy_with_logits(d(both), torch.cat((real, made)))
        loss.backward()
        for solver in moved.values():
            solver.step()
        return loss.item()

    return count, step
