"""Adapters, and what does not go with them."""

from pathlib import Path

import pytest
from support.default_settings import default_params, default_settings

from bettersynth.errors import UserError
from bettersynth.settings.finetune import FinetuneSettings
from bettersynth.settings.lora import Lora
from bettersynth.settings.reading import read_settings

ROOT = Path(__file__).parents[2]
ZERO3 = str(ROOT / "conf/deepspeed/zero3.json")
ZERO2 = str(ROOT / "conf/deepspeed/zero2.json")


def test_adapters_need_no_setting_and_go_with_zero_2():
    section = default_params(finetune={"lora": {}, "deepspeed": ZERO2})["finetune"]
    assert read_settings(FinetuneSettings, section, "finetune").lora == Lora(rank=16, alpha=32.0)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"lora": Lora(), "freeze_backbone": True}, "finetune has both lora and freeze_backbone"),
        ({"lora": Lora(bits=4), "deepspeed": ZERO3}, "lora.bits does not go with ZeRO-3"),
        ({"lora": Lora(bits=4), "deepspeed": "none.json"}, "none.json cannot be read as JSON"),
    ],
)
def test_what_does_not_go_with_adapters_is_one_line(changes, message):
    with pytest.raises(UserError, match=message):
        default_settings("finetune", **changes)
