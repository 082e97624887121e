"""What goes wrong at an address is one line, whatever the system behind it raises."""

import pytest

from bettersynth.data.files.addresses import failing_in_one_line, is_remote
from bettersynth.errors import UserError


def test_an_address_has_a_scheme_and_a_path_has_none(tmp_path):
    assert is_remote("s3://bucket/images")
    assert not is_remote(tmp_path)


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
