"""Cheap filters before dear ones: which lines may change places, and in what order they run."""

from __future__ import annotations

from bettersynth.recipes.lines import Line

# times: a smaller difference in cost moves nothing, so that noise does not
CHEAPER = 5


def movable(lines: dict[int, Line]) -> list[list[int]]:
    """Return the runs of neighbouring filters, by position, that may change places.

    None of a run reads what another one, or a mapper between them, writes.
    """
    groups: list[list[int]] = [[]]
    for position, line in lines.items():
        if line.generates:
            # What comes after it would wait for new captions or pictures, only to be timed
            break
        if line.kind == "filter" and not line.reads_fields:
            groups[-1].append(position)
        elif groups[-1]:
            groups.append([])
    return [group for group in groups if len(group) > 1]


def order_matters(lines: dict[int, Line]) -> bool:
    """Whether a filter that may be dear stands before another that it can change places with."""
    for group in movable(lines):
        # what is worth caching is dear; timing cheap filters would cost more than it saves
        if any(lines[position].operator.CACHED for position in group[:-1]):
            return True
    return False


def cheap_first(lines: dict[int, Line], seconds: dict[int, float]) -> tuple[int, ...]:
    """Return the positions of the lines in a better order, by `seconds` a row of each.

    A filter goes before those that cost `CHEAPER` times as much; never before one of its own
    name, which writes the same stat.
    """
    order = list(lines)
    for group in movable(lines):
        start = order.index(group[0])
        better: list[int] = []
        for position in group:
            better.insert(_place(position, better, lines, seconds), position)
        order[start : start + len(group)] = better
    return tuple(order)


def _place(
    position: int, before: list[int], lines: dict[int, Line], seconds: dict[int, float]
) -> int:
    """Return how many of the lines in `before` the line at `position` stays behind."""
    place = len(before)
    while place:
        other = before[place - 1]
        if seconds[position] * CHEAPER >= seconds[other]:
            break
        if lines[position].name == lines[other].name:
            break
        place -= 1
    return place
