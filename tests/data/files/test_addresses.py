"""What goes wrong at an address is one line, whatever the system behind it raises, and what is
printed of one holds no password.
"""

import pytest

from bettersynth.data.files.addresses import failing_in_one_line, is_address, without_login
from bettersynth.errors import UserError

SHOWN = {
    "sftp://me:hunter2@host/scores": "sftp://host/scores",
    "no answer of ftp://me:p@ss@host: refused": "no answer of ftp://host: refused",
    "s3://team/scores": "s3://team/scores",
    "/mnt/a@b/scores": "/mnt/a@b/scores",
    "https://host/a@b": "https://host/a@b",
}


def test_an_address_has_a_scheme_and_a_path_has_none(tmp_path):
    assert is_address("s3://bucket/images")
    assert not is_address(str(tmp_path))
    assert is_address("https://a.org/b.png")
    assert not is_address("b.png")
    assert not is_address("/a:/b.png")


@pytest.mark.parametrize("words", SHOWN)
def test_the_login_alone_is_taken_out(words):
    assert without_login(words) == SHOWN[words]


def test_any_error_names_the_address_and_keeps_to_one_line():
    with (
        pytest.raises(UserError, match="^s3://a/b cannot be used: no such bucket; name a folder"),
        failing_in_one_line("s3://a/b"),
    ):
        raise PermissionError("no such\nbucket")
    with pytest.raises(UserError, match="cannot be used: OSError"), failing_in_one_line("x://"):
        raise OSError


def test_no_password_is_printed():
    with pytest.raises(UserError) as error, failing_in_one_line("ftp://me:secret@host/x"):
        raise OSError("ftp://me:secret@host/x failed")
    assert "secret" not in str(error.value)


def test_a_missing_package_is_told_with_what_installs_it():
    with (
        pytest.raises(UserError, match=r"s3://a: no s3fs; pip install 'bettersynth\[s3\]'"),
        failing_in_one_line("s3://a"),
    ):
        raise ImportError("no s3fs")


def test_a_line_for_the_user_stays_as_it_is():
    with pytest.raises(UserError, match="^said$"), failing_in_one_line("s3://a"):
        raise UserError("said")
