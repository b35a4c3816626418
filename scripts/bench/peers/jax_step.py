"""Training steps in JAX: the whole step is one jit-compiled function with donated buffers."""

import functools
import math

import jax
import jax.numpy as jnp

import measure
import nets
from jax_convolution import FORMS, convolution, transposed

# Learning rate and β₁ of Adam (Kingma & Ba 2015).
ADAM = {"dcgan": (2e-4, 0.5)}
PLAIN = (1e-3, 0.9)


def initial(key, layers):
    """PyTorch's default: weights are uniform in ±1/√(fan in). Biases are 0. Layers without weights have ()."""
    parameters = []
    for kind, *numbers in layers:
        if kind == "dense":
            shape = tuple(numbers)
        elif kind in ("conv", "transposed"):
            inputs, outputs, size = numbers[:3]
            shape = (size, size, inputs, outputs)
        else:
            parameters.append(())
            continue
        key, k = jax.random.split(key)
        bound = 1 / math.sqrt(math.prod(shape[:-1]))
        parameters.append((jax.random.uniform(k, shape, minval=-bound, maxval=bound), jnp.zeros(shape[-1])))
    return parameters


def upsample(x, factor):
    b, h, w, c = x.shape
    return jnp.broadcast_to(x[:, :, None, :, None, :], (b, h, factor, w, factor, c)).reshape(b, factor * h, factor * w, c)


def apply(form, layers, parameters, x):
    """The output of a network. form is that of transposed convolutions."""
    for (kind, *numbers), p in zip(layers, parameters):
        match kind, *numbers:
            case "dense", _, _:
                x = x @ p[0] + p[1]
            case "conv", _, _, _, stride, padding:
                x = convolution(x, p[0], [(padding, padding)] * 2, stride) + p[1]
            case "transposed", _, _, _, *numbers:
                x = transposed(form, x, p[0], *numbers) + p[1]
            case "upsample", factor:
                x = upsample(x, factor)
            case "flatten",:
                x = x.reshape(x.shape[0], -1)
            case "unflatten", c, h, w:
                x = x.reshape(-1, h, w, c)
            case "sigmoid",:
                x = jax.nn.sigmoid(x)
            case _:
                x = {"relu": jax.nn.relu, "leaky-relu": jax.nn.leaky_relu, "elu": jax.nn.elu}[kind](x)
    return x


def cross_entropy(logits, x):
    return jnp.sum(jax.nn.softplus(logits) - x * logits)


def autoencoder_loss(model, form, p, x, key):
    """Summed over pixels and averaged over the batch."""
    of, run = nets.MODELS[model], functools.partial(apply, form)
    kl = 0.0
    if model == "vae":
        h = run(of["hidden"], p["hidden"], x)
        mean, log_variance = (run(of[name], p[name], h) for name in ("mean", "log_variance"))
        z = mean + jax.random.normal(key, mean.shape) * jnp.exp(0.5 * log_variance)
        kl = -0.5 * jnp.sum(1 + log_variance - mean ** 2 - jnp.exp(log_variance))
        logits = run(of["decoder"], p["decoder"], z)
    else:
        logits = run(of["network"], p["network"], x)
    return (cross_entropy(logits, x) + kl) / x.shape[0]


def dcgan_gradient(form, p, x, key):
    """The discriminator's loss, and the gradient of each network's own loss at the same weights."""
    of, run = nets.MODELS["dcgan"], functools.partial(apply, form)
    made, back = jax.vjp(lambda g: run(of["generator"], g, jax.random.normal(key, (x.shape[0], 64))), p["generator"])

    def logits_of(d, images):
        return run(of["discriminator"], d, images)

    def generator_loss(images):
        logits = logits_of(p["discriminator"], images)
        return cross_entropy(logits, 1) / logits.size

    def discriminator_loss(d):
        logits = logits_of(d, jnp.concatenate((x, made)))
        return cross_entropy(logits, jnp.repeat(jnp.array([1.0, 0.0]), x.shape[0])[:, None]) / logits.size

    value, d = jax.value_and_grad(discriminator_loss)(p["discriminator"])
    (g,) = back(jax.grad(generator_loss)(made))
    return value, {"generator": g, "discriminator": d}


def train_step(model, form, state, x):
    """One Adam step."""
    p, m, v, count, key = state
    key, noise = jax.random.split(key)
    if model == "dcgan":
        value, g = dcgan_gradient(form, p, x, noise)
    else:
        value, g = jax.value_and_grad(functools.partial(autoencoder_loss, model, form))(p, x, noise)
    rate, momentum = ADAM.get(model, PLAIN)
    count += 1
    rate *= jnp.sqrt(1 - 0.999 ** count) / (1 - momentum ** count)
    m = jax.tree.map(lambda m, g: momentum * m + (1 - momentum) * g, m, g)
    v = jax.tree.map(lambda v, g: 0.999 * v + 0.001 * g * g, v, g)
    p = jax.tree.map(lambda p, m, v: p - rate * m / (jnp.sqrt(v) + 1e-8), p, m, v)
    return (p, m, v, count, key), value


def main():
    p = measure.parser(__doc__)
    p.add_argument("--random", choices=("threefry2x32", "rbg", "unsafe_rbg"), default="threefry2x32")
    p.add_argument("--scan", type=int, default=1, help="steps per call, in one jax.lax.scan")
    p.add_argument("--transposed", choices=FORMS, default=FORMS[0], help="form of transposed convolutions")
    a = p.parse_args()
    jax.config.update("jax_default_prng_impl", a.random)

    parameters = {name: initial(jax.random.key(i), layers) for i, (name, layers) in enumerate(nets.MODELS[a.model].items())}
    state = (parameters, jax.tree.map(jnp.zeros_like, parameters), jax.tree.map(jnp.zeros_like, parameters),
             jnp.float32(0), jax.random.key(2))
    batches = measure.images(a.model, a.batch)
    if nets.images_only(a.model):
        batches = batches.transpose(0, 1, 3, 4, 2)  # channels last
    else:
        batches = batches.reshape(len(batches), a.batch, -1)
    train = functools.partial(train_step, a.model, a.transposed)
    if a.scan > 1:
        chunks = -(-len(batches) // a.scan)
        shape = batches.shape[1:]
        batches = batches.take(range(chunks * a.scan), axis=0, mode="wrap").reshape(chunks, a.scan, *shape)
        train = functools.partial(jax.lax.scan, train)
    train = jax.jit(train, donate_argnums=0)
    batches = [jax.device_put(b) for b in batches]

    def step(i):
        nonlocal state
        state, value = train(state, batches[i % len(batches)])
        jax.block_until_ready(state)
        return float(value[-1] if a.scan > 1 else value)

    switches = [f"--{k}={getattr(a, k)}" for k in ("random", "scan", "transposed") if getattr(a, k) != p.get_default(k)]
    count = sum(leaf.size for leaf in jax.tree.leaves(parameters))
    measure.run(a, "jax", jax.__version__, switches, count, step, a.scan)


main()
