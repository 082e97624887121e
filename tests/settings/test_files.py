"""An entry names what it has."""

from pathlib import Path

import pytest

from bettersynth.errors import UserError
from bettersynth.settings.files import NeededSettings
from bettersynth.settings.reading import read_settings


def test_an_entry_needs_an_origin_and_names_what_else_it_has():
    entry = read_settings(NeededSettings, {"origin": "yours", "path": "a.tsv"}, "files.a")
    assert entry == NeededSettings(origin="yours", path=Path("a.tsv"))
    with pytest.raises(UserError, match="files.a lacks the setting origin; its settings are"):
        read_settings(NeededSettings, {"path": "a.tsv"}, "files.a")
