"""remove_bibliography_mapper: what follows the text of LaTeX."""

from __future__ import annotations

import pytest
from support.one_operator import rewritten


@pytest.mark.parametrize("end", ["\\appendix", "\\begin{references}", "\\bibliography{a}"])
def test_all_from_the_bibliography_on_goes(end):
    assert rewritten("remove_bibliography_mapper", f"text\n{end}\nmore") == "text\n"
    assert rewritten("remove_bibliography_mapper", "text\nmore") == "text\nmore"
