"""The captioner that makes no captions."""

from bettersynth.data.samples.batch import Images
from bettersynth.measuring.captioning import CachedCaptioner
from bettersynth.models.captioners import Request, captioner_names


def test_every_request_is_refused_and_nothing_is_kept(tmp_path, monkeypatch):
    monkeypatch.setenv("BETTERSYNTH_CACHE", str(tmp_path))
    assert "none" in captioner_names()
    captioner = CachedCaptioner("none", None, "here")
    requests = [Request("a.png", "", candidate) for candidate in range(2)]
    captions, bad = captioner.caption(Images(str.encode), requests, seed=0)
    assert captions == ["", ""]
    assert bad == {}
    assert captioner.column.get([b"0" * 16]) == {}
    captioner.close()
