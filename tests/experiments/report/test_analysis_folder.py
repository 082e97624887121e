from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
import yaml
from support.small_run import FIXTURES, dataset, run

from bettersynth.cli import parser
from bettersynth.data.files.reading import read_table
from bettersynth.errors import UserError
from bettersynth.experiments.report.analysis_folder import analyze_recipe
from bettersynth.settings.refine import RefineSettings

NAMES = ["gray", "shapes0", "shapes1", "shapes2"]
PROCESS = [
    "clean_links_mapper",
    {"words_num_filter": {"min_num": 3, "max_num": 5}},
    {"character_repetition_filter": {"rep_len": 2, "max_ratio": 0.9}},
    {"character_repetition_filter": {"rep_len": 5, "max_ratio": 0.9}},
    {"image_shape_filter": {"min_width": 150}},
    "document_deduplicator",
]


@pytest.fixture(autouse=True)
def _in_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    rows = [
        {
            "id": name,
            "text": "word " * (k + 2) + "http://a.org/",
            "images": [str(FIXTURES / f"images/{name}.png")],
        }
        for k, name in enumerate(NAMES)
    ]
    dataset([*rows, {"id": "gone", "text": "no picture", "images": ["missing.png"]}])
    settings = {"dataset_path": "data.jsonl", "export_path": "out.jsonl", "process": PROCESS}
    Path("recipe.yaml").write_text(yaml.safe_dump(settings))


def analyze(**options):
    analyze_recipe(
        Path("recipe.yaml"),
        None,
        options.get("rule", RefineSettings("")),
        options.get("quantiles", []),
    )
    return {path.stem: pd.read_csv(path, sep="\t") for path in Path("out_analysis").glob("*.tsv")}


def test_every_filter_measures_every_sample_and_drops_none(capsys):
    tables = analyze(quantiles=[0.3])
    overview = tables["overview"].set_index("stat")
    assert overview.loc["num_words", ["values", "min", "max", "kept"]].tolist() == [4, 2, 5, 0.75]
    assert overview.loc["image_width", "min"] == 120
    assert {"char_rep_ratio", "char_rep_ratio#2"} < set(overview.index)
    assert overview.loc["char_rep_ratio", "mean"] != overview.loc["char_rep_ratio#2", "mean"]
    assert "0.3" in tables["quantiles"].columns
    assert tables["histograms"].groupby("stat")["values"].sum().unique().tolist() == [4]
    assert tables["correlation"].set_index("Unnamed: 0").loc["num_words", "num_words"] == 1.0
    examples = tables["examples"].set_index(["stat", "quantile"])
    assert examples.loc[("num_words", 0.0), "id"] == "gray"
    assert examples.loc[("num_words", 1.0), "id"] == "shapes2"
    assert read_table("out_analysis/stats.parquet")["id"].to_pylist() == NAMES
    assert "4 samples, 1 set aside" in capsys.readouterr().out


def test_the_page_needs_no_other_file_and_is_the_same_twice():
    analyze()
    page = Path("out_analysis/page.html").read_text()
    assert page.count("data:image/jpeg;base64,") >= 4
    assert "http-equiv" not in page and 'src="http' not in page and "<link" not in page
    analyze()
    assert Path("out_analysis/page.html").read_text() == page


def test_a_refined_recipe_runs_and_keeps_the_other_lines():
    analyze(rule=RefineSettings("percentiles", low=0.25, high=1.0))
    recipe = yaml.safe_load(Path("out_analysis/refined.yaml").read_text())
    assert recipe["process"][0] == "clean_links_mapper"
    assert recipe["process"][1] == {"words_num_filter": {"min_num": 2, "max_num": 5}}
    assert recipe["process"][4] == {"image_shape_filter": {"min_width": 150}}
    assert recipe["process"][5] == "document_deduplicator"
    assert [row["id"] for row in run(recipe["process"], max_reject_share=1.0)] == [
        "shapes0",
        "shapes1",
        "shapes2",
    ]


def test_a_folder_that_is_no_analysis_is_not_replaced():
    Path("out_analysis").mkdir()
    Path("out_analysis/mine.txt").write_text("x")
    with pytest.raises(UserError, match="exists and is no analysis"):
        analyze()
    assert Path("out_analysis/mine.txt").exists()


def test_a_recipe_without_filters_has_nothing_to_analyse():
    Path("recipe.yaml").write_text("dataset_path: data.jsonl\nprocess: [clean_links_mapper]\n")
    with pytest.raises(UserError, match="process has no filter"):
        analyze()


def test_a_quantile_above_one_is_refused(capsys):
    with pytest.raises(SystemExit):
        parser().parse_args(["analyze", "recipe.yaml", "--percentiles", "5", "95"])
    assert "5 is not in [0, 1]" in capsys.readouterr().err


def test_a_folder_that_holds_anything_else_is_left_alone():
    run(PROCESS)
    folder = Path("out_analysis")
    analyze()
    (folder / "notes.txt").write_text("mine")
    with pytest.raises(UserError, match=r"is no analysis \(notes.txt is none of its files\)"):
        analyze()
    assert (folder / "notes.txt").read_text() == "mine"


def test_a_refined_recipe_is_not_replaced_by_its_own_analysis():
    analyze(rule=RefineSettings("k_sigma", k=2.0))
    refined = Path("out_analysis/refined.yaml")
    before = refined.read_text()
    with pytest.raises(UserError, match="refined.yaml would be written over .*, which is read"):
        analyze_recipe(refined, None, RefineSettings(""), [])
    assert refined.read_text() == before
