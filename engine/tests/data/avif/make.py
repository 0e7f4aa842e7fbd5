"""Makes the AVIF files here, and `expected.txt`: what another decoder makes of them.

Needs avifenc and avifdec 0.11.1 (libavif, with dav1d), Pillow and numpy.
"""
import subprocess

import numpy as np
from PIL import Image

W, H = 64, 48
y, x = np.mgrid[0:H, 0:W].astype(float)
u, v = x / (W - 1), y / (H - 1)
SMOOTH = np.stack([255 * u, 255 * v, 230 - 150 * u * v], -1).round().astype(np.uint8)
ALPHA = np.clip(300 - 9 * np.hypot(x - 32, y - 24), 30, 255).round().astype(np.uint8)


def save(name, array):
    Image.fromarray(array).save(name)
    return name


def encode(name, source, *options):
    subprocess.run(
        ["avifenc", "-s", "6", "-j", "1", "--ignore-icc", "--min", "4", "--max", "12"]
        + list(options) + [source, name + ".avif"], check=True, stdout=subprocess.DEVNULL)


def decode(name):
    subprocess.run(["avifdec", "-d", "8", name + ".avif", "/tmp/decoded.png"],
                   check=True, stdout=subprocess.DEVNULL)
    return Image.open("/tmp/decoded.png")


def decode_limited_709(name):
    """As red, green and blue in double precision: avifdec's blue is 8 levels off."""
    subprocess.run(["avifdec", name + ".avif", "/tmp/decoded.y4m"],
                   check=True, stdout=subprocess.DEVNULL)
    planes = open("/tmp/decoded.y4m", "rb").read().split(b"FRAME\n", 1)[1]
    luma, cb, cr = np.frombuffer(planes, np.uint8).reshape(3, H, W).astype(float)
    luma, cb, cr = (luma - 16) / 219, (cb - 128) / 224, (cr - 128) / 224
    red, blue = luma + 2 * (1 - 0.2126) * cr, luma + 2 * (1 - 0.0722) * cb
    green = (luma - 0.2126 * red - 0.0722 * blue) / 0.7152
    rgb = np.clip(np.stack([red, green, blue], -1), 0, 1)
    return Image.fromarray((255 * rgb).round().astype(np.uint8))


def display_p3_to_srgb(image):
    """In double precision, from the primaries."""
    def matrix(primaries):
        white = np.array([0.3127 / 0.3290, 1, (1 - 0.3127 - 0.3290) / 0.3290])
        columns = np.array([[px / py, 1, (1 - px - py) / py] for px, py in primaries]).T
        return columns * np.linalg.solve(columns, white)
    p3 = matrix([(0.680, 0.320), (0.265, 0.690), (0.150, 0.060)])
    srgb = matrix([(0.640, 0.330), (0.300, 0.600), (0.150, 0.060)])
    c = np.asarray(image.convert("RGB")) / 255
    light = np.where(c <= 0.04045, c / 12.92, ((c + 0.055) / 1.055) ** 2.4)
    light = np.clip(light @ (np.linalg.inv(srgb) @ p3).T, 0, 1)
    c = np.where(light <= 0.0031308, light * 12.92, 1.055 * light ** (1 / 2.4) - 0.055)
    return Image.fromarray((255 * c).round().astype(np.uint8))


rgb = save("/tmp/rgb.png", SMOOTH)
rgba = save("/tmp/rgba.png", np.dstack([SMOOTH, ALPHA]))
grey = save("/tmp/grey.png", SMOOTH[..., 0])
square = save("/tmp/square.png", np.asarray(Image.fromarray(SMOOTH).resize((128, 128))))
same = lambda image: image
FILES = [
    ("420", rgb, ["-y", "420"], same),
    ("422", rgb, ["-y", "422"], same),
    ("444", rgb, ["-y", "444"], same),
    ("grey", grey, ["-y", "400"], same),
    ("420-10", rgb, ["-y", "420", "-d", "10"], same),
    ("422-10", rgb, ["-y", "422", "-d", "10"], same),
    ("444-10", rgb, ["-y", "444", "-d", "10"], same),
    ("grey-10", grey, ["-y", "400", "-d", "10"], same),
    ("444-12", rgb, ["-y", "444", "-d", "12"], same),
    ("limited-709", rgb, ["-y", "444", "-r", "limited", "--cicp", "1/13/1"], same),
    ("limited-2020-10", rgb, ["-y", "444", "-d", "10", "-r", "limited", "--cicp", "1/13/9"], same),
    ("limited-grey-10", grey, ["-y", "400", "-d", "10", "-r", "limited"], same),
    ("identity", rgb, ["-y", "444", "--cicp", "1/13/0"], same),
    ("p3", rgb, ["-y", "444", "--cicp", "12/13/6"], display_p3_to_srgb),
    ("pq-10", rgb, ["-y", "444", "-d", "10", "--cicp", "9/16/9"], same),
    ("turned", rgb, ["-y", "444", "--irot", "1"],
     lambda image: image.transpose(Image.Transpose.ROTATE_90)),
    ("mirrored", rgb, ["-y", "444", "--imir", "0"],
     lambda image: image.transpose(Image.Transpose.FLIP_TOP_BOTTOM)),
    ("turned-mirrored", rgb, ["-y", "444", "--irot", "3", "--imir", "1"],
     lambda image: image.transpose(Image.Transpose.ROTATE_270)
        .transpose(Image.Transpose.FLIP_LEFT_RIGHT)),
    ("cropped", rgb, ["-y", "420", "--clap", "40,1,30,1,2,1,1,1"],
     lambda image: image.crop((14, 10, 54, 40))),
    ("alpha", rgba, ["-y", "444"], same),
    ("alpha-420", rgba, ["-y", "420"], same),
    ("alpha-10", rgba, ["-y", "444", "-d", "10"], same),
    ("premultiplied", rgba, ["-y", "444", "--premultiply"], same),
    ("grid", square, ["-y", "420", "--grid", "2x2"], same),
    ("grain", rgb, ["-y", "444", "-a", "film-grain-test=1"], same),
    ("ycgco", rgb, ["-y", "444", "--cicp", "1/13/8"], None),
]
# Flat, for the memory they take.
flat = save("/tmp/flat.png", np.full((1500, 2000, 3), (200, 90, 30), np.uint8))
for name, options in [
    ("large-444-10", ["-y", "444", "-d", "10"]),
    ("large-422-12", ["-y", "422", "-d", "12"]),
    ("large-grain", ["-y", "420", "-a", "film-grain-test=1"]),
    ("large-grid", ["-y", "420", "--grid", "4x3"]),
]:
    encode(name, flat, *options)
lines = []
for name, source, options, show in FILES:
    encode(name, source, *options)
    if show is None:
        continue
    image = decode_limited_709(name) if name == "limited-709" else decode(name)
    image = show(image if image.mode == "RGBA" else image.convert("RGB"))
    width, height = image.size
    # Pixels on a grid of 5 by 4, inside.
    points = [(width * (2 * i + 1) // 10, height * (2 * j + 1) // 8)
              for j in range(4) for i in range(5)]
    pixels = ["".join(f"{c:02x}" for c in image.getpixel(point)) for point in points]
    lines.append(" ".join([name, f"{width}x{height}"] + pixels))
open("expected.txt", "w").write("\n".join(lines) + "\n")
