"""After a clock was set back, files from the future get a time that Snakemake can compare."""

import os
import time

from bettersynth.experiments.workflow.file_times import FOLDER_MARK, take_back_from_future


def test_times_in_the_future_become_the_present_and_others_stay(tmp_path):
    future = time.time() + 7200
    past = time.time() - 7200
    folder = tmp_path / "model"
    folder.mkdir()
    mark = folder / FOLDER_MARK
    old = tmp_path / "old"
    for path, when in ((mark, future), (old, past)):
        path.touch()
        os.utime(path, (when, when))
    os.utime(folder, (future, future))
    take_back_from_future([str(folder), str(old), str(tmp_path / "nosuch")])
    for path in (folder, mark):
        assert path.stat().st_mtime <= time.time()
    assert old.stat().st_mtime == past
