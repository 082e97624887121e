import socket
import subprocess

from bettersynth.data.files.folder_beside import folder_beside
from bettersynth.data.files.leftovers import temporary_prefix


def test_the_folder_is_there_while_it_is_used(tmp_path):
    export = tmp_path / "new" / "out.jsonl"
    with folder_beside(export) as folder:
        assert folder.parent == export.parent
        assert folder.name.startswith(temporary_prefix("out.jsonl"))
        (folder / "pass0").write_text("x")
    assert list(export.parent.iterdir()) == []


def test_what_a_killed_process_left_beside_goes(tmp_path):
    ended = subprocess.Popen(["true"])
    ended.wait()
    left = tmp_path / f".out.jsonl.{socket.gethostname()}-{ended.pid}-abcdefgh"
    left.mkdir()
    with folder_beside(tmp_path / "out.jsonl"):
        assert not left.exists()
