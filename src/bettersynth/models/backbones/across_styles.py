"""Which reference picture shows the same thing in another drawing style, by frozen tower features.

Raw features put pictures of one style together, whatever they show. So features are standardised
style by style, weighed by what stays the same between reference pictures of one concept, and
similarities are scaled by how near a picture is to all others. No caption is read here.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from bettersynth.data.tables.feature_store import FeatureStore
from bettersynth.models.devices.threads import one_thread

# directions of a description that are kept, of 496 to 1,984
DIRECTIONS = 400
# share of the mean variance that is added to each direction's, within concepts
RIDGE = 0.3
# share of the spread over all styles that is added to a style's own
SPREAD_FLOOR = 0.1
# of a picture's nearest ones, whose mean similarity scales its own
NEAREST = 10
# pictures whose maps are read at a time
CHUNK = 512


class Pictures(NamedTuple):
    """Pictures of the feature store: their rows int64 `[pictures]`, the style of each, and its
    concept ("" where it is not known).
    """

    rows: np.ndarray
    styles: list[str]
    concepts: list[str]


class Matches(NamedTuple):
    """For each picture that is asked about: `nearest` int64 `[asked, bank]`, places in the bank,
    the most similar first, and `trusted` bool `[asked]`, whether the first is to be believed.
    """

    nearest: np.ndarray
    trusted: np.ndarray


def matches(
    store: FeatureStore, reference: Pictures, bank: Sequence[int], asked: Pictures, margin: float
) -> Matches:
    """Return which pictures of the bank are most like each picture that is asked about.

    `bank` are places in `reference`. A match is trusted if no other picture of the asked one's
    style is nearer to it, and if the second best is less similar by `margin` standard deviations
    of all similarities.
    """
    with one_thread():
        similarity = torch.zeros(len(asked.rows), len(bank), dtype=torch.float64)
        for of_reference, of_asked in zip(
            descriptions(store, reference.rows), descriptions(store, asked.rows), strict=True
        ):
            vectors = style_free(of_reference, reference, of_asked, asked)
            in_bank = vectors[: len(reference.rows)][torch.tensor(bank)]
            similarity += vectors[len(reference.rows) :] @ in_bank.T
        return trusted_matches(similarity, asked.styles, margin)


def descriptions(store: FeatureStore, rows: np.ndarray) -> list[Tensor]:
    """Return what describes pictures, each float64 `[pictures, width]`.

    Pooled features (1,280 wide), and of the high-res map mean and largest value (496 each) and the
    means of its quarters (1,984).
    """
    mean, largest, quarters = [], [], []
    for start in range(0, len(rows), CHUNK):
        # [n, 8, 8, 496]
        maps = torch.from_numpy(store.high_res(rows[start : start + CHUNK])).double()
        mean.append(maps.mean((1, 2)))
        largest.append(maps.amax((1, 2)))
        # [n, 2, 4, 2, 4, 496]: which half, and where in it, by height and width
        halved = maps.unflatten(2, (2, -1)).unflatten(1, (2, -1))
        quarters.append(halved.mean((2, 4)).flatten(1))
    pooled = torch.from_numpy(store.pooled(rows)).double()
    return [pooled, torch.cat(mean), torch.cat(largest), torch.cat(quarters)]


def style_free(
    of_reference: Tensor, reference: Pictures, of_asked: Tensor, asked: Pictures
) -> Tensor:
    """Return unit rows `[reference + asked, directions]` of one description `[.., width]`.

    Directions in which reference pictures of one concept differ count for less (linear
    discriminant analysis, Fisher 1936, with a ridge).
    """
    values = by_style(torch.cat([of_reference, of_asked]), [*reference.styles, *asked.styles])
    count = len(reference.rows)
    kept = values @ principal_directions(values[:count])
    within = scatter_within(kept[:count], reference.concepts)
    scaled = within / (within.trace() / len(within))
    scaled += RIDGE * torch.eye(len(within), dtype=torch.float64)
    # distances by the inverse of the scatter
    weighed = torch.linalg.solve_triangular(torch.linalg.cholesky(scaled), kept.T, upper=False).T
    return torch.nn.functional.normalize(weighed, dim=1)


def by_style(values: Tensor, styles: Sequence[str]) -> Tensor:
    """Return `[pictures, width]` with a mean of 0 and a like spread in every style."""
    found = torch.empty_like(values)
    floor = SPREAD_FLOOR * values.std(0, correction=0) + 1e-6
    for rows in places_of(styles).values():
        own = values[rows]
        found[rows] = (own - own.mean(0)) / (own.std(0, correction=0) + floor)
    return found


def principal_directions(values: Tensor) -> Tensor:
    """Return `[width, directions]`: the strongest ones, each divided by the root of its strength.

    So the strong directions of `[pictures, width]` do not drown the others.
    """
    few = len(values) < values.shape[1]
    # the smaller of the two products has the same strengths
    strength, vectors = torch.linalg.eigh(values @ values.T if few else values.T @ values)
    # ascending; some are nothing but rounding
    first = max(len(strength) - DIRECTIONS, int((strength <= 1e-9 * strength[-1]).sum()))
    strength, vectors = strength[first:], vectors[:, first:]
    directions = values.T @ vectors / strength.sqrt() if few else vectors
    return directions / strength**0.25


def scatter_within(values: Tensor, concepts: Sequence[str]) -> Tensor:
    """Return `[width, width]`: the covariance around the mean of each concept that comes twice."""
    deviations = []
    for concept, rows in places_of(concepts).items():
        if concept and len(rows) > 1:
            deviations.append(values[rows] - values[rows].mean(0))
    joined = torch.cat(deviations)
    return joined.T @ joined / len(joined)


def trusted_matches(similarity: Tensor, styles: Sequence[str], margin: float) -> Matches:
    """Return the matches by similarities `[asked, bank]`; `styles` are those asked about."""
    scaled = torch.empty_like(similarity)
    is_mutual = torch.empty(len(similarity), dtype=torch.bool)
    for rows in places_of(styles).values():
        own = locally_scaled(similarity[rows])
        scaled[rows] = own
        # [rows]: is it the nearest of its style to the one that is nearest to it?
        is_mutual[rows] = own.argmax(0)[own.argmax(1)] == torch.arange(len(rows))
    # ties by place
    nearest = torch.argsort(scaled, dim=1, descending=True, stable=True)
    first_two = scaled.gather(1, nearest[:, :2])
    is_clear = torch.ones(len(scaled), dtype=torch.bool)
    if first_two.shape[1] == 2:
        is_clear = first_two[:, 0] - first_two[:, 1] > margin * scaled.std(correction=0)
    return Matches(nearest.numpy(), (is_mutual & is_clear).numpy())


def locally_scaled(similarity: Tensor) -> Tensor:
    """Return similarities `[asked, bank]` less those of each row's and column's nearest.

    What is like everything is no match of anything. Source: CSLS of Conneau et al., "Word
    translation without parallel data" (ICLR 2018).
    """
    of_rows = similarity.topk(min(NEAREST, similarity.shape[1]), dim=1).values.mean(1)
    of_columns = similarity.topk(min(NEAREST, similarity.shape[0]), dim=0).values.mean(0)
    return 2 * similarity - of_rows[:, None] - of_columns


def places_of(names: Sequence[str]) -> dict[str, list[int]]:
    """Return the places of each name, names in order of first use."""
    places = defaultdict(list)
    for place, name in enumerate(names):
        places[name].append(place)
    return dict(places)
