from bettersynth.data.files.project import project_root
from bettersynth.data.files.scratch import scratch_folder


def test_a_project_is_found_from_any_folder_in_it(tmp_path, monkeypatch):
    inner = tmp_path / "results/deep"
    inner.mkdir(parents=True)
    assert project_root(inner) == inner
    (tmp_path / "dvc.yaml").touch()
    (tmp_path / "conf").mkdir()
    assert project_root(inner) == tmp_path
    monkeypatch.chdir(inner)
    monkeypatch.delenv("BETTERSYNTH_CACHE", raising=False)
    assert scratch_folder("scores") == tmp_path / ".cache/scores"
