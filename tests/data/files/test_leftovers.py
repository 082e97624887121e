import os
import socket
import subprocess

from bettersynth.data.files.leftovers import remove_leftovers, temporary_prefix


def test_what_dead_processes_of_this_machine_left_goes(tmp_path):
    ended = subprocess.Popen(["true"])
    ended.wait()
    host = socket.gethostname()
    folder = tmp_path / f".old.jsonl.{host}-{ended.pid}-abcdefgh"
    folder.mkdir()
    (folder / "pass0").write_text("x")
    (tmp_path / f".card.json.{host}-{ended.pid}-abcdefgh").write_text("half")
    stay = [
        f".card.json.{host}-{os.getpid()}-abcdefgh",
        f".card.json.another-{ended.pid}-abcdefgh",
        f"card.json.{host}-{ended.pid}-abcdefgh",
    ]
    for name in stay:
        (tmp_path / name).write_text("half")
    remove_leftovers(tmp_path)
    assert sorted(os.listdir(tmp_path)) == sorted(stay)


def test_a_name_says_whose_it_is():
    prefix = temporary_prefix("card.json")
    assert prefix == f".card.json.{socket.gethostname()}-{os.getpid()}-"
