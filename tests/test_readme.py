"""README.md: short, and true where it quotes numbers, pictures and places."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from bettersynth.experiments.workflow.experiment import experiment_names

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text()
LOG = (ROOT / "docs/log.md").read_text()


def rows(page: str) -> dict[str, list[str]]:
    """Return the cells of each table row of a page, by the first one without its marks."""
    found: dict[str, list[str]] = {}
    for line in page.splitlines():
        if line.startswith("| "):
            first, *rest = [cell.strip() for cell in line.strip("|").split("|")]
            name = re.sub(r"[`*]| \(.*\)", "", first)
            found.setdefault(name, rest)
    return found


def score_table() -> dict[str, list[str]]:
    """Return the README's table of scores, by experiment."""
    return rows(README.split("| experiment |")[1].split("\n\n")[0])


def test_it_is_short():
    assert len(README.splitlines()) < 150


@pytest.mark.parametrize("name", score_table())
def test_a_row_of_scores_is_a_row_of_the_log(name):
    stored = rows(LOG.split("## 2026-11-23: the score answers to the data")[1])
    assert score_table()[name] == stored[name]


def test_the_unfiltered_row_is_the_stored_baseline():
    baseline = json.loads((ROOT / "conf/score/baseline_nano.json").read_text())
    _, mmbench, _, textvqa = score_table()["unfiltered"]
    assert float(mmbench.split()[0]) == baseline["mmbench"]
    assert float(textvqa) == baseline["textvqa"]


def test_what_new_captions_gain_is_in_the_log():
    gained = re.search(
        r"gain\s+\*\*([\d.]+)\*\*\s+points more \(([\d.]+) to ([\d.]+); ([\d.]+) beside ([\d.]+),",
        README,
    )
    points, low, high, after, before = gained.groups()
    told = rows(LOG.split("## 2026-11-27: recaptioning that helps")[1])["MMBench, likelihood"]
    assert told[0] == before and told[1].startswith(f"{after} ")
    assert told[2].startswith(f"+{points} ({low} to {high})")


def test_an_experiment_of_the_table_is_one_of_conf():
    named = set(re.findall(r"^\| `(\w+)` \|", README.split("| experiment |")[1], re.M))
    named &= set(score_table())
    assert named == {"unfiltered", "random_same_size", "similarity", "clean"}
    assert named <= set(experiment_names(ROOT / "conf"))


def test_the_difference_is_that_of_the_log():
    points, low, high = re.search(
        r"\*\*\+([\d.]+)\*\* points \(([\d.]+) to ([\d.]+)\)", README
    ).groups()
    assert f"| `similarity` | **+{points}** ({low} to {high})" in LOG


def test_the_sizes_are_those_of_the_decoder_and_the_questions():
    millions = float(re.search(r"([\d.]+) million of them a small decoder", README)[1])
    weights = (ROOT / "models/nano-decoder/model.safetensors").read_bytes()
    header = json.loads(weights[8 : 8 + int.from_bytes(weights[:8], "little")])
    header.pop("__metadata__", None)
    count = 0
    for tensor in header.values():
        size = 1
        for length in tensor["shape"]:
            size *= length
        count += size
    assert round(count / 1e6, 2) == millions


def test_the_quoted_scores_are_those_of_the_stored_run():
    run = json.loads((ROOT / "docs/runs/default.json").read_text())
    quoted = README.split("```text\nscores in percent")[1].split("```")[0]
    for name, key in (("MMBench (likelihood)", "mmbench"), ("TextVQA (soft accuracy)", "textvqa")):
        line = next(line for line in quoted.splitlines() if line.startswith(name))
        score, low, high = re.findall(r"[\d.]+", line.removeprefix(name))[:3]
        assert [float(score), float(low), float(high)] == [
            run[key],
            run[f"{key}_low"],
            run[f"{key}_high"],
        ]
    in_words = f"gave {run['mmbench']} ({run['mmbench_low']}-{run['mmbench_high']})"
    # wherever a line ends
    assert f"{in_words} with {run['samples']:,} pairs" in " ".join(README.split())


def test_snakemake_is_always_given_its_cores():
    for line in README.splitlines():
        if line.startswith("    snakemake"):
            assert "--cores" in line


def test_pictures_are_there_and_small():
    for path in re.findall(r"!\[[^\]]*\]\(([^)]+)\)", README):
        assert (ROOT / path).stat().st_size < 150 * 1000
