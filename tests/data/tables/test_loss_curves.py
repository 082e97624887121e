"""Logged losses are read back by seed."""

from __future__ import annotations

from pathlib import Path

import pytest

from bettersynth.data.tables.loss_curves import curve_path, read_curve
from bettersynth.errors import UserError


def write(text: str) -> None:
    path = curve_path("pretrain", 1)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


@pytest.fixture(autouse=True)
def _in_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def test_steps_without_a_finite_loss_are_left_out() -> None:
    write("lr\tstep\tloss\n0.1\t1\t3.5\n0.1\t2\t\n0.1\t3\tnan\n0.1\t4\t2\n")
    assert read_curve("pretrain", 1) == ([1.0, 4.0], [3.5, 2.0])


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "holds no loss curve"),
        ("step\tloss\n", "holds no loss curve"),
        ("step\tlr\n1\t1\n", "holds no loss curve; delete it and run again"),
        ("step\tloss\n1\tnan\n", "holds no finite loss"),
    ],
)
def test_a_file_without_losses_is_one_clear_error(text: str, message: str) -> None:
    write(text)
    with pytest.raises(UserError, match=f"results/pretrain/1.tsv {message}"):
        read_curve("pretrain", 1)


@pytest.mark.parametrize("lines", [b"1\t\xc6\n", b"1\tx\n", b"1\t2\n3\n"])
def test_a_damaged_curve_is_one_line_that_says_what_to_do(lines: bytes) -> None:
    write("")
    curve_path("pretrain", 1).write_bytes(b"step\tloss\n" + lines)
    with pytest.raises(UserError, match=r"results/pretrain/1\.tsv is damaged; delete it and run"):
        read_curve("pretrain", 1)


def test_a_missing_file_names_its_command() -> None:
    with pytest.raises(UserError, match="run `snakemake --cores all results/finetune/0.tsv`"):
        read_curve("finetune", 0)
