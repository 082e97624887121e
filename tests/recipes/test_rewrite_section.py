import pytest
from support.default_settings import read_changed
from support.spark_quality import FOLDER

from bettersynth.errors import UserError
from bettersynth.operators import load_operator, operator_names
from bettersynth.recipes.filter_section import read_lines
from bettersynth.recipes.rewrite_section import read_mappers
from bettersynth.settings.rewrite import RewriteSettings


def read(*recipe):
    return read_mappers(RewriteSettings(recipe=list(recipe)))


def test_text_mappers_are_lines_with_settings_of_their_own():
    lines = read("clean_links_mapper", {"clean_links_mapper": {"repl": "LINK"}})
    assert [line.label for line in lines] == ["clean_links_mapper", "clean_links_mapper#2"]
    assert lines[1].deciding.repl == "LINK"
    assert read() == []


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("words_num_filter", "words_num_filter changes no text; a filter belongs in filter.recipe"),
        ("image_captioning_mapper", r"makes samples; the pipeline makes captions in its stage cap"),
        ("text_to_image_mapper", "in its stage draw: set draw.mapper to text_to_image_mapper"),
        ("text_chunk_mapper", "makes samples; the pipeline has no stage for it: write its samples"),
        ({"clean_links_mapper": {"text_key": "title"}}, "works on title; a sample of the pool has"),
        ({"clean_links_mapper": {"replace": ""}}, "has no setting replace"),
        ("clean_linx_mapper", r"no operator clean_linx_mapper \(did you mean clean_links_mapper"),
    ],
)
def test_what_rewrites_no_text_is_refused_with_its_place(line, message):
    with pytest.raises(UserError, match=message):
        read(line)


# settings without which an operator means nothing
NEEDED = {
    # any whole model passes for a trained one before it is loaded
    "model_loss_filter": {"model": "models/nano-decoder"},
    "text_quality_filter": {"model": str(FOLDER / "small")},
    "weighted_sum_selector": {"weights": {"width": 1.0}, "topk": 3},
    "text_embd_similarity_filter": {"valid_dataset": [{"text": "a red kite over the sea"}]},
    "llm_task_relevance_filter": {"task_desc": "naming what a picture shows"},
    "llm_condition_filter": {"condition": "it names a colour"},
    "sentence_augmentation_mapper": {"task_sentence": "say it anew", "text_key_second": "again"},
    "download_file_mapper": {"download_field": "url"},
    "in_context_influence_filter": {"valid_dataset": [{"text": "a red kite over the sea"}]},
    "generate_qa_from_examples_mapper": {
        "seed_file": "tests/fixtures/operators/conversations.jsonl"
    },
}


def changes_samples(name):
    # the one deduplicator that leaves all samples and takes lines out of them
    return name.endswith("_mapper") or name == "document_line_deduplicator"


def filters(name):
    kind = load_operator(name)
    needed = NEEDED.get(name, {})
    measured = hasattr(kind, "Measuring")
    stats = {name: needed} if measured else {}
    line = {name: {} if measured else needed}
    return read_lines(read_changed("filter", recipe=[line], threshold=None), {"stats": stats})


@pytest.mark.parametrize("name", operator_names())
def test_every_operator_of_a_recipe_has_a_place_in_the_pipeline_or_a_line_why_not(name):
    if not changes_samples(name):
        assert filters(name)[0].name == name
        return
    with pytest.raises(UserError) as told:
        filters(name)
    message = str(told.value)
    assert message.startswith(f"params.yaml: filter.recipe: {name} decides nothing; ")
    assert "\n" not in message
    if not hasattr(load_operator(name), "open_maker"):
        assert "belongs in rewrite.recipe" in message
        assert read(name)[0].name == name
        return
    places = [
        "choose a caption.captioner",
        f"set draw.mapper to {name}",
        "give them as source.file",
    ]
    assert sum(place in message for place in places) == 1
