"""Tokens and money are written down as answers come in, and a limit ends the run."""

import json

import pytest

from bettersynth.errors import UserError
from bettersynth.models.generation.cost_ledger import CostLedger


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("BETTERSYNTH_CACHE", str(tmp_path))


def test_each_answer_is_a_line_and_the_sum_is_told(tmp_path):
    ledger = CostLedger("tiny", prompt_price=2.0, completion_price=5.0, max_cost=0.0)
    ledger.add({"prompt_tokens": 90, "completion_tokens": 10})
    ledger.add({"prompt_tokens": None})
    lines = (tmp_path / "endpoint_costs/costs.jsonl").read_text().splitlines()
    first, second = map(json.loads, lines)
    assert first["cost"] == ledger.cost == pytest.approx((90 * 2 + 10 * 5) / 1e6)
    assert (second["prompt_tokens"], second["completion_tokens"]) == (0, 0)
    assert ledger.summary() == (
        "tiny: 2 answers, 90 + 10 tokens, 0.0002 by the stated prices, "
        "1 answers without token counts"
    )


def test_without_prices_no_money_is_told():
    assert CostLedger("tiny", 0.0, 0.0, 0.0).summary() == "tiny: 0 answers, 0 + 0 tokens"


def test_the_limit_is_told_with_what_was_spent():
    ledger = CostLedger("tiny", prompt_price=2.0, completion_price=0.0, max_cost=0.001)
    assert ledger.check() is None
    ledger.add({"prompt_tokens": 500})
    with pytest.raises(UserError, match=r"max_cost 0\.001 is spent \(tiny: 1 answers, 500"):
        ledger.check()


def test_no_limit_never_ends_the_run():
    ledger = CostLedger("tiny", prompt_price=2.0, completion_price=0.0, max_cost=0.0)
    ledger.add({"prompt_tokens": 10**9})
    assert ledger.cost == 2000.0
    assert ledger.check() is None


@pytest.mark.parametrize(
    "count", [-(10**9), "many", float("inf"), float("nan"), True, 10**400, None, [1], {}]
)
def test_what_is_no_count_of_tokens_ends_a_run_with_a_limit(count):
    ledger = CostLedger("tiny", prompt_price=2.0, completion_price=5.0, max_cost=1.0)
    ledger.add({"prompt_tokens": count, "completion_tokens": 1})
    assert (ledger.prompt_tokens, ledger.completion_tokens) == (0, 1)
    with pytest.raises(UserError, match="max_cost 1 cannot be kept: .*no usable token counts"):
        ledger.check()
    ledger.max_cost = 0.0
    assert ledger.check() is None


@pytest.mark.parametrize("usage", [None, "x", [1], 5, {}])
def test_an_answer_without_usage_is_counted_as_such(usage):
    ledger = CostLedger("tiny", prompt_price=2.0, completion_price=5.0, max_cost=1.0)
    ledger.add(usage)
    assert (ledger.answers, ledger.uncounted) == (1, 1)
    assert ledger.summary().endswith(", 1 answers without token counts")
