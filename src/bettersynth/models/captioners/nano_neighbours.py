"""Nano's captioner by search: the caption of the reference picture that shows the same thing.

It learns from the reference split alone, as `nano_prefix` does; of the pool it sees pictures, never
captions. It is silent where it is not sure.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from bettersynth.data.files.hashing import sha256_of_file
from bettersynth.data.samples.batch import Images
from bettersynth.data.samples.text_form import caption_of_text
from bettersynth.data.tables.feature_store import FeatureStore
from bettersynth.data.tables.samples import SAMPLES, read_samples
from bettersynth.errors import UserError
from bettersynth.models.captioners import Request

if TYPE_CHECKING:
    from bettersynth.models.backbones.across_styles import Matches, Pictures

TOWERS = Path("models/towers/manifest.json")
WHERE = "captioner nano_neighbours"
COLUMNS = ["text", "image_sha256", "source", "concept", "split"]


@dataclass(frozen=True)
class Settings:
    """`bank` is the source whose reference pictures lend their captions, one picture a concept.

    `margin`: by how many standard deviations of all similarities the best one must lie above the
    second. Chosen on the reference split, without the pool: at .3 trusted matches of a style that
    was held out were right in .77 (fluent), .83 (noto) and, of pictures of which the bank shows
    half, .50 (openmoji).
    """

    bank: str = "twemoji"
    margin: float = 0.3

    def __post_init__(self) -> None:
        if not 0 <= self.margin <= 10:
            raise UserError(f"{WHERE}: margin is {self.margin}; it must be from 0 to 10")


def model_hash(settings: Settings) -> str:
    """Return the hash of what decides a caption: all pictures and captions, and the towers.

    Raises:
        UserError: the towers are missing.
    """
    if not TOWERS.exists():
        raise UserError(f"{WHERE} needs {TOWERS}; run `snakemake --cores all models/towers`")
    return f"{sha256_of_file(SAMPLES)} {sha256_of_file(TOWERS)}"


def load(settings: Settings) -> Captioner:
    """Return what has looked for each picture of the pool."""
    return Captioner(settings)


class Captioner:
    """The bank's captions, and for each picture of the pool the nearest of the bank."""

    def __init__(self, settings: Settings) -> None:
        # torch comes with it: settings are checked without
        from bettersynth.models.backbones.across_styles import matches

        store = FeatureStore()
        rows = read_samples(COLUMNS).to_pylist()
        alone = [row for row in rows if len(row["image_sha256"] or ()) == 1]
        reference = [row for row in alone if row["split"] == "reference" and thing_in(row)]
        styles = styles_beside(settings.bank, reference)
        if not styles:
            known = sorted({row["source"] for row in reference})
            raise UserError(
                f"{WHERE}: it needs reference pictures of bank {settings.bank!r}, and of another "
                f"source that shows the same things; sources of the reference split: "
                f"{', '.join(known) or 'none'}"
            )
        shown = [row for row in reference if row["source"] in (settings.bank, *styles)]
        bank = [place for place, row in enumerate(shown) if row["source"] == settings.bank]
        asked = [row for row in alone if row["split"] == "pool" and row["source"] in styles]
        if not asked:
            raise UserError(f"{WHERE}: the pool has no picture of the sources {', '.join(styles)}")
        self.captions = [caption_of_text(shown[place]["text"]) for place in bank]
        self.pool = {row["image_sha256"][0] for row in alone if row["split"] == "pool"}
        self.place = {row["image_sha256"][0]: place for place, row in enumerate(asked)}
        self.matches: Matches = matches(
            store, pictures_of(store, shown), bank, pictures_of(store, asked), settings.margin
        )

    def caption(
        self, images: Images, requests: Sequence[Request], seed: int
    ) -> Iterator[dict[int, str]]:
        """Yield all captions at once; candidate 1 is that of the second nearest, and so on.

        Raises:
            UserError: a picture is not of the pool.
        """
        made: dict[int, str] = {}
        for position, request in enumerate(requests):
            sha256 = images.sha256(request.image)
            if sha256 not in self.pool:
                raise UserError(f"{WHERE}: {request.image} is no picture of the pool")
            made[position] = self._caption(sha256, request.candidate)
        yield made

    def _caption(self, sha256: str, candidate: int) -> str:
        place = self.place.get(sha256)
        if place is None or not self.matches.trusted[place] or candidate >= len(self.captions):
            return ""
        return self.captions[self.matches.nearest[place, candidate]]


def thing_in(row: dict) -> str:
    """Return what a reference picture shows: its concept, else its caption."""
    return row["concept"] or caption_of_text(row["text"])


def styles_beside(bank: str, reference: Sequence[dict]) -> list[str]:
    """Return the sources of which the bank shows most things, by the reference split; sorted.

    Of the pictures of others nobody knows how they differ from the bank's.
    """
    known = {thing_in(row) for row in reference if row["source"] == bank}
    shown = defaultdict(list)
    for row in reference:
        shown[row["source"]].append(thing_in(row) in known)
    styles = [source for source, in_bank in shown.items() if 2 * sum(in_bank) >= len(in_bank)]
    return sorted(set(styles) - {bank})


def pictures_of(store: FeatureStore, rows: Sequence[dict]) -> Pictures:
    """Return where the pictures of sample rows lie in the feature store, their styles and things.

    Of the pool only the pictures count: what they show is not told.
    """
    from bettersynth.models.backbones.across_styles import Pictures

    places = store.rows([row["image_sha256"][0] for row in rows])
    things = [thing_in(row) if row["split"] == "reference" else "" for row in rows]
    return Pictures(places, [row["source"] for row in rows], things)
