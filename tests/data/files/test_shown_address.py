"""What is printed of an address holds no password."""

from __future__ import annotations

import pytest

from bettersynth.data.files.shown_address import without_login

SHOWN = {
    "sftp://me:hunter2@host/scores": "sftp://host/scores",
    "no answer of ftp://me:p@ss@host: refused": "no answer of ftp://host: refused",
    "s3://team/scores": "s3://team/scores",
    "/mnt/a@b/scores": "/mnt/a@b/scores",
    "https://host/a@b": "https://host/a@b",
}


@pytest.mark.parametrize("words", SHOWN)
def test_the_login_alone_is_taken_out(words):
    assert without_login(words) == SHOWN[words]
