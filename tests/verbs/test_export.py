"""`bettersynth export FOLDER`"""

from pathlib import Path

from support.verb_calls import recorded, typed

from bettersynth.experiments.export import formats
from bettersynth.verbs import export


def test_the_folder_the_experiment_and_the_form_are_told(monkeypatch, capsys):
    written = recorded(
        monkeypatch, "bettersynth.experiments.export.formats.export_training_set", "done"
    )
    typed("export", "set")
    typed("export", "set", "--of", "a", "--format", "hf")
    assert written.calls == [("workspace", Path("set"), "folder"), ("a", Path("set"), "hf")]
    assert capsys.readouterr().out == "done\ndone\n"


def test_the_help_names_the_forms_that_there_are():
    assert set(export.FORMATS) == set(formats.FORMATS)
