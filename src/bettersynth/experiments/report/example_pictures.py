"""Small pictures of the samples that two training sets differ by."""

from __future__ import annotations

from collections.abc import Iterable

from bettersynth.data.pictures.decoding import BadImage
from bettersynth.data.pictures.images import ImageStore
from bettersynth.data.tables.samples import POOL_IMAGES, SAMPLES
from bettersynth.errors import UserError
from bettersynth.experiments.history.compared_runs import Reader, table_of
from bettersynth.experiments.report.sample_part import thumbnail
from bettersynth.settings.regular_files import folder_is_there


def example_pictures(read: Reader, ids: Iterable[str]) -> dict[str, str]:
    """Return the first picture of each sample as a data URI, by id; those that are not at hand in
    this folder are left out.
    """
    content = read(SAMPLES)
    if content is None or not folder_is_there(POOL_IMAGES):
        return {}
    table = table_of(content, str(SAMPLES), ["id", "images"])
    names = dict(zip(table["id"].to_pylist(), table["images"].to_pylist(), strict=True))
    store = ImageStore(POOL_IMAGES)
    pictures = {}
    for sample in ids:
        if not names.get(sample):
            continue
        try:
            pictures[sample] = thumbnail(store.read(names[sample][0]))
        except (BadImage, UserError):
            # of another pool, or broken
            continue
    return pictures
