"""docs/first_hour.md, typed as it stands; what it shows as printed is what is printed.

The stages that its `snakemake` line would run are called by name, without Snakemake and DVC.
"""

import contextlib
import io
import json
import re
import shlex
from pathlib import Path

import pytest

from bettersynth import cli
from bettersynth.steps import fetch, pool

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs/first_hour.md").read_text()
STAGES = {"data/pool/samples.parquet": (fetch, pool)}
# what serves a page until it is ended, and what needs a trained model
NOT_TYPED = {"bettersynth browse", "bettersynth leaderboard"}


def block(language):
    """The one block of a language."""
    [text] = re.findall(rf"```{language}\n(.*?)```", PAGE, re.S)
    return text


def typed(line):
    """Type a line of the page; returns what it prints."""
    program, *words = shlex.split(line)
    shown = io.StringIO()
    with contextlib.redirect_stdout(shown):
        if program == "snakemake":
            for stage in STAGES[words[-1]]:
                stage.main()
        else:
            arguments = cli.parser().parse_args(words)
            arguments.action(arguments)
    return shown.getvalue()


@pytest.fixture(scope="module")
def printed(tmp_path_factory):
    """What each line printed, typed one after the other in a project of its own."""
    folder = tmp_path_factory.mktemp("first_hour")
    (folder / "models").mkdir()
    for name in ("conf", "workflow", "dvc.yaml", "models/nano-decoder"):
        (folder / name).symlink_to(ROOT / name)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        patch.setenv("BETTERSYNTH_CACHE", str(folder / "cache"))
        exec(block("python"), {})
        Path("mine/recipe.yaml").write_text(block("yaml"))
        shown = {}
        for line in re.findall(r"^ {4}((?:bettersynth|snakemake) .*)$", PAGE, re.M):
            if line not in NOT_TYPED:
                shown[line] = typed(line)
        yield shown


def test_the_pairs_can_be_looked_at(printed):
    page = Path("mine/page/index.html").read_text()
    # three are the picture before them once more
    assert len(list(Path("mine/page/pictures").iterdir())) >= 20
    assert "ball on white paper" in page
    assert json.loads(Path("data/pool/card.json").read_text())["source"] == "jsonl"


def test_the_recipe_prints_what_the_page_shows(printed):
    assert printed["bettersynth run mine/recipe.yaml"] == block("text")


def test_the_page_of_the_analysis_is_where_it_is_said_to_be(printed):
    assert "mine/left_analysis/page.html" in printed["bettersynth analyze mine/recipe.yaml"]
    assert "Distributions" in Path("mine/left_analysis/page.html").read_text()


def test_the_set_has_a_caption_and_a_picture_an_entry(printed):
    entries = json.loads(Path("mine/train.json").read_text())
    assert len(entries) == 30
    for entry in entries:
        assert Path("mine", entry["image"]).is_file()
        assert entry["conversations"][1]["value"].endswith("ball on white paper")
