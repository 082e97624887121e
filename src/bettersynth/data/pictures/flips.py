"""What may be done to a picture before it is scored."""

from __future__ import annotations

from typing import NamedTuple

from PIL import Image, ImageOps


class Flips(NamedTuple):
    """Which mirrors a picture goes through.

    `channels_first` reads a picture's 3 rows as if they were the channels.
    """

    mirror: bool = False
    upside_down: bool = False
    channels_first: bool = False

    def apply(self, picture: Image.Image) -> Image.Image:
        """Return the picture, mirrored as asked; `channels_first` is left to the caller."""
        if self.mirror:
            picture = ImageOps.mirror(picture)
        if self.upside_down:
            picture = ImageOps.flip(picture)
        return picture


NO_FLIPS = Flips()
