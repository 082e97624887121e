"""Packages of a few pictures in the registries' own formats, for the tests of sources, fetch and
pool.
"""

from __future__ import annotations

import io
import json
import lzma
import tarfile
from pathlib import Path

import pyarrow as pa
from PIL import Image, ImageDraw

LABELS = [
    "dog",
    "cat",
    "pig",
    "sheep",
    "goat",
    "horse",
    "camel",
    "llama",
    "mouse",
    "rat",
    "bear",
    "koala",
]
CODES = [f"1F{400 + number}" for number in range(len(LABELS))]


def tar_bytes(files: dict[str, bytes]) -> bytes:
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w") as tar:
        for name, data in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(data)
            tar.addfile(member, io.BytesIO(data))
    return stream.getvalue()


def write_tgz(path: Path, files: dict[str, bytes]) -> Path:
    with tarfile.open(path, "w:gz") as tar:
        for name, data in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(data)
            tar.addfile(member, io.BytesIO(data))
    return path


def write_deb(path: Path, files: dict[str, bytes], packing: str = "xz") -> Path:
    """Write a Debian package: an `ar` archive of `debian-binary`, `control.tar` and `data.tar`
    packed with xz or zstd.
    """
    data = tar_bytes({f"./{name}": content for name, content in files.items()})
    packed = (
        lzma.compress(data) if packing == "xz" else pa.Codec("zstd").compress(data, asbytes=True)
    )
    members = {
        "debian-binary": b"2.0\n",
        "control.tar.xz": lzma.compress(tar_bytes({})),
        f"data.tar.{packing[:3]}": packed,
    }
    with open(path, "wb") as stream:
        stream.write(b"!<arch>\n")
        for name, content in members.items():
            stream.write(
                f"{name:<16}{0:<12}{0:<6}{0:<6}{'100644':<8}{len(content):<10}`\n".encode()
                + content
                + b"\n" * (len(content) % 2)
            )
    return path


def drawing(number: int, shift: int = 0) -> bytes:
    """Return an SVG whose picture is different for every number; `shift` gives another style of the
    same thing.
    """
    bars = ""
    for k in range(16):
        if (number * 2654435761 >> k) & 1:
            place = f'x="{16 * (k % 4)}" y="{16 * (k // 4)}" width="{6 + shift}" height="14"'
            bars += f'<rect {place} fill="#{(number * 37 + k * 11) % 200:02x}40{shift:02x}"/>'
    box = '<rect x="0" y="0" width="4" height="4"/><rect x="60" y="60" width="4" height="4"/>'
    return f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 64 64">{box}{bars}</svg>'.encode()


def picture_bytes(number: int, kind: str = "PNG", size: tuple[int, int] = (48, 40)) -> bytes:
    """Return an image file whose picture is different for every number."""
    image = Image.new("RGB", size, "white")
    draw = ImageDraw.Draw(image)
    for k in range(16):
        if (number * 2654435761 >> k) & 1:
            left, top = 12 * (k % 4), 10 * (k // 4)
            draw.rectangle((left, top, left + 8, top + 7), fill=(number * 37 % 200, 64, 10))
    stream = io.BytesIO()
    image.save(stream, kind)
    return stream.getvalue()


def openclipart_svg(title: str, number: int) -> bytes:
    metadata = (
        f"<metadata><cc:Work><dc:title>{title}</dc:title><cc:Agent><dc:title>an "
        f"author</dc:title></cc:Agent></cc:Work></metadata>"
    )
    return (
        drawing(number, 3)
        .replace(b'viewBox="', b'xmlns:cc="urn:cc" xmlns:dc="urn:dc" viewBox="')
        .replace(b"<rect", metadata.encode() + b"<rect", 1)
    )


def write_emoji_archives(folder: Path) -> dict[str, Path]:
    """Write the four packages of a dozen animals, in three styles and with one emoji that has no
    picture in two of them.
    """
    folder.mkdir(parents=True, exist_ok=True)
    entries = [
        {"label": label, "hexcode": code, "group": 3, "subgroup": 34}
        for label, code in zip(LABELS, CODES, strict=True)
    ]
    entries += [
        {"label": "grinning face", "hexcode": "1F600", "group": 0, "subgroup": 0},
        {"label": "woman running", "hexcode": "1F3C3-200D-2640-FE0F", "group": 1, "subgroup": 27},
        {"label": "flag: Italy", "hexcode": "1F1EE-1F1F9", "group": 9, "subgroup": 98},
        {"label": "regional indicator A", "hexcode": "1F1E6"},
    ]
    keys = {0: "smileys-emotion", 1: "people-body", 3: "animals-nature", 9: "flags"}
    subkeys = {0: "face-smiling", 27: "person-activity", 34: "animal-mammal", 98: "country-flag"}
    messages = {
        "groups": [{"order": order, "key": key} for order, key in keys.items()],
        "subgroups": [{"order": order, "key": key} for order, key in subkeys.items()],
    }
    shown = [*CODES, "1F600", "1F3C3-200D-2640-FE0F", "1F1EE-1F1F9"]
    extra = {
        "hexcode": "E000",
        "annotation": "goldfish",
        "group": "extras-openmoji",
        "subgroups": "animals-nature",
    }
    openmoji = {f"package/color/svg/{code}.svg": drawing(k + 1, 0) for k, code in enumerate(shown)}
    openmoji |= {
        "package/color/svg/E000.svg": drawing(99),
        "package/data/openmoji.json": json.dumps([extra]).encode(),
    }
    fluent = {
        f"package/assets/{code.lower()}.webp": picture_bytes(k + 1, "WEBP")
        for k, code in enumerate(shown)
    }
    bodies = {f"icon-{k}": {"body": icon_body(drawing(k + 1, 9))} for k in range(len(shown))}
    icons = {
        "icons": bodies,
        "aliases": {"alias-0": {"parent": "icon-0"}},
        "width": 64,
        "height": 64,
    }
    chars = {
        code.lower().replace("-fe0f", ""): f"icon-{k}" if k else "alias-0"
        for k, code in enumerate(shown)
    }
    noto = {
        "package/icons.json": json.dumps(icons).encode(),
        "package/chars.json": json.dumps(chars).encode(),
    }
    labels = {
        "package/en/data.json": json.dumps(entries).encode(),
        "package/en/messages.json": json.dumps(messages).encode(),
    }
    packages = {
        "emojibase-data": labels,
        "openmoji": openmoji,
        "@lobehub/fluent-emoji-3d": fluent,
        "@iconify-json/noto": noto,
    }
    return {
        name: write_tgz(folder / f"{name.strip('@').replace('/', '-')}-1.tgz", files)
        for name, files in packages.items()
    }


def write_style_archives(folder: Path) -> dict[str, Path]:
    """Write the two packages of further styles of the pool: fluent-flat draws all animals, emojione
    all but the last.
    """
    folder.mkdir(parents=True, exist_ok=True)
    flat = _icons({f"icon-{k}": drawing(k + 1, 2) for k in range(len(LABELS))})
    chars = {code.lower(): f"icon-{k}" for k, code in enumerate(CODES)}
    named = _icons({label: drawing(k + 1, 7) for k, label in enumerate(LABELS[:-1])})
    packages = {
        "@iconify-json/fluent-emoji-flat": {
            "package/icons.json": json.dumps(flat).encode(),
            "package/chars.json": json.dumps(chars).encode(),
        },
        "@iconify-json/emojione": {
            "package/icons.json": json.dumps(named).encode(),
            "package/chars.json": b"{}",
        },
    }
    return {
        name: write_tgz(folder / f"{name.strip('@').replace('/', '-')}-1.tgz", files)
        for name, files in packages.items()
    }


def _icons(drawings: dict[str, bytes]) -> dict:
    icons = {name: {"body": icon_body(svg)} for name, svg in drawings.items()}
    return {"icons": icons, "width": 64, "height": 64}


def icon_body(svg: bytes) -> str:
    """Return what stands inside of an SVG, as collections of icons keep it."""
    return svg.decode().split(">", 1)[1].removesuffix("</svg>")


def write_clipart_archives(folder: Path) -> dict[str, Path]:
    """Write the two Debian packages: eight titled drawings (one icon, two without a useful title),
    three stamps.
    """
    folder.mkdir(parents=True, exist_ok=True)
    root, stamps = "usr/share/openclipart/svg", "usr/share/tuxpaint/stamps"
    titles = [
        "A red apple",
        "Old ship",
        "Clipart by Ann Other - green tree",
        "Lamp 12",
        "Cassa d&amp;#39;epoca",
    ]
    drawings = {
        f"{root}/things/thing_{k}.svg": openclipart_svg(title, 200 + k)
        for k, title in enumerate(titles)
    }
    drawings[f"{root}/computer/icons/ok.svg"] = openclipart_svg("OK icon", 300)
    drawings[f"{root}/things/file.svg"] = openclipart_svg("drawing2.svg", 301)
    drawings[f"{root}/things/mail.svg"] = openclipart_svg("me@example.org", 302)
    toys = {
        f"{stamps}/toys/{name}.png": picture_bytes(400 + k)
        for k, name in enumerate(("ball", "ball_mirror", "kite", "silent"))
    }
    toys |= {
        f"{stamps}/toys/ball.txt": b"A ball.\nde.utf8=Ein Ball.\n",
        f"{stamps}/toys/kite.txt": b"A kite in the sky.\n",
    }
    toys |= {
        f"{stamps}/toys/kite.svg": drawing(500),
        f"{stamps}/symbols/alphabets/a.png": picture_bytes(600),
    }
    toys |= {
        f"{stamps}/symbols/alphabets/a.txt": b"A.\n",
        f"{stamps}/toys/ball_desc_fr.ogg": b"sound",
    }
    return {
        "openclipart-svg": write_deb(folder / "openclipart-svg_1_all.deb", drawings),
        "tuxpaint-stamps-default": write_deb(
            folder / "tuxpaint-stamps-default_1_all.deb", toys, "zst"
        ),
    }
