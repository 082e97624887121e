"""N-gram language models.

ARPA text files are read here, KenLM's binary ones by the package kenlm.
"""

from __future__ import annotations

import functools
import gzip
from pathlib import Path
from typing import Any

from bettersynth.errors import UserError

# log10 probability, log10 back-off weight
Entry = tuple[float, float]


class ArpaModel:
    """A back-off n-gram model.

    `score` equals that of the package kenlm on the same file, but for kenlm's float32 sums.
    """

    def __init__(self, path: Path):
        """Read a file, packed by gzip if its name ends in .gz.

        Raises:
            UserError: it is not an ARPA file.
        """
        self.entries: dict[tuple[str, ...], Entry] = {}
        # words of the longest n-grams
        self.order = 0
        # words of the n-grams of the section at hand; 0 in the header
        size = 0
        opener = gzip.open if path.suffix == ".gz" else open
        with opener(path, "rt", encoding="utf-8") as stream:
            for line in stream:
                fields = line.rstrip("\n").split("\t")
                if line.startswith("\\") and line.rstrip().endswith("-grams:"):
                    size = int(line[1:].split("-")[0])
                    self.order = max(self.order, size)
                elif size and len(fields) >= 2:
                    words = tuple(fields[1].split(" "))
                    if len(words) != size:
                        raise UserError(
                            f"{path} is not an ARPA file: {line.strip()[:80]!r} is no {size}-gram"
                        )
                    # the longest n-grams have no back-off weight
                    backoff = float(fields[2]) if len(fields) > 2 else 0.0
                    self.entries[words] = (float(fields[0]), backoff)
        if not self.order:
            raise UserError(f"{path} is not an ARPA file: it has no n-grams")

    def score(self, line: str) -> float:
        """Return the log10 probability of a line's words and of its end.

        They stand behind the mark of its beginning, which itself is certain.
        """
        history: tuple[str, ...] = ("<s>",) if self.order > 1 else ()
        total = 0.0
        for word in [*line.split(), "</s>"]:
            if (word,) not in self.entries:
                word = "<unk>"
            total += self._word(history, word)
            # no n-gram looks further back
            history = (*history, word)[-self.order + 1 :] if self.order > 1 else ()
        return total

    def _word(self, history: tuple[str, ...], word: str) -> float:
        """Return the log10 probability of `word` after `history`, backing off as need be."""
        backoff = 0.0
        while True:
            entry = self.entries.get((*history, word))
            if entry is not None:
                return backoff + entry[0]
            if not history:
                # a model without <unk>, as KenLM gives it
                return backoff - 100.0
            # a history that the file does not know backs off for nothing
            backoff += self.entries.get(history, (0.0, 0.0))[1]
            history = history[1:]


@functools.lru_cache(maxsize=2)
def load_model(file: str) -> Any:
    """Return a model with `score(line)`.

    Raises:
        UserError: no such file, or a binary one without the package kenlm.
    """
    path = Path(file)
    if not path.is_file():
        raise UserError(f"kenlm_model {file} does not exist")
    if path.name.endswith((".arpa", ".arpa.gz")):
        return ArpaModel(path)
    try:
        import kenlm
    except ImportError:
        raise UserError(
            f"kenlm_model {file} is not an .arpa file; binary models need the package kenlm"
        ) from None
    return kenlm.Model(file)
