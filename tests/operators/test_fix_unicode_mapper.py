"""fix_unicode_mapper: wrongly decoded text, by ftfy."""

from __future__ import annotations

import pytest
from support.one_operator import rewritten
from support.parity import cases, rewritten_inputs

from bettersynth.errors import UserError


@pytest.mark.parametrize("group", cases("mappers", "fix_unicode_mapper"))
def test_it_writes_the_same_text_as_data_juicer(group):
    assert rewritten_inputs(group) == [row["text"] for row in group]


def test_an_unknown_form_is_named():
    with pytest.raises(UserError, match="normalization is 'NFX'; allowed: NFC, NFKC, NFD, NFKD"):
        rewritten("fix_unicode_mapper", "a", normalization="NFX")


def test_no_form_is_nfc():
    assert rewritten("fix_unicode_mapper", "cafe\u0301", normalization=None) == "caf\u00e9"
    assert rewritten("fix_unicode_mapper", "caf\u00e9", normalization="nfd") == "cafe\u0301"
