"""remove_specific_chars_mapper: given characters."""

from __future__ import annotations

from support.one_operator import rewritten


def test_the_default_characters_and_others():
    assert rewritten("remove_specific_chars_mapper", "◆a■b") == "ab"
    assert rewritten("remove_specific_chars_mapper", "a■b", chars_to_remove="a") == "■b"
    assert rewritten("remove_specific_chars_mapper", "a■b", chars_to_remove=["a", "b"]) == "■"
