"""requirements.lock, which `make` installs, is what `make lock` makes of requirements.txt."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[1]
PIN = re.compile(r"([A-Za-z0-9._-]+)==([^\s;\\]+)")
# their CUDA and CPU builds are other files; pip takes them beside the lock
UNHASHED = {"torch", "torchvision"}


def pins(lines):
    named = {}
    for line in lines:
        if match := PIN.match(line):
            named[re.sub(r"[-_.]+", "-", match[1]).lower()] = match[2]
    return named


def test_the_lock_has_each_package_in_its_version_and_nothing_of_torch():
    wanted = pins((ROOT / "requirements.txt").read_text().splitlines())
    locked = pins((ROOT / "requirements.lock").read_text().splitlines())
    differing = {name for name, version in wanted.items() if locked.get(name) != version}
    assert differing == UNHASHED, "run `make lock`"
    assert not [name for name in locked if name.startswith(("nvidia-cu", "triton", "cuda"))]
    assert len(locked) > 200


def test_each_locked_package_has_a_hash_and_no_address():
    text = (ROOT / "requirements.lock").read_text()
    assert "://" not in text
    for package in re.split(r"\n(?=\S)", text):
        if PIN.match(package):
            assert "--hash=sha256:" in package, package
