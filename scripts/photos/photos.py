#!/usr/bin/env python3
"""Draws small colour pictures that look like photographs to a JPEG encoder, for measurements of loading.

Each picture has a sky or wall with a gradient, ground with texture, a few shaded objects, blur and noise. The
class is the kind of object. Needs NumPy and Pillow.

    python3 scripts/photos/photos.py OUT --count 20000 --side 64
    gaetrain train --dataset folder:OUT
    python3 scripts/photos/photos.py OUT --count 20000 --tar 5000   # archives train-000.tar, … of 5,000 images
    python3 scripts/photos/photos.py OUT.npy --sparse 814000        # an array of zeros that takes no space on disk
"""

import argparse
import io
import pathlib
import tarfile

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

CLASSES = ["ball", "box", "tent"]


def picture(random, side, kind):
    """Returns a picture with objects of a kind."""
    big = 2 * side
    top, bottom = random.integers(60, 256, 3), random.integers(30, 200, 3)
    ramp = np.linspace(0, 1, big)[:, None, None]
    pixels = np.repeat(top * (1 - ramp) + bottom * ramp, big, axis=1)
    horizon = int(random.uniform(0.4, 0.7) * big)
    ground = random.integers(20, 180, 3) + random.normal(0, 18, (big - horizon, big, 1))
    pixels[horizon:] = ground
    image = Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8))
    draw = ImageDraw.Draw(image)
    for _ in range(random.integers(1, 4)):
        size = random.integers(big // 6, big // 2)
        x, y = random.integers(0, big - size), horizon - size // 2 + random.integers(-8, 8)
        for shade in range(6):
            colour = tuple(int(c) for c in np.clip(random.integers(0, 40, 3) + 40 * shade, 0, 255))
            inset = shade * size // 14
            box = [x + inset, y + inset, x + size - inset // 2, y + size - inset // 2]
            if kind == "ball":
                draw.ellipse(box, fill=colour)
            elif kind == "box":
                draw.rectangle(box, fill=colour)
            else:
                draw.polygon([(box[0], box[3]), ((box[0] + box[2]) // 2, box[1]), (box[2], box[3])], fill=colour)
    image = image.filter(ImageFilter.GaussianBlur(random.uniform(0.3, 1.5))).resize((side, side), Image.BICUBIC)
    noisy = np.asarray(image, np.float32) + random.normal(0, random.uniform(1, 6), (side, side, 3))
    return Image.fromarray(np.clip(noisy, 0, 255).astype(np.uint8))


def encoded(image):
    data = io.BytesIO()
    image.save(data, "JPEG", quality=90)
    return data.getvalue()


def add(archive, name, data):
    member = tarfile.TarInfo(name)
    member.size = len(data)
    archive.addfile(member, io.BytesIO(data))


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("out", type=pathlib.Path, help="folder of the pictures, or file of the array with --sparse")
    parser.add_argument("--count", type=int, default=20000)
    parser.add_argument("--side", type=int, default=64)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--tar", type=int, default=0, help="write tar archives of this number of pictures instead of files")
    parser.add_argument("--sparse", type=int, default=0, help="write an array N×side×side×3 of zeros, with some pictures at its start")
    o = parser.parse_args()
    random = np.random.default_rng(o.seed)
    if o.sparse:
        array = np.lib.format.open_memmap(o.out, mode="w+", dtype=np.uint8, shape=(o.sparse, o.side, o.side, 3))
        for i in range(min(o.count, 1000, o.sparse)):
            array[i] = np.asarray(picture(random, o.side, CLASSES[i % len(CLASSES)]))
        return
    archive = None
    for i in range(o.count):
        kind = CLASSES[i % len(CLASSES)]
        data = encoded(picture(random, o.side, kind))
        if not o.tar:
            (o.out / kind).mkdir(parents=True, exist_ok=True)
            (o.out / kind / f"{i:06}.jpg").write_bytes(data)
            continue
        if i % o.tar == 0:
            if archive:
                archive.close()
            o.out.mkdir(parents=True, exist_ok=True)
            archive = tarfile.open(o.out / f"train-{i // o.tar:03}.tar", "w")
        add(archive, f"{i:06}.jpg", data)
        add(archive, f"{i:06}.cls", str(i % len(CLASSES)).encode())
    if archive:
        archive.close()


if __name__ == "__main__":
    main()
