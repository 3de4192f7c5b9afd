"""Pictures that are damaged in any way: left out and counted, in bounded memory; the sound ones are all learnt."""

import json
import random
import re
import struct
import subprocess
import sys
import zlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from helpers.commands import environment
from helpers.layouts import encoded
from unspool.data.pictures.pixels import open_pixels

KINDS = ("PNG", "JPEG", "GIF", "BMP", "TIFF", "WEBP")
ENDINGS = {"PNG": ".png", "JPEG": ".jpg", "GIF": ".gif", "BMP": ".bmp", "TIFF": ".tif", "WEBP": ".webp"}
LIBTIFF = re.compile(r"\w*TIFF\w*: .*|.*tempfile\.tif: .*")  # what the C library prints, past Python
MEMORY = 300  # MB that reading may take beyond what was taken before; the headers claim up to 40,000
CHILD = """
import json, resource, sys
from pathlib import Path
from unspool.data.findings import Findings
from unspool.data.pictures.pixels import write_pixels
from unspool.data.pictures.reading import read_labelled_pictures
from unspool.specs.pictures import PictureDataSpec
import PIL.Image, PIL.ImageOps
PIL.Image.init()

def peak():  # of the memory of this process alone, in kB
    status = Path("/proc/self/status")
    return int(status.read_text().partition("VmHWM:")[2].split()[0]) if status.exists() else 0

resource.setrlimit(resource.RLIMIT_AS, (16 << 30, 16 << 30))
before = peak()
findings = Findings()
rows = read_labelled_pictures([sys.argv[1]], PictureDataSpec(), None, findings)
kept = write_pixels(Path(sys.argv[2]), "x", [row.picture for row in rows], 8, 8, 3, findings, lambda count: None)
names = [row.picture.name for row in rows]
print(json.dumps({"names": names, "kept": kept.tolist(), "lines": findings.lines, "peak": (peak() - before) / 1024}))
"""


def picture(generator: random.Random, kind: str) -> bytes:
    """A sound picture of any mode and a small size, also with several frames."""
    width, height = generator.randrange(1, 60), generator.randrange(1, 60)
    pixels = np.frombuffer(generator.randbytes(width * height * 3), np.uint8).reshape(height, width, 3)
    modes = {"JPEG": ("RGB", "L", "CMYK"), "BMP": ("RGB", "L", "P", "1"), "WEBP": ("RGB", "RGBA")}
    mode = generator.choice(modes.get(kind, ("RGB", "L", "P", "1", "RGBA")))
    image = Image.fromarray(pixels).convert(mode)
    options = {"compression": "tiff_lzw"} if kind == "TIFF" and mode != "1" and generator.randrange(2) else {}
    return encoded(image, kind, **options)


def chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def huge(kind: str, width: int, height: int) -> bytes:
    """A picture whose header claims a size, as far as its format can say it, and that has hardly any pixels."""
    small = bytearray(encoded(Image.new("RGB", (16, 16)), kind))
    if kind == "PNG":
        head = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
        return bytes(small[:8]) + head + bytes(small[33:])
    if kind == "JPEG":
        place = small.index(b"\xff\xc0") + 5
        small[place : place + 4] = struct.pack(">HH", min(height, 65535), min(width, 65535))
    elif kind == "GIF":
        size = struct.pack("<HH", min(width, 65535), min(height, 65535))
        small[6:10] = size
        frame = small.index(b"\x2c\0\0\0\0") + 5
        small[frame : frame + 4] = size
    elif kind == "BMP":
        small[18:26] = struct.pack("<ii", width, height)
    elif kind == "TIFF":
        for tag, size in ((256, width), (257, height)):
            entry = struct.pack("<HHI", tag, 4, 1)
            place = small.index(struct.pack("<H", tag) + b"\x03\0\x01\0\0\0" if entry not in small else entry)
            small[place : place + 12] = entry + struct.pack("<I", size)
    else:
        canvas = struct.pack("<I", width - 1)[:3] + struct.pack("<I", height - 1)[:3]
        extended = b"VP8X" + struct.pack("<I", 10) + bytes(4) + canvas
        body = b"WEBP" + extended + bytes(small[12:])
        return b"RIFF" + struct.pack("<I", len(body)) + body
    return bytes(small)


def turned(generator: random.Random, data: bytes) -> bytes:
    changed = bytearray(data)
    for _ in range(generator.choice((1, 3, 30))):
        changed[generator.randrange(len(data))] ^= 1 << generator.randrange(8)
    return bytes(changed)


DAMAGES: dict[str, Callable[[random.Random, str, bytes], bytes]] = {
    "truncated": lambda generator, kind, data: data[: generator.randrange(1, len(data))],
    "turned": lambda generator, kind, data: turned(generator, data),
    "empty": lambda generator, kind, data: b"",
    "huge": lambda generator, kind, data: huge(kind, 100_000, 100_000),
    "large": lambda generator, kind, data: huge(kind, *generator.choice(((60_000, 60_000), (16_000, 16_000)))),
    "noise": lambda generator, kind, data: data[: generator.randrange(2, 40)] + generator.randbytes(200),
    "text": lambda generator, kind, data: b"this is no picture\n" * generator.randrange(1, 9),
    "inside": lambda generator, kind, data: data[: len(data) // 2] + generator.randbytes(9) + data[len(data) // 2 :],
}
NEVER = ("empty", "huge", "large", "text")  # damages after which nothing can be read


def learnt(folder: Path, out: Path) -> dict[str, object]:
    out.mkdir()
    command = [sys.executable, "-W", "error", "-c", CHILD, str(folder), str(out)]
    result = subprocess.run(command, capture_output=True, text=True, env=environment(), check=False)
    assert result.returncode == 0, result.stderr[-3000:]
    printed = [line for line in result.stderr.splitlines() if not LIBTIFF.fullmatch(line)]
    assert not printed  # no traceback, no warning
    return json.loads(result.stdout)


def check(tmp_path: Path, damaged: int, sound: int) -> None:
    generator = random.Random(damaged)
    known: dict[str, str] = {}  # the name of each picture -> what was done to it
    for number in range(damaged + sound):
        kind = KINDS[number % len(KINDS)]
        damage = list(DAMAGES)[number // len(KINDS) % len(DAMAGES)] if number < damaged else "sound"
        data = picture(generator, kind)
        data = data if damage == "sound" else DAMAGES[damage](generator, kind, data)
        ending = ENDINGS[generator.choice(KINDS)] if generator.randrange(3) == 0 else ENDINGS[kind]  # a wrong one
        path = tmp_path / "data" / f"class{number % 3}" / f"{number}{ending}"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
        known[str(path)] = damage
    found = learnt(tmp_path / "data", tmp_path / "out")
    assert sorted(found["names"]) == sorted(known)
    kept = [found["names"][index] for index in found["kept"]]
    assert {name for name, damage in known.items() if damage == "sound"} <= set(kept)
    assert not [name for name in kept if known[name] in NEVER]
    counted = [
        re.fullmatch(r"pictures left out because (.*): ([\d,]+), the first (.*)\.", line) for line in found["lines"]
    ]
    assert all(counted), found["lines"]
    assert sum(int(line[2].replace(",", "")) for line in counted) == len(known) - len(kept)
    assert len(open_pixels(tmp_path / "out", "x")) == len(kept)
    assert found["peak"] < MEMORY
    reasons = {line[1] for line in counted}
    assert {"they are empty files", "they are no pictures", "they are broken or cut off"} <= reasons
    assert "they have more than 100,000,000 pixels" in reasons


def test_sixty_damaged_pictures_are_counted_and_the_sound_ones_learnt(tmp_path: Path) -> None:
    check(tmp_path, 60, 30)


def test_headers_that_claim_as_much_as_is_allowed_take_the_memory_of_one_picture(tmp_path: Path) -> None:
    for kind in KINDS:
        path = tmp_path / "data" / "class" / f"x{ENDINGS[kind]}"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(huge(kind, 9_900, 9_900))
    (tmp_path / "data" / "class" / "sound.png").write_bytes(encoded(Image.new("RGB", (9, 9))))
    found = learnt(tmp_path / "data", tmp_path / "out")
    assert len(found["names"]) == len(KINDS) + 1
    assert found["names"].index(str(tmp_path / "data" / "class" / "sound.png")) in found["kept"]
    assert found["peak"] < 3 * 4 * 99  # MB: three copies of 4 bytes a pixel


@pytest.mark.slow
def test_a_thousand_damaged_pictures_are_counted_and_the_sound_ones_learnt(tmp_path: Path) -> None:
    check(tmp_path, 1000, 300)
