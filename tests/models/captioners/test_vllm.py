"""vLLM's offline engine: what it is asked, and with its package (slow) what it answers."""

from __future__ import annotations

import functools
import importlib.util
import sys
from types import SimpleNamespace

import pytest
from safetensors.torch import load_file, save_file
from support import tiny_captioners
from support.tiny_captioners import NAMES, captions, images

from bettersynth.errors import UserError
from bettersynth.models.captioners import Request, image_text_to_text, vllm


class Engine:
    """Says its prompt, and the size of the picture beside it; a drawn one its seed."""

    made: list[dict] = []

    def __init__(self, **settings):
        self.made.append(settings)

    def chat(self, chats, sampling, use_tqdm):
        assert not use_tqdm
        pairs = zip(chats, sampling, strict=True)
        return [SimpleNamespace(outputs=[self._output(chat, one)]) for chat, one in pairs]

    def _output(self, chat, sampling):
        picture, question = chat[-1]["content"]
        size = "x".join(map(str, picture["image_pil"].size))
        drawn = f" seed {sampling['seed']}" if sampling["temperature"] else ""
        return SimpleNamespace(text=f" {len(chat)} {question['text']} {size}{drawn}\n")


@pytest.fixture
def engine(monkeypatch):
    monkeypatch.setattr(Engine, "made", [])
    monkeypatch.setitem(sys.modules, "vllm", SimpleNamespace(LLM=Engine, SamplingParams=dict))
    for name in ("ENABLE_V1_MULTIPROCESSING", "NO_USAGE_STATS", "LOGGING_LEVEL"):
        monkeypatch.setenv(f"VLLM_{name}", "0")
    return Engine


def test_each_request_is_a_chat_of_its_own_with_its_own_draws(engine, tmp_path):
    requests = [Request(name, prompt, 0) for name in NAMES for prompt in ("", "a red dog")]
    requests += [Request(NAMES[0], "", 1), Request(NAMES[0], "", 2)]
    made = captions(vllm, tmp_path, requests, system_prompt="Be brief.", batch_size=3)
    sizes = ["x".join(map(str, images().picture(name).size)) for name in NAMES]
    assert made[0] == f"2 {image_text_to_text.DEFAULT_PROMPT} {sizes[0]}"
    assert made[3] == f"2 a red dog {sizes[1]}"
    assert " seed " in made[6] and made[6] != made[7]
    # alone, in another order, in another company
    assert captions(vllm, tmp_path, requests[::-1], system_prompt="Be brief.") == made[::-1]
    assert captions(vllm, tmp_path, requests[6:7], seed=1) != [made[6]]


def test_the_engine_gets_the_settings_and_only_what_decides_is_part_of_a_caption(engine, tmp_path):
    captions(vllm, tmp_path, [Request(NAMES[0], "", 0)], gpus=2, max_model_len=512)
    (settings,) = engine.made
    assert settings["model"] == str(tmp_path)
    assert (settings["tensor_parallel_size"], settings["max_model_len"]) == (2, 512)
    captions(vllm, tmp_path, [Request(NAMES[0], "", 0)])
    assert engine.made[1]["max_model_len"] is None
    assert set(vllm.NOT_DECIDING) == {"batch_size", "gpus", "memory_share", "max_model_len"}


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"gpus": 0}, "captioner vllm: gpus is 0; it must be 1 or more"),
        ({"memory_share": 1.5}, r"captioner vllm: memory_share is 1.5; it must be in \(0, 1\]"),
        ({"max_model_len": -1}, "captioner vllm: max_model_len is -1; it must be 0 or more"),
        ({"batch_size": 0}, "batch_size is 0; it must be above 0"),
    ],
)
def test_a_bad_setting_is_named(settings, message):
    with pytest.raises(UserError, match=message):
        vllm.Settings(**settings)


def test_without_its_package_the_way_out_is_told(monkeypatch, tmp_path):
    monkeypatch.setitem(sys.modules, "vllm", None)
    with pytest.raises(UserError, match="needs the package vllm; .* image_text_to_text"):
        vllm.load(vllm.Settings(model=str(tmp_path)))


def published_names(folder):
    """Call the vision tower's weights as published files do, which vLLM reads."""
    path = folder / "model.safetensors"
    weights = {}
    for name, value in load_file(path).items():
        tower, dot, rest = name.partition("vision_tower.")
        published = dot and not rest.startswith("vision_model.")
        weights[f"{tower}{dot}vision_model.{rest}" if published else name] = value
    save_file(weights, path, metadata={"format": "pt"})


@pytest.mark.slow
@pytest.mark.skipif(importlib.util.find_spec("vllm") is None, reason="vLLM is not installed")
@pytest.mark.filterwarnings("ignore")
def test_vllm_itself_answers_each_request_for_itself(tmp_path, monkeypatch):
    import vllm as package

    # its compiling takes longer than all else here
    eager = functools.partial(package.LLM, enforce_eager=True)
    monkeypatch.setattr(package, "LLM", eager)
    # heads of 32 numbers: the narrowest that it knows
    folder = tiny_captioners.save_llava(tmp_path / "llava", hidden=64)
    published_names(folder)
    requests = []
    for name in NAMES:
        for prompt in ("", "a red dog"):
            requests += [Request(name, prompt, candidate) for candidate in (0, 1)]
    given = {"max_model_len": 128, "memory_share": 0.1, "dtype": "float32"}
    together = captions(vllm, folder, requests, batch_size=12, **given)
    assert all(together) and len(set(together)) > 6
    assert captions(vllm, folder, requests[::-1], batch_size=5, **given) == together[::-1]
