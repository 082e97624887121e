from __future__ import annotations

import json

import pytest
import torch
from support.mgm_reference import reference_model, reference_values

from bettersynth.errors import UserError
from bettersynth.models.training.optimizer import freeze
from bettersynth.models.training.trainer import (
    check_global_batch,
    choose_attention,
    last_checkpoint,
    prepare_deepspeed,
    training_steps,
)
from bettersynth.settings.training import TrainingSettings


def test_steps_follow_from_visits_and_the_global_batch():
    assert (
        training_steps(200_000, TrainingSettings(batch_size=8, accumulation=4), processes=8) == 782
    )
    assert training_steps(10, TrainingSettings(batch_size=4, visits=9)) == 3


def test_a_global_batch_that_fits_is_accepted_and_another_is_refused_with_the_nearest():
    check_global_batch(TrainingSettings(batch_size=8, accumulation=4, global_batch=256), 8)
    with pytest.raises(UserError, match="with 4 processes use batch_size 8 with accumulation 8"):
        check_global_batch(TrainingSettings(batch_size=8, accumulation=4, global_batch=256), 4)
    with pytest.raises(UserError, match="256 cannot be split over 6 processes; use 2, 4, 8"):
        check_global_batch(TrainingSettings(global_batch=256), 6)


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


@pytest.mark.parametrize("attention", ["sdpa", "eager"])
def test_gradient_checkpointing_and_the_attention_form_change_no_gradient(attention):
    inputs, expected = reference_values("gemma_g1")
    model = reference_model("gemma_g1", attn_implementation=attention)
    freeze(model, tune_mm_mlp_adapter=True)
    model.train()
    model.language_model.activation_checkpointing_enable({"use_reentrant": False})
    model(**inputs).loss.backward()
    torch.testing.assert_close(
        model.mm_projector[0].weight.grad,
        expected["grad.model.mm_projector.0.weight"],
        atol=3e-5,
        rtol=0,
    )


def test_bfloat16_autocast_stays_near_the_float32_loss():
    inputs, expected = reference_values("gemma_g1")
    model = reference_model("gemma_g1")
    with torch.autocast("cpu", dtype=torch.bfloat16):
        loss = model(**inputs).loss
    assert loss.dtype == torch.float32
    assert loss.item() == pytest.approx(expected["loss"].item(), rel=0.02)


def test_a_checkpoint_that_a_kill_cut_short_is_passed_over(tmp_path):
    for step, state in ((4, "{}"), (8, '{"broken')):
        (tmp_path / f"checkpoint-{step}").mkdir()
        (tmp_path / f"checkpoint-{step}/trainer_state.json").write_text(state)
    (tmp_path / "checkpoint-12").mkdir()
    assert last_checkpoint(tmp_path, remove_broken=False).name == "checkpoint-4"
    assert last_checkpoint(tmp_path).name == "checkpoint-4"
    assert [path.name for path in tmp_path.iterdir()] == ["checkpoint-4"]


def test_a_missing_deepspeed_file_points_to_the_ready_ones(tmp_path):
    with pytest.raises(UserError, match="ready ones are under conf/deepspeed"):
        prepare_deepspeed(str(tmp_path / "zero9.json"))


def test_deepspeed_clips_gradients_as_the_settings_say_and_not_as_accelerate_would(
    tmp_path, monkeypatch
):
    for name in ("RANK", "LOCAL_RANK", "DS_ACCELERATOR"):
        monkeypatch.setenv(name, "0" if "RANK" in name else "cpu")
    monkeypatch.setenv("TORCH_EXTENSIONS_DIR", str(tmp_path))
    for name, clipping in (("silent", None), ("said", 0.5)):
        values = {"zero_optimization": {"stage": 2}} | (
            {"gradient_clipping": clipping} if clipping else {}
        )
        (tmp_path / f"{name}.json").write_text(json.dumps(values))
    assert (
        prepare_deepspeed(str(tmp_path / "silent.json"))["gradient_clipping"] == "auto"
    )  # the Trainer fills in max_grad_norm
    assert prepare_deepspeed(str(tmp_path / "said.json"))["gradient_clipping"] == 0.5
