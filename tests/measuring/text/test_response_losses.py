"""Query and response as templates make them, and what reads them."""

from __future__ import annotations

from support.one_operator import row_batch
from support.response_losses import MODEL

from bettersynth.measuring.text.response_losses import (
    Measuring,
    fields_read,
    reads,
    response_values,
)


def test_the_templates_say_what_is_read():
    assert (reads(Measuring()), fields_read(Measuring())) == (("text",), [])
    both = Measuring(query_template="{ask} {ask}", response_template="{say} {text}")
    assert (reads(both), fields_read(both)) == (("text", "fields"), ["ask", "say"])


def test_query_and_response_are_filled_for_each_sample():
    settings = Measuring(hf_model=MODEL, query_template="Q: {ask}")
    asked = []

    def value_of(model, query, response):
        asked.append((query, response))
        return float(len(asked))

    batch = row_batch({"text": "so", "ask": "why"}, {"text": "no", "ask": "who"})
    assert response_values(batch, settings, value_of) == [1.0, 2.0]
    assert asked == [("Q: why", "so"), ("Q: who", "no")]
