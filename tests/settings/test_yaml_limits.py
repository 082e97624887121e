"""YAML that brings a loader down is refused in one line, quickly."""

import time

import pytest
import yaml

from bettersynth.errors import UserError
from bettersynth.settings.reading import load_params, parse_yaml
from bettersynth.settings.yaml_limits import MAX_BYTES, check_size

DOUBLING = b"a0: &a0 [x, x]\n" + b"".join(
    b"a%d: &a%d [*a%d, *a%d]\n" % (number, number, number - 1, number - 1)
    for number in range(1, 40)
)
MERGED = b"m0: &m0 {a: 1, b: 2}\n" + b"".join(
    b"m%d: &m%d {<<: [*m%d, *m%d]}\n" % (number, number, number - 1, number - 1)
    for number in range(1, 40)
)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"[" * 30_000, "a.yaml line 1: nested deeper than 64 levels"),
        (b"{a: " * 3000, "a.yaml line 1: nested deeper than 64 levels"),
        (b"- " * 3000 + b"x", "a.yaml line 1: nested deeper than 64 levels"),
        (
            b"".join(b" " * depth + b"a:\n" for depth in range(1000)),
            "a.yaml line 65: nested deeper than 64 levels",
        ),
        (DOUBLING, "a.yaml line 16: more than 200,000 values"),
        (MERGED, "a.yaml line 15: more than 200,000 values"),
        (b"a: &a [1, *a]", "a.yaml line 1: the alias *a holds itself"),
        (b"a: &a {b: *a}", "a.yaml line 1: the alias *a holds itself"),
        (b"#" * (MAX_BYTES + 1), "a.yaml holds 4,194,305 bytes of YAML, limit 4,194,304"),
        (b"- 1\n" * 200_000, "a.yaml line 200000: more than 200,000 values"),
    ],
)
def test_what_would_bring_the_loader_down_is_one_line(content, message):
    began = time.monotonic()
    with pytest.raises(UserError) as error:
        parse_yaml(content, "a.yaml")
    assert str(error.value).startswith(message)
    assert time.monotonic() - began < 10


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"filter: {threshold: .nan}", "params.yaml: filter.threshold is nan; numbers must be"),
        (b"bounds: [0.5, -.INF]", "params.yaml: bounds[1] is -inf; numbers must be finite"),
        (b"share: 1.0e+999", "params.yaml: share is inf; numbers must be finite"),
        (b".nan: 1", "params.yaml: a name is nan"),
    ],
)
def test_a_number_that_is_not_finite_is_named(tmp_path, monkeypatch, content, message):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "params.yaml").write_bytes(content)
    with pytest.raises(UserError) as error:
        load_params()
    assert str(error.value).startswith(message)


def test_aliases_merges_and_nested_lists_of_a_usual_size_are_read():
    content = b"a: &a {b: 1, c: [[[2]]]}\nd: {<<: *a, b: 3}\ne: [*a, *a]\nf: '.nan'\n"
    first = {"b": 1, "c": [[[2]]]}
    wanted = {"a": first, "d": {**first, "b": 3}, "e": [first, first], "f": ".nan"}
    assert parse_yaml(content, "a.yaml") == wanted


def test_what_is_no_yaml_is_left_to_the_reader():
    with pytest.raises(yaml.YAMLError):
        check_size(b"a: [1", "a.yaml")
    with pytest.raises(UserError, match=r"a\.yaml is not valid YAML"):
        parse_yaml(b"a: *unknown", "a.yaml")
