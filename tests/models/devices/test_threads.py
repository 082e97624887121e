import pytest
import torch

from bettersynth.models.devices.threads import one_thread


@pytest.fixture(autouse=True)
def _as_torch_starts():
    """Other tests of this process may have left torch deterministic."""
    before = torch.are_deterministic_algorithms_enabled()
    torch.use_deterministic_algorithms(False)
    yield
    torch.use_deterministic_algorithms(before)


def test_inside_one_thread_works_deterministically_and_afterwards_all_is_as_before():
    threads = torch.get_num_threads()
    torch.set_num_threads(2)
    try:
        with one_thread():
            assert torch.get_num_threads() == 1
            assert torch.are_deterministic_algorithms_enabled()
        assert torch.get_num_threads() == 2
        assert not torch.are_deterministic_algorithms_enabled()
    finally:
        torch.set_num_threads(threads)


def test_an_error_inside_leaves_no_trace():
    threads = torch.get_num_threads()
    with pytest.raises(ZeroDivisionError), one_thread():
        raise ZeroDivisionError
    assert torch.get_num_threads() == threads
    assert not torch.are_deterministic_algorithms_enabled()
