"""The way of the samples: pool, each line of the recipe, exchange, training set."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

from bettersynth.recipes.lines import Line

Card = Mapping[str, Any]


@dataclasses.dataclass(frozen=True)
class FlowRow:
    """One bar: how many samples are left after a line, how many it took (-) or added, and what
    share of the pool that is.
    """

    label: str
    detail: str
    count: int
    change: int
    share: float
    kind: str


def set_aside(pool_card: Card) -> dict[str, int]:
    """Return how many pictures the pool step left out, by reason."""
    return {**pool_card.get("rejected", {}), **pool_card.get("duplicates", {})}


def flow(
    pool_card: Card, rewrite_card: Card, filter_card: Card, mix_card: Card, lines: Sequence[Line]
) -> list[FlowRow]:
    """Return the bars from the pool to the training set, from the cards of four stages."""
    total = filter_card["pool"]
    counts = mix_card["counts"]
    aside = sum(set_aside(pool_card).values())
    detail = f"{aside:,} pictures of the whole source were set aside before" if aside else ""
    return [
        FlowRow("pool", detail, total, 0, 1.0, "pool"),
        *_rewrite_rows(rewrite_card, total),
        *_rule_rows(filter_card, lines),
        *_budget_rows(mix_card, filter_card["kept"], total),
        *_exchange_rows(mix_card, total),
        FlowRow(
            "training set",
            f"{counts['original']:,} with their own caption, "
            f"{counts['exchanged']:,} with a new one; "
            f"{counts['visits']:,} visits, {counts['visits_per_sample']:.1f} a sample",
            counts["samples"],
            0,
            counts["samples"] / total,
            "result",
        ),
    ]


def _rewrite_rows(rewrite_card: Card, total: int) -> list[FlowRow]:
    if not rewrite_card["by_mapper"]:
        return []
    changed = [f"{label} {count:,}" for label, count in rewrite_card["by_mapper"].items()]
    detail = f"{rewrite_card['rewritten']:,} texts changed: {', '.join(changed)}"
    if rewrite_card["without_words"]:
        detail += f"; {rewrite_card['without_words']:,} have no word left"
    return [FlowRow("rewrite", detail, total, 0, 1.0, "rule")]


def _rule_rows(filter_card: Card, lines: Sequence[Line]) -> list[FlowRow]:
    total = filter_card["pool"]
    kept = filter_card["kept"]
    bounds = {line.label: line.bounds for line in lines}
    rows = []
    left = total
    for label, count in filter_card["surviving"].items():
        share = count / total
        rows.append(FlowRow(label, bounds.get(label, ""), count, count - left, share, "rule"))
        left = count
    if kept != left or "random" in filter_card["dropped_by"]:
        rows.append(FlowRow("random draw of the same size", "", kept, 0, kept / total, "rule"))
    return rows


def _budget_rows(mix_card: Card, kept: int, total: int) -> list[FlowRow]:
    """Return a bar if there were more samples than `mix.budget`, given how many the rules kept."""
    over = mix_card.get("over_budget")
    if not over:
        return []
    drawn = mix_card["counts"]["kept"]
    detail = f"{over:,} samples more than mix.budget: not drawn"
    return [FlowRow("budget", detail, drawn, drawn - kept, drawn / total, "rule")]


def _exchange_rows(mix_card: Card, total: int) -> list[FlowRow]:
    counts = mix_card["counts"]
    samples = counts["samples"]
    share = samples / total
    if mix_card.get("control"):
        detail = "the recipe's numbers by caption source, drawn from the whole pool"
        return [FlowRow("random control instead", detail, samples, 0, share, "rule")]
    made: list[str] = []
    if counts["sent_to_recaptioning"]:
        captions = f"{counts['new_captions']:,} new captions"
        made.append(f"{counts['sent_to_recaptioning']:,} samples got {captions}")
    drawn = mix_card.get("drawn")
    if drawn:
        made.append(f"{drawn['samples']:,} samples got {drawn['pictures']:,} new pictures")
    if not made:
        return []
    detail = f"{'; '.join(made)}; {counts['exchanged']:,} came in with one"
    if drawn:
        detail += f", {drawn['training']:,} of them with a picture"
    replaced = counts["kept"] - counts["original"]
    if replaced:
        detail += f", {replaced:,} of them instead of a kept original"
    added = samples - counts["kept"]
    return [FlowRow("recaption and exchange", detail, samples, added, share, "add")]


def contamination_sentence(card: Card) -> str:
    """Return how many samples hold a benchmark's pictures, questions or answers, from the card.

    A kind that was not looked for is not spoken of.
    """
    looked_for = card["looked_for"]
    if not looked_for:
        return "What the benchmarks hold was not looked for (params.yaml: contamination)."
    parts = []
    for name, counts in card["sets"].items():
        found = ", ".join(f"{counts[kind]:,} {kind}" for kind in looked_for)
        parts.append(f"{name}: {found} of {counts['samples']:,}, {card['dropped'][name]:,} dropped")
    return f"Samples that hold what the benchmarks ask about: {'; '.join(parts)}."
