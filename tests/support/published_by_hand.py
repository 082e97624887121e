"""Published recipes as a reader of the reports would write them, in pandas over tables of stats.

Nothing here calls a recipe's code: it is what that is held against. Ranks and budgets are in
thousands, as the reports give them, so that a table of 400 rows stands for the 400,000 pairs.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

import pandas as pd

WHOLE = 400  # pairs of the challenge, in thousands
CAP = 200  # what its script draws of more
# visits of a twin that trains as long as the challenge's script does
TWIN_VISITS = 9000

SIMILARITY = "image_text_similarity"
MATCHING = "image_text_matching_score"
AESTHETICS = "image_aesthetics_scores"

Table = pd.DataFrame
Rule = Callable[[Table], Table]


@dataclass(frozen=True)
class ByHand:
    """What one experiment does, stage by stage.

    `rules` follow each other. A recipe that draws says how many of the pool are `drawn` and has
    none. `asks` are the samples that get new captions, of those that are left (or `of_all`): with
    `captions` each, of which `passes` says which may come in. Stage 1 sees at most `cap` different
    samples, `visits` in all (None: each once).
    """

    rules: list[Rule] = field(default_factory=list)
    drawn: int | None = None
    asks: Rule | None = None
    of_all: bool = False
    captions: int = 1
    passes: Rule = lambda new: new
    cap: int | None = CAP
    visits: int | None = None

    def left(self, pool: Table) -> list[Table]:
        """Return what is left after each rule."""
        tables = []
        for rule in self.rules:
            pool = rule(pool)
            tables.append(pool)
        return tables

    def asked(self, pool: Table, kept: Table) -> Table:
        """Return the samples that get new captions."""
        if self.asks is None:
            return pool.iloc[:0]
        return self.asks(pool if self.of_all else kept)

    def trained_on(self, kept: Table, asked: Table, new: Table) -> dict[str, str]:
        """Return the caption of each sample of stage 1, by id.

        `new` holds the new captions of the `asked`: the most similar of those that pass comes in
        for its sample, of equal ones the first. A sample that was asked for and got none is out.
        """
        texts = kept.caption.drop(asked.index, errors="ignore")
        passing = self.passes(new)
        best = passing.loc[passing.groupby("id")[SIMILARITY].idxmax()].set_index("id")
        texts = pd.concat([texts, best.caption]).sort_index()
        ids = texts.index.tolist()
        if self.cap is not None and len(ids) > self.cap:
            # as the challenge's check_sample_number.py
            random.seed(1024)
            ids = random.sample(ids, self.cap)
        return texts.loc[ids].to_dict()


def at_least(stat: str, bound: float) -> Rule:
    return lambda table: table[table[stat] >= bound]


def best(stat: str, number: int) -> Rule:
    """Keep the largest values; of equal ones the first of the pool, whose order the table keeps."""
    return lambda table: table.nlargest(number, stat, keep="first").sort_index()


def best_share(stat: str, part: int, whole: int = WHOLE) -> Rule:
    return lambda table: best(stat, len(table) * part // whole)(table)


def best_sum(first: str, second: str, number: int) -> Rule:
    def rule(table: Table) -> Table:
        columns = table[[first, second]]
        scaled = (columns - columns.mean()) / columns.std(ddof=0)
        return table.loc[scaled.sum(axis=1).nlargest(number, keep="first").index].sort_index()

    return rule


def between(stat: str, low: float, high: float) -> Rule:
    return lambda table: table[table[stat].between(low, high)]


def all_of(*rules: Rule) -> Rule:
    def rule(table: Table) -> Table:
        for one in rules:
            table = one(table)
        return table

    return rule


def everything(table: Table) -> Table:
    return table


def above(bound: float) -> Rule:
    return lambda table: table[table[SIMILARITY] > bound]


def sides(low: int, high: float = float("inf")) -> Rule:
    return all_of(between("image_width", low, high), between("image_height", low, high))


SIMILAR = at_least(SIMILARITY, 0.32)
WATERMARK = between("image_watermark_prob", 0, 0.8)
# "4 to 24 words"; two special tokens count
THIRD_PLACE = [
    between("num_words", 6, 26),
    between("word_rep_ratio", 0, 0.3),
    sides(335, 769),
    WATERMARK,
    at_least(SIMILARITY, 0.3232),
]
# more than two words and five characters; special tokens are two words of 28 characters
BASIC = [
    at_least("num_words", 5),
    at_least("text_len", 34),
    between("aspect_ratios", 0.333, 3.0),
]
FULL_SIZE = {
    "random_200k": ByHand(),
    "clip_top_200k": ByHand([best(SIMILARITY, 200)]),
    "matching_top_200k": ByHand([best(MATCHING, 200)]),
    "clip_300k_matching_200k": ByHand([best(SIMILARITY, 300), best(MATCHING, 200)]),
    "clip_matching_weighted": ByHand([best_sum(SIMILARITY, MATCHING, 200)]),
    "aesthetics_05": ByHand([at_least(AESTHETICS, 0.5)]),
    "matching_05": ByHand([at_least(MATCHING, 0.5)]),
    "similarity_032": ByHand([SIMILAR]),
    "words_num": ByHand([at_least("num_words", 10)]),
    "watermark_captions": ByHand([WATERMARK], asks=everything),
    "similarity_032_captions": ByHand([SIMILAR], asks=everything),
    "similarity_032_aesthetics": ByHand([SIMILAR, at_least(AESTHETICS, 0.3)]),
    "similarity_032_matching_098": ByHand([SIMILAR, at_least(MATCHING, 0.98)]),
    "seed_004_best": ByHand(
        [at_least("phrase_grounding_recall", 0.5), at_least(MATCHING, 0.9984)],
        asks=between(SIMILARITY, 0.01, 0.28),
        passes=above(0.28),
        visits=242,
    ),
    "third_place": ByHand(
        THIRD_PLACE, asks=everything, of_all=True, passes=all_of(*THIRD_PLACE), visits=200
    ),
    "datacomp_clip_30": ByHand([best_share(SIMILARITY, 30, 100)]),
    "datacomp_basic": ByHand([lambda table: table[table.lang == "en"], *BASIC, sides(200)]),
    "datacomp_random": ByHand(drawn=120),
    "datacomp_image_clusters": ByHand(drawn=120),
    "datacomp_text_clusters": ByHand(drawn=120),
}
_NICE = [SIMILAR, at_least(AESTHETICS, 0.5)]
FULL_SIZE |= {
    "similarity_032_aesthetics_captions": ByHand(
        [SIMILAR, at_least(AESTHETICS, 0.3)], asks=everything
    ),
    "similarity_032_aesthetics_05": ByHand(_NICE),
    "similarity_032_aesthetics_05_captions": ByHand(_NICE, asks=everything),
    "similarity_032_aesthetics_05_captions_x4": ByHand(_NICE, asks=everything, visits=240),
    "similarity_032_aesthetics_05_llava_x1": ByHand(_NICE, asks=everything),
    "similarity_032_aesthetics_05_llava_x2": ByHand(_NICE, asks=everything, visits=96),
    "similarity_032_aesthetics_05_llava_x4": ByHand(_NICE, asks=everything, visits=192),
}


def visits_of(thousands: int) -> int:
    """Return a twin's visits where so many thousands were trained on there."""
    return TWIN_VISITS * min(thousands, CAP) // CAP


_SIMILAR = best_share(SIMILARITY, 222)
# of the 222 the pictures of most bytes, which stand in for aesthetics
_60, _48 = (
    [_SIMILAR, best_share("image_sizes", 60, 222)],
    [_SIMILAR, best_share("image_sizes", 48, 222)],
)
TWINS = {
    "random_200k": ByHand(visits=visits_of(200)),
    "clip_top_200k": ByHand([best_share(SIMILARITY, 200)], visits=visits_of(200)),
    "matching_top_200k": ByHand([best_share(MATCHING, 200)], visits=visits_of(200)),
    "clip_300k_matching_200k": ByHand(
        [best_share(SIMILARITY, 300), best_share(MATCHING, 200, 300)], visits=visits_of(200)
    ),
    "clip_matching_weighted": ByHand([best_sum(SIMILARITY, MATCHING, 200)], visits=visits_of(200)),
    "aesthetics_05": ByHand([best_share("image_sizes", 120)], visits=visits_of(120)),
    "matching_05": ByHand([best_share(MATCHING, 385)], visits=visits_of(385)),
    "similarity_032": ByHand([_SIMILAR], visits=visits_of(222)),
    "words_num": ByHand([best_share("num_words", 240)], visits=visits_of(240)),
    "watermark_captions": ByHand(drawn=277, asks=everything, visits=visits_of(277)),
    "similarity_032_captions": ByHand([_SIMILAR], asks=everything, visits=visits_of(222)),
    "similarity_032_aesthetics": ByHand([_SIMILAR], visits=visits_of(222)),
    "similarity_032_aesthetics_captions": ByHand(
        [_SIMILAR], asks=everything, visits=visits_of(222)
    ),
    "similarity_032_matching_098": ByHand(
        [_SIMILAR, best_share(MATCHING, 198, 222)], visits=visits_of(198)
    ),
    "similarity_032_aesthetics_05": ByHand(_60, visits=visits_of(60)),
    "similarity_032_aesthetics_05_captions": ByHand(_60, asks=everything, visits=visits_of(60)),
    "similarity_032_aesthetics_05_captions_x4": ByHand(_60, asks=everything, visits=visits_of(240)),
    "seed_004_best": ByHand(
        [best_share(MATCHING, 123_037, 400_000)],
        asks=between(SIMILARITY, -1, 0.2171),
        passes=above(0.2171),
        visits=visits_of(242),
    ),
    "third_place": ByHand(
        [between("word_rep_ratio", 0, 0.3), at_least(SIMILARITY, 0.346)],
        asks=everything,
        of_all=True,
        passes=all_of(between("word_rep_ratio", 0, 0.3), at_least(SIMILARITY, 0.346)),
        visits=visits_of(200),
    ),
    # DataComp's are trained as long as all, whatever they keep
    "datacomp_clip_30": ByHand([best_share(SIMILARITY, 30, 100)], cap=None, visits=TWIN_VISITS),
    "datacomp_basic": ByHand([*BASIC, sides(95)], cap=None, visits=TWIN_VISITS),
    "datacomp_random": ByHand(drawn=120, cap=None, visits=TWIN_VISITS),
    "datacomp_image_clusters": ByHand(drawn=120, cap=None, visits=TWIN_VISITS),
    "datacomp_text_clusters": ByHand(drawn=120, cap=None, visits=TWIN_VISITS),
}
for _times in (1, 2, 4):
    TWINS[f"similarity_032_aesthetics_05_llava_x{_times}"] = ByHand(
        _48, asks=everything, captions=4, visits=visits_of(48 * _times)
    )


def by_hand(experiment: str) -> ByHand:
    """Return the recipe of `published/NAME` or `published/nano/NAME`."""
    name = experiment.removeprefix("published/")
    return TWINS[name.removeprefix("nano/")] if name.startswith("nano/") else FULL_SIZE[name]


def evenly_drawn(sizes: Iterable[int], number: int) -> int:
    """Return how many every cluster gives that has more, if `number` are drawn evenly; some may
    give one more. `sizes` are the clusters'.
    """
    sizes = list(sizes)
    level = 0
    while sum(min(size, level + 1) for size in sizes) <= number:
        level += 1
    return level
