from support.verb_calls import recorded, typed

ROOM = "bettersynth.experiments.browse"


def test_an_experiment_is_served(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    read = recorded(monkeypatch, f"{ROOM}.pairs.read_pairs", ["pairs"])
    looks = recorded(monkeypatch, f"{ROOM}.looks.Looks", "looks")
    serve = recorded(monkeypatch, f"{ROOM}.server.serve")
    typed("browse", "similarity", "--port", "8000", "--no-open", "--person", "Ann")
    typed("browse")
    assert read.calls == [("similarity",), ("workspace",)]
    assert looks.calls[0][1].me == "ann"
    assert serve.calls == [("looks", 8000, False), ("looks", 0, True)]
