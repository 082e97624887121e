"""A hub that cannot be reached is asked once and briefly; the error names the way out."""

import socket
import time

import pytest
from huggingface_hub import constants

from bettersynth.errors import UserError
from bettersynth.measuring.text.tokenizers import load_tokenizer
from bettersynth.models.weights.hub import hub_answers, loading


@pytest.fixture
def no_network(monkeypatch):
    """A hub at a port of this machine where nobody listens."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    monkeypatch.setattr(constants, "ENDPOINT", f"http://127.0.0.1:{port}")
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
    hub_answers.cache_clear()
    yield
    hub_answers.cache_clear()


def test_a_name_that_cannot_be_fetched_is_refused_at_once_with_the_way_out(no_network):
    start = time.monotonic()
    with pytest.raises(UserError, match="write a folder .* in the place of nobody/no-such-model"):
        load_tokenizer("nobody/no-such-model")
    assert time.monotonic() - start < 15
    assert constants.HF_HUB_OFFLINE


def test_a_folder_asks_no_hub(no_network, tmp_path):
    with pytest.raises(UserError, match=r"^cannot load the model: broken$"):
        with loading("the model", str(tmp_path)):
            raise OSError("broken\nand more")
    assert not constants.HF_HUB_OFFLINE


def test_an_error_of_ours_stays_as_it_is(tmp_path):
    with pytest.raises(UserError, match="^mine$"):
        with loading("the model", str(tmp_path)):
            raise UserError("mine")
