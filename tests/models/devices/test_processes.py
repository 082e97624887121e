from bettersynth.models.devices.processes import is_launched, is_main_process, process_count


def test_a_process_alone_is_the_main_one(monkeypatch):
    monkeypatch.delenv("RANK", raising=False)
    monkeypatch.delenv("WORLD_SIZE", raising=False)
    assert is_main_process()
    assert process_count() == 1
    assert not is_launched()


def test_of_launched_processes_the_first_is_the_main_one(monkeypatch):
    monkeypatch.setenv("WORLD_SIZE", "4")
    for rank, main in (("0", True), ("1", False)):
        monkeypatch.setenv("RANK", rank)
        assert is_main_process() is main
        assert is_launched()
    assert process_count() == 4
