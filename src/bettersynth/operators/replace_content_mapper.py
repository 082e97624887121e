"""Replace what patterns match."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bettersynth.errors import UserError
from bettersynth.measuring.text.substitution import replace


@dataclass(frozen=True)
class Settings:
    """One pattern or several, and what takes the place of their matches: one text, or one each."""

    pattern: str | list[str] | None = None
    repl: str | list[str] = ""

    def __post_init__(self) -> None:
        if isinstance(self.repl, list) and len(self.repl) != len(self.patterns):
            raise UserError(
                f"replace_content_mapper: {len(self.patterns)} in pattern and {len(self.repl)} in "
                "repl; there must be as many, or one repl for all"
            )
        if "" in self.patterns:
            raise UserError("pattern is empty, which matches between all characters")
        # a mistake is told before the first row
        rewrite([""], self)

    @property
    def patterns(self) -> list[str]:
        """The patterns, in the order in which they are replaced."""
        if self.pattern is None:
            return []
        return [self.pattern] if isinstance(self.pattern, str) else self.pattern


def rewrite(texts: Sequence[str], settings: Settings) -> list[str]:
    r"""Return the texts with the matches of each pattern replaced, one pattern after the other.

    `.` matches line ends too; a replacement may name groups (`\1`).
    """
    replaced = list(texts)
    for position, pattern in enumerate(settings.patterns):
        repl = settings.repl
        new = repl[position] if isinstance(repl, list) else repl
        replaced = replace(replaced, pattern, new)
    return replaced
