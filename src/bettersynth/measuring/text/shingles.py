"""The overlapping runs of a text that the near-duplicate hashes are made of."""

from __future__ import annotations

from collections.abc import Callable

from bettersynth.measuring.text.user_patterns import compile_pattern, substitute
from bettersynth.measuring.text.word_pieces import split_pieces


def shingle_function(
    tokenization: str, size: int, lowercase: bool, ignore: str | None, pieces: str, short: bool
) -> Callable[[str], list[bytes]]:
    """Return the function from a text to its shingles.

    They are runs of `size` characters, or of words joined by spaces. `space` splits at single
    spaces only, `punctuation` at each punctuation mark, `sentencepiece` by the model file
    `pieces`. What matches the pattern `ignore` goes first. A text with fewer parts than `size`
    gives one shingle of all of them with `short`, none without.
    """
    pattern = compile_pattern(ignore, "ignore_pattern") if ignore else None
    marks = compile_pattern(r"\p{P}")
    split_by_model = split_pieces(pieces) if tokenization == "sentencepiece" else None
    join = "" if tokenization in ("character", "sentencepiece") else " "

    def units_of(text: str) -> list[str] | str:
        if tokenization == "character":
            return text
        if tokenization == "punctuation":
            return marks.split(text)
        if split_by_model:
            return split_by_model(text)
        return [word for word in text.split(" ") if word]

    def shingles(text: str) -> list[bytes]:
        if lowercase:
            text = text.lower()
        if pattern:
            text = substitute(pattern, "", text)
        units = units_of(text)
        if short and 0 < len(units) < size:
            # a text from JSON may hold half of a surrogate pair, which UTF-8 refuses otherwise
            return [join.join(units).encode("utf-8", "surrogatepass")]
        starts = range(len(units) - size + 1)
        runs = [join.join(units[start : start + size]) for start in starts]
        return [run.encode("utf-8", "surrogatepass") for run in runs]

    return shingles
