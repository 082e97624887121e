"""The page in a browser, one for each file of tests."""

import pytest


@pytest.fixture(scope="module")
def opened(tmp_path_factory):
    # not for the tests beside that need no browser
    from support.browse_page import opened_pool

    with opened_pool(tmp_path_factory.mktemp("pool")) as page:
        yield page
