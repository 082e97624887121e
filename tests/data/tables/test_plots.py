"""The tables behind `dvc plots show`."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

from bettersynth.data.tables.plots import write_category_plot, write_loss_plot


def test_losses_and_categories_are_written_one_a_line(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    write_loss_plot("pretrain", {0: ([1.0, 2.0], [3.0, 2.34567891]), 7: ([1.0], [0.5])})
    lines = Path("results/plots/pretrain_loss.tsv").read_text().splitlines()
    assert lines == ["seed\tstep\tloss", "0\t1\t3", "0\t2\t2.34568", "7\t1\t0.5"]
    row = SimpleNamespace(label="CP", note="ability, 3 questions", score=40.126, low=3, high=70)
    write_category_plot([row])
    lines = Path("results/plots/categories.tsv").read_text().splitlines()
    assert lines == [
        "category\tscore\tlow\thigh\tnote",
        "CP\t40.13\t3.00\t70.00\tability, 3 questions",
    ]
