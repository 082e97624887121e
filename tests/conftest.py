"""Puts this folder on the path, so that tests in sub-folders can share `small_archives`."""

import sys

import pytest

LONGEST = ("test_pipeline.py", "test_mgm_2b_dry.py")


def pytest_collection_modifyitems(items):
    """The longest files first: begun last, one of them would keep one process busy while the other
    is done.
    """
    items.sort(key=lambda item: item.path.name not in LONGEST)


@pytest.fixture(autouse=True)
def _torch_has_one_thread():
    """Let no test begin with the threads that an earlier one gave torch.

    Beside several threads, workers are not forked off: the test of another file would decide how
    those of this one start.
    """
    if "torch" in sys.modules:
        sys.modules["torch"].set_num_threads(1)
