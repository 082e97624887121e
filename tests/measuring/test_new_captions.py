"""Where new captions stand in a text."""

from __future__ import annotations

from typing import Any

import pytest
from support.parity import rows as fixture_rows

from bettersynth.data.samples.batch import Tokens
from bettersynth.measuring.new_captions import text_with_captions


@pytest.mark.parametrize(
    "row",
    [row for row in fixture_rows("simhash_pick") if "insert_into" in row],
    ids=lambda row: row["insert_into"],
)
def test_captions_are_put_where_data_juicer_puts_them(row: dict[str, Any]) -> None:
    assert (
        text_with_captions(row["insert_into"], row["texts"], Tokens(), "data_juicer")
        == row["result"] + Tokens().eoc
    )


def test_each_caption_stands_behind_its_own_picture() -> None:
    text = (
        "<__dj__image><__dj__image> two pictures <|__dj__eoc|> words <|__dj__eoc|> "
        "<__dj__video><__dj__image> "
    )
    expected = (
        "<__dj__image> one <__dj__image> two "
        "<|__dj__eoc|><|__dj__eoc|><__dj__video><__dj__image> three <|__dj__eoc|>"
    )
    assert text_with_captions(text, ["one", "two", "three"], Tokens()) == expected
