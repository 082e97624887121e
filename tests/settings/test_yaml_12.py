import pytest

from bettersynth.errors import UserError
from bettersynth.settings.reading import parse_yaml


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1e-05", 1e-05),
        ("1E5", 100000.0),
        ("-1.5e3", -1500.0),
        (".5", 0.5),
        ("5.", 5.0),
        ("1_000", 1000),
        ("1_0.5", 10.5),
        ("010", 10),
        ("08", 8),
        ("0o17", 15),
        ("0x1F", 31),
        ("-0b11", -3),
        ("1:30", "1:30"),
        ("1e", "1e"),
        ("1.2.3", "1.2.3"),
        ("'1e-05'", "1e-05"),
        ("~", None),
        ("true", True),
    ],
)
def test_numbers_are_read_as_dvc_reads_them(text, value):
    from dvc.utils.serialize import parse_yaml as parse_as_dvc

    read = parse_yaml(f"a: {text}\n".encode(), "a.yaml")["a"]
    assert read == value
    assert type(read) is type(value)
    assert parse_as_dvc(f"a: {text}\n", "a.yaml")["a"] == value


@pytest.mark.parametrize(
    "text", ["a: 1\na: 2\n", "a: {b: 1, b: 2}\n", "- a: {b: 1, 'b': 2}\n", "a: &x {b: 1, b: 1}\n"]
)
def test_a_key_given_twice_is_refused(text):
    with pytest.raises(UserError, match=r"a.yaml is not valid YAML: the key [ab] is given twice"):
        parse_yaml(text.encode(), "a.yaml")


def test_a_merged_key_may_be_given_again():
    text = b"a: &a {x: 1, y: 2}\nb: &b\n  <<: *a\n  x: 3\nc:\n  <<: [*b, *a]\n  x: 4\n"
    assert parse_yaml(text, "a.yaml")["c"] == {"x": 4, "y": 2}
