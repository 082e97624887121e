"""Puts this folder on the path, so that tests in sub-folders can share `small_archives`."""

LONGEST = ("test_pipeline.py", "test_mgm_2b_dry.py")


def pytest_collection_modifyitems(items):
    """The longest files first: begun last, one of them would keep one process busy while the other
    is done.
    """
    items.sort(key=lambda item: item.path.name not in LONGEST)
