"""The child process, its lines and its end, with a fake `modelscope`; OFA and mPLUG themselves
where their environment is (slow).
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from support.parity import FOLDER

from bettersynth.data.samples.batch import Images
from bettersynth.errors import UserError
from bettersynth.measuring.captioning import CachedCaptioner
from bettersynth.models.captioners import Request, modelscope

ROOT = Path(__file__).parents[3]
NAMES = ["images/shapes0.png", "images/gray.png", "images/shapes1.png"]
REAL = ROOT / ".modelscope/bin/python"
TORCH = (
    "def manual_seed(seed):\n    global seeded\n    seeded = seed\nclass cuda:\n    is_available "
    "= staticmethod(lambda: False)\n"
)
TORCH += "def load(path, weights_only=False):\n    return weights_only\n"
FAKE = """
import os, sys, torch
print("a library that prints on stdout")
class Box:
    pass
class {kind}:
    generator = Box()
    model = Box()
    model.beam_generator = Box()
class Pipeline:
    def __init__(self, model):
        self.model = {kind}()
        self.preprocessor = Box()
        self.preprocessor.preprocess = Box()
        self.preprocessor.preprocess.cfg = Box()
        self.preprocessor.preprocess.cfg.model = {{}}
    def __call__(self, pictures, batch_size=0):
        print("more of it")
        told = f"seed {{torch.seeded}} {{vars(self.model.generator)}}"
        told += f" {{vars(self.model.model.beam_generator)}}"
        if not batch_size:
            return {{"caption": f" {{pictures.size}} {{pictures.getpixel((0, 0))}} {{told}}"}}
        prompt = self.preprocessor.preprocess.cfg.model.get("prompt")
        texts = [f"{{batch_size}} {{p.size}} {{prompt}} {{told}}" for p in pictures]
        return [{{"caption": [text] if batch_size > 1 else text}} for text in texts]
def pipeline(task, model, device, model_revision=""):
    assert torch.load(model, weights_only=False) is True  # no pickle runs
    {body}
    return Pipeline(model)
"""

DIRECT = """
import json
from modelscope.pipelines import pipeline
captioner = pipeline("image-captioning", model="{folder}", device="cpu")
made = [captioner(picture)["caption"] for picture in {pictures}]
print(json.dumps([text if isinstance(text, str) else text[0] for text in made]))
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A model's folder, with a fake mPLUG's ModelScope on the worker's path."""
    monkeypatch.setenv("BETTERSYNTH_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("PYTHONPATH", str(tmp_path / "packages"))
    model = tmp_path / "model"
    model.mkdir()
    (model / "configuration.json").write_text("{}")
    fake(tmp_path)
    return model


def fake(tmp_path: Path, kind: str = "MPlugForAllTasks", body: str = "pass") -> None:
    package = tmp_path / "packages/modelscope"
    package.mkdir(parents=True, exist_ok=True)
    (package / "__init__.py").write_text("")
    (package / "pipelines.py").write_text(FAKE.format(kind=kind, body=body))
    (package.parent / "torch.py").write_text(TORCH)


def images() -> Images:
    return Images(lambda name: (FOLDER / name).read_bytes())


def caption(
    folder: Path, requests: list[Request] | None = None, seed: int = 0, **settings: Any
) -> list[str]:
    options = {"model": str(folder), "python": sys.executable, **settings}
    captioner = CachedCaptioner("modelscope", options, "caption.settings")
    try:
        return captioner.caption(
            images(), requests or [Request(name, "", 0) for name in NAMES], seed
        )[0]
    finally:
        captioner.close()


def gone(process: int) -> bool:
    """Whether it ends within seconds."""
    for _ in range(100):
        stat = Path(f"/proc/{process}/stat")
        if not stat.exists() or stat.read_text().rsplit(")", 1)[1].split()[0] == "Z":
            return True
        time.sleep(0.05)
    return False


def test_mplug_gets_its_pictures_one_by_one_with_seed_and_settings_whatever_the_libraries_print(
    folder: Path,
) -> None:
    made = caption(folder, seed=5, beam_size=3, max_new_tokens=9)
    pictures = [images().picture(name) for name in NAMES]
    told = "seed 5 {} {'beam_size': 3, 'max_length': 9}"
    assert made == [f"{picture.size} {picture.getpixel((0, 0))} {told}" for picture in pictures]
    assert caption(folder, seed=6) != made


def test_ofa_gets_batches_of_one_prompt_and_its_own_question_back(folder: Path) -> None:
    fake(folder.parent, "OfaForAllTasks")
    requests = [
        Request(NAMES[0], "what is red?", 0),
        Request(NAMES[1], "", 0),
        Request(NAMES[2], "what is red?", 0),
    ]
    made = caption(folder, requests, max_new_tokens=4)
    sizes = [images().picture(name).size for name in NAMES]
    told = "seed 0 {'max_len_b': 4} {}"
    asked = f"{sizes[0]}  what is red? {told}"
    assert made == [f"2 {asked}", f"1 {sizes[1]} None {told}", f"2 {sizes[2]}  what is red? {told}"]


def test_nothing_is_captioned_twice_and_a_change_of_the_weights_captions_again(
    folder: Path,
) -> None:
    assert caption(folder) == caption(
        folder, python="nowhere/python", batch_size=1
    )  # from the cache: no child is started
    (folder / "pytorch_model.bin").write_bytes(b"other")
    modelscope.hash_of_model.cache_clear()
    with pytest.raises(UserError, match="there is no nowhere/python"):
        caption(folder, python="nowhere/python")


def test_more_than_one_candidate_is_refused_not_pretended(folder: Path) -> None:
    with pytest.raises(UserError, match="give the likeliest; set caption_num to 1"):
        caption(folder, [Request(NAMES[0], "", 0), Request(NAMES[0], "", 1)])


def test_a_prompt_that_mplug_would_not_read_is_an_error(folder: Path) -> None:
    with pytest.raises(UserError, match="mPLUG captions take no prompt; leave prompt empty"):
        caption(folder, [Request(NAMES[0], "What is it?", 0)])


def test_what_is_missing_is_one_clear_error_with_what_to_do(folder: Path, tmp_path: Path) -> None:
    install = (
        r"python3.11 -m venv .modelscope && .modelscope/bin/pip install -r "
        r"workflow/envs/modelscope.txt"
    )
    with pytest.raises(
        UserError,
        match=f"there is no {tmp_path}/none .setting python.; make that environment: {install}",
    ):
        caption(folder, python=f"{tmp_path}/none")
    with pytest.raises(
        UserError,
        match="there is no folder ./none .setting model.; name a folder or an id such as iic/",
    ):
        caption(folder, model="./none")
    with pytest.raises(UserError, match="holds no configuration.json"):
        caption(folder, model=str(tmp_path))
    with pytest.raises(UserError, match="batch_size is 0; it must be 1 or more"):
        caption(folder, batch_size=0)
    (tmp_path / "packages/modelscope/pipelines.py").unlink()
    with pytest.raises(
        UserError,
        match=f"cannot import modelscope.pipelines: No module named .*; install into .*: {install}",
    ):
        caption(folder)


def test_what_modelscope_cannot_load_is_one_line(folder: Path, tmp_path: Path) -> None:
    fake(tmp_path, body="raise RuntimeError('long\\n\\nNo module named fairseq')")
    with pytest.raises(
        UserError,
        match=r"cannot load .*model: No module named fairseq; install into .*modelscope.txt",
    ):
        caption(folder)
    fake(tmp_path, body="raise ValueError('no such revision')")
    with pytest.raises(UserError, match=r"cannot load .*model: no such revision$"):
        caption(folder)
    fake(tmp_path, kind="CLIP_Interrogator")
    with pytest.raises(UserError, match="is a CLIP_Interrogator, neither OFA nor mPLUG"):
        caption(folder)


def test_a_worker_that_dies_is_named_with_its_last_words(folder: Path, tmp_path: Path) -> None:
    fake(tmp_path, body="print('out of memory'); os._exit(7)")
    with pytest.raises(UserError, match="ended with code 7: .*; if its packages are at fault"):
        caption(folder)
    fake(tmp_path, body="sys.stderr.write('segfault soon\\n'); os._exit(7)")
    with pytest.raises(
        UserError, match="ended with code 7: segfault soon; if its packages are at fault"
    ):
        caption(folder)


def test_the_child_ends_with_close_and_when_its_parent_is_killed(folder: Path) -> None:
    captioner = modelscope.load(modelscope.Settings(model=str(folder), python=sys.executable))
    child = captioner.worker.pid
    captioner.close()
    assert gone(child)
    script = (
        "import os, signal, sys\nfrom bettersynth.models.captioners import modelscope\n"
        f"captioner = modelscope.load(modelscope.Settings(model={str(folder)!r}, "
        f"python=sys.executable))\n"
        "print(captioner.worker.pid, flush=True)\nos.kill(os.getpid(), signal.SIGKILL)\n"
    )
    environment = {**os.environ, "PYTHONPATH": f"{ROOT / 'src'}:{os.environ['PYTHONPATH']}"}
    killed = subprocess.run(
        [sys.executable, "-c", script], env=environment, capture_output=True, text=True
    )
    assert killed.returncode == -9, killed.stderr
    assert gone(int(killed.stdout))


@pytest.mark.slow
@pytest.mark.skipif(not REAL.exists(), reason=f"no environment: {modelscope.INSTALL}")
def test_ofa_and_mplug_caption_in_their_own_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BETTERSYNTH_CACHE", str(tmp_path / "cache"))
    monkeypatch.delenv("PYTHONPATH", raising=False)
    subprocess.run([str(REAL), ROOT / "tests/tiny_modelscope.py", tmp_path], check=True)
    for name in NAMES:
        images().picture(name).save(tmp_path / Path(name).name)
    for kind in ("mplug", "ofa"):
        code = DIRECT.format(
            folder=tmp_path / kind, pictures=[str(tmp_path / Path(name).name) for name in NAMES]
        )
        direct = subprocess.run(
            [str(REAL), "-c", code], check=True, capture_output=True, text=True
        ).stdout.splitlines()[-1]
        made = caption(tmp_path / kind, python=str(REAL))
        assert made == json.loads(direct)
        assert len(set(made)) > 1
        monkeypatch.setenv("BETTERSYNTH_CACHE", str(tmp_path / f"{kind} again"))
        assert caption(tmp_path / kind, python=str(REAL), batch_size=1) == made
    asked = [Request(name, prompt, 0) for prompt in ("what is red?", "") for name in NAMES]
    both = caption(tmp_path / "ofa", asked, python=str(REAL))
    assert both[:3] != made
    assert both[3:] == made
