"""All experiments of a clone share one folder for what need not be made twice."""

from bettersynth.data.files.scratch import scratch_folder


def test_a_queued_experiment_uses_the_cache_of_the_tree_around_it(tmp_path, monkeypatch):
    monkeypatch.delenv("BETTERSYNTH_CACHE", raising=False)
    copy = tmp_path / ".dvc" / "tmp" / "exps" / "standalone" / "x"
    copy.mkdir(parents=True)
    monkeypatch.chdir(copy)
    assert scratch_folder("scores") == tmp_path / ".cache" / "scores"
    monkeypatch.chdir(tmp_path)
    assert scratch_folder("scores") == tmp_path / ".cache" / "scores"


def test_an_environment_variable_names_another_place(tmp_path, monkeypatch):
    monkeypatch.setenv("BETTERSYNTH_CACHE", str(tmp_path / "elsewhere"))
    assert scratch_folder("scores", "old") == tmp_path / "elsewhere/scores/old"
    assert (tmp_path / "elsewhere/scores/old").is_dir()
