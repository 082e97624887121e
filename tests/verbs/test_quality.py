"""`bettersynth quality --good FILE --bad FILE`"""

from __future__ import annotations

from pathlib import Path

from support.verb_calls import recorded, typed

from bettersynth.measuring.text.quality_training import HeldOut, Trained

MODULE = "bettersynth.measuring.text.quality_training"
SAVING = "bettersynth.measuring.text.quality_saving"


def test_a_model_is_trained_on_the_named_texts_and_its_merit_is_said(monkeypatch, capsys):
    read = recorded(monkeypatch, f"{MODULE}.read_texts", answer=["a"] * 1200)
    held_out = HeldOut(200, 190, 0.9, 0.8, 0.847, 0.95)
    train = recorded(
        monkeypatch, f"{MODULE}.train_quality", answer=("model", Trained(950, 990, 60), held_out)
    )
    save = recorded(monkeypatch, f"{SAVING}.save_quality_model")
    recorded(monkeypatch, f"{SAVING}.require_own_folder")
    typed("quality", "--good", "a.jsonl", "b", "--bad", "c", "--output", "models/mine")
    assert read.calls == [(["a.jsonl", "b"], "text"), (["c"], "text")]
    assert train.calls == [(["a"] * 1200, ["a"] * 1200, "")]
    assert save.calls == [("model", Path("models/mine"))]
    out = capsys.readouterr().out
    assert "trained on 950 good and 990 bad texts\nleft out: 60 texts that are good and bad" in out
    assert "ROC AUC 0.950, precision 0.900, recall 0.800, F1 0.847" in out
    assert "written: models/mine" in out
