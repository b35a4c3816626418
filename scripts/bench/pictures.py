"""Colour images as an array in a file, for gaetrain, without NumPy."""

import math
import random

COUNT = 1024


def path(folder, channels, height, width):
    """Returns the path of an .npy file of COUNT images (N×H×W×C, uint8) of blobs. It writes the file if it is missing."""
    file = folder / f"images-{channels}x{height}x{width}.npy"
    if not file.exists():
        folder.mkdir(parents=True, exist_ok=True)
        new = file.with_suffix(".new")
        with new.open("wb") as out:
            write(out, channels, height, width)
        new.replace(file)
    return file


def write(out, channels, height, width):
    header = f"{{'descr': '|u1', 'fortran_order': False, 'shape': ({COUNT}, {height}, {width}, {channels}), }}"
    header = header.ljust(-(10 + len(header) + 1) % 64 + len(header)) + "\n"  # the data start at a multiple of 64 bytes
    out.write(b"\x93NUMPY\x01\x00" + len(header).to_bytes(2, "little") + header.encode())
    scaled = [bytes(level * value // 255 for value in range(256)) for level in range(256)]
    source = random.Random(1)
    for _ in range(COUNT):
        rows = profile(source, height)
        row = bytes(value for pixel in zip(*(profile(source, width) for _ in range(channels))) for value in pixel)
        out.write(b"".join(row.translate(scaled[level]) for level in rows))


def profile(source, length):
    """A Gaussian curve from 0 to 255."""
    centre, spread = source.uniform(0.3, 0.7) * length, source.uniform(0.07, 0.21) * length
    return [int(255 * math.exp(-(((i - centre) / spread) ** 2))) for i in range(length)]
