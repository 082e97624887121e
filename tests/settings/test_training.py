"""What both stages share."""

from pathlib import Path

import pytest
from support.default_settings import default_settings

from bettersynth.errors import UserError
from bettersynth.settings.training import zero_stage

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize(("name", "stage"), [("zero0", 0), ("zero2", 2), ("zero3", 3)])
def test_the_zero_stage_is_read_from_deepspeeds_file(name, stage):
    assert zero_stage(str(ROOT / f"conf/deepspeed/{name}.json")) == stage


def test_a_file_that_is_not_there_or_no_json_is_one_line(tmp_path):
    (tmp_path / "a.json").write_text("{")
    for name in ("a.json", "b.json"):
        with pytest.raises(UserError, match="cannot be read as JSON .* under conf/deepspeed"):
            zero_stage(str(tmp_path / name))


def test_a_cpus_minutes_need_none_of_the_large_runs_settings():
    settings = default_settings("finetune")
    assert settings.deepspeed is None
    assert settings.workers == 0
    assert settings.lr_multi is None
