"""The page of an audit: what each operator finds of each fault."""

from __future__ import annotations

import io

import numpy as np
import pandas as pd
from PIL import Image

from bettersynth.experiments.report.audit_part import page


class Pictured:
    """A sample with one grey picture."""

    text = "a <b>caption</b>"

    def files(self) -> list[bytes]:
        stream = io.BytesIO()
        Image.new("RGB", (20, 20), (90, 90, 90)).save(stream, "JPEG")
        return [stream.getvalue()]


def test_a_cell_shows_the_values_or_else_the_rule() -> None:
    common = {"operator": "words", "milliseconds_a_sample": 1.234, "good_dropped": 0.1}
    rows = [
        {**common, "stat": "num_words", "fault": "blur", "roc_auc": 0.75, "side": "low"},
        {**common, "stat": "num_words", "fault": "copies", "roc_auc": np.nan, "side": ""},
    ]
    table = pd.DataFrame(rows).assign(recall=0.6, precision=[0.5, np.nan])
    table = table.assign(roc_auc_low=0.61, roc_auc_high=0.85)
    text = page("r.yaml", table, 50, {"blur": (Pictured(), Pictured())}, {"nsfw": "no <model>"})
    assert "0.75 low" in text
    assert "(0.61–0.85)" in text
    assert "60 / 50" in text
    assert "60 / –" in text
    assert "background:rgba(31,102,176,0.30)" in text
    assert "1.23" in text
    assert "no &lt;model&gt;" in text
    assert "a &lt;b&gt;caption" in text
    assert "data:image/jpeg;base64," in text
