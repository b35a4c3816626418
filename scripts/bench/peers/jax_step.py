"""Training steps in JAX: the whole step is one jit-compiled function with donated buffers."""

import functools
import math

import jax
import jax.numpy as jnp

import measure

SIZES = {"dense": {"a": (784, 512), "b": (512, 64), "c": (64, 512), "d": (512, 784)},
         "vae": {"hidden": (784, 400), "mean": (400, 20), "log_variance": (400, 20), "c": (20, 400), "d": (400, 784)},
         "conv": {"a": (3, 3, 1, 16), "b": (3, 3, 16, 32), "c": (3, 3, 32, 16), "d": (3, 3, 16, 1)}}


def initial(key, model):
    """PyTorch's default: uniform in +-1/sqrt(fan in)."""
    parameters = {}
    for name, shape in SIZES[model].items():
        key, k = jax.random.split(key)
        bound = 1 / math.sqrt(math.prod(shape[:-1]))
        parameters[name] = (jax.random.uniform(k, shape, minval=-bound, maxval=bound), jnp.zeros(shape[-1]))
    return parameters


def affine(parameters, name, x):
    w, b = parameters[name]
    return x @ w + b


def convolution(parameters, name, x, stride=1):
    w, b = parameters[name]
    return jax.lax.conv_general_dilated(
        x, w, (stride, stride), ((1, 1), (1, 1)), dimension_numbers=("NHWC", "HWIO", "NHWC")) + b


def upsample(x):
    b, h, w, c = x.shape
    return jnp.broadcast_to(x[:, :, None, :, None, :], (b, h, 2, w, 2, c)).reshape(b, 2 * h, 2 * w, c)


def forward(model, p, x, key):
    """Returns the logits and the KL divergence."""
    relu = jax.nn.relu
    if model == "dense":
        code = relu(affine(p, "b", relu(affine(p, "a", x))))
        return affine(p, "d", relu(affine(p, "c", code))), 0.0
    if model == "vae":
        h = relu(affine(p, "hidden", x))
        mean, log_variance = affine(p, "mean", h), affine(p, "log_variance", h)
        z = mean + jax.random.normal(key, mean.shape) * jnp.exp(0.5 * log_variance)
        kl = -0.5 * jnp.sum(1 + log_variance - mean ** 2 - jnp.exp(log_variance))
        return affine(p, "d", relu(affine(p, "c", z))), kl
    h = x.reshape(-1, 28, 28, 1)
    h = relu(convolution(p, "b", relu(convolution(p, "a", h, 2)), 2))
    h = relu(convolution(p, "c", upsample(h)))
    return convolution(p, "d", upsample(h)).reshape(x.shape), 0.0


def loss(p, model, x, key):
    logits, kl = forward(model, p, x, key)
    return (jnp.sum(jax.nn.softplus(logits) - x * logits) + kl) / x.shape[0]


def train_step(model, state, x):
    """One Adam step (Kingma & Ba 2015, learning rate 1e-3)."""
    p, m, v, count, key = state
    key, noise = jax.random.split(key)
    value, g = jax.value_and_grad(loss)(p, model, x, noise)
    count += 1
    rate = 1e-3 * jnp.sqrt(1 - 0.999 ** count) / (1 - 0.9 ** count)
    m = jax.tree.map(lambda m, g: 0.9 * m + 0.1 * g, m, g)
    v = jax.tree.map(lambda v, g: 0.999 * v + 0.001 * g * g, v, g)
    p = jax.tree.map(lambda p, m, v: p - rate * m / (jnp.sqrt(v) + 1e-8), p, m, v)
    return (p, m, v, count, key), value


def main():
    p = measure.parser(__doc__)
    p.add_argument("--random", choices=("threefry2x32", "rbg", "unsafe_rbg"), default="threefry2x32")
    p.add_argument("--scan", type=int, default=1, help="steps per call, in one jax.lax.scan")
    a = p.parse_args()
    jax.config.update("jax_default_prng_impl", a.random)

    parameters = initial(jax.random.key(1), a.model)
    state = (parameters, jax.tree.map(jnp.zeros_like, parameters), jax.tree.map(jnp.zeros_like, parameters),
             jnp.float32(0), jax.random.key(2))
    batches = measure.images(a.batch)
    train = functools.partial(train_step, a.model)
    if a.scan > 1:
        chunks = -(-len(batches) // a.scan)
        batches = batches.take(range(chunks * a.scan), axis=0, mode="wrap").reshape(chunks, a.scan, a.batch, 784)
        train = lambda state, xs: jax.lax.scan(functools.partial(train_step, a.model), state, xs)
    train = jax.jit(train, donate_argnums=0)
    batches = [jax.device_put(b) for b in batches]

    def step(i):
        nonlocal state
        state, value = train(state, batches[i % len(batches)])
        jax.block_until_ready(state)
        return float(value[-1] if a.scan > 1 else value)

    switches = [f"--{k}={getattr(a, k)}" for k in ("random", "scan") if getattr(a, k) != p.get_default(k)]
    measure.run(a, "jax", jax.__version__, switches, step, a.scan)


main()
