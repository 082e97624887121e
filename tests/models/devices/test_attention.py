from __future__ import annotations

import pytest
import torch

from bettersynth.errors import UserError
from bettersynth.models.devices.attention import choose_attention


def test_attention_is_chosen_by_what_there_is(monkeypatch):
    assert choose_attention("eager", "float32") == "eager"
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    assert choose_attention("auto", "bfloat16") == "sdpa"
    with pytest.raises(UserError, match="flash_attention_2 cannot run: there is no GPU"):
        choose_attention("flash_attention_2", "bfloat16")
    with pytest.raises(UserError, match="allowed: auto, sdpa, eager"):
        choose_attention("fast", "float32")


def test_a_v100_gets_sdpa_and_is_told_why_flash_attention_cannot_run(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "get_device_capability", lambda: (7, 0))
    monkeypatch.setattr(torch.cuda, "get_device_name", lambda: "Tesla V100")
    assert choose_attention("auto", "float16") == "sdpa"
    with pytest.raises(UserError, match="Tesla V100 is older than Ampere"):
        choose_attention("flash_attention_2", "float16")


def test_packing_and_flash_attention_are_refused_together(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "get_device_capability", lambda: (9, 0))
    assert choose_attention("auto", "bfloat16", packing=True) == "sdpa"
    with pytest.raises(UserError, match="packing needs a block mask"):
        choose_attention("flash_attention_2", "bfloat16", packing=True)
