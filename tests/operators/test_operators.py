"""What the fixtures of Data-Juicer do not show: our own decisions, models, damaged inputs."""

from __future__ import annotations

import io
import json
import shutil

import numpy as np
import pytest
from PIL import Image
from PIL.PngImagePlugin import PngInfo
from support.parity import FOLDER, batch_of

from bettersynth.data.pictures.image_header import quick_shape
from bettersynth.data.samples.batch import Batch, Images, Tokens, UnreadableImage, image_chunks
from bettersynth.errors import UserError
from bettersynth.measuring.measure import measure_good
from bettersynth.measuring.text.code_points import shares
from bettersynth.measuring.text.special_characters import count_words, special_characters, words_of
from bettersynth.operators import load_operator, operator_names
from bettersynth.operators.document_simhash_deduplicator import close_pairs
from bettersynth.operators.image_size_filter import size_in_bytes
from bettersynth.recipes.lines import read_recipe


def texts(*values):
    return Batch(values, [[] for _ in values], Images(str.encode))


def line(name, compat="", **settings):
    return read_recipe([{name: settings}], "recipe", compat)[0]


def kept(name, *values, compat="", **settings):
    found = line(name, compat, **settings)
    return found.operator.keep(
        found.operator.measure(texts(*values), found.measuring), found.deciding
    ).tolist()


@pytest.mark.parametrize("name", operator_names())
def test_an_operator_has_what_its_kind_needs(name):
    operator = load_operator(name)
    if hasattr(operator, "Measuring"):
        assert operator.VERSION >= 1
        assert set(operator.READS) <= {"text", "images", "fields"}
        operator.Measuring(), operator.Deciding()
    else:
        operator.Settings()
    assert operator.__doc__.endswith(".")


def test_words_are_counted_at_once_as_one_by_one():
    found = [
        "",
        " ",
        "a  b",
        "--- x",
        "don't (stop)",
        "1 2 3",
        "a\tb\nc d\u2003e",
        "中文 🐕 dog!",
        "x",
    ] * 3
    assert count_words(found) == [len(words_of(text)) for text in found]


def test_shares_of_far_apart_code_points():
    assert shares(["", "a\U0001f415", "中文!"], special_characters().__contains__) == [
        0.0,
        0.5,
        pytest.approx(1 / 3),
    ]


def test_a_size_has_a_fraction_unless_data_juicer_is_asked_for():
    assert size_in_bytes("1.5KB") == 1536
    assert size_in_bytes("1.5KB", "data_juicer") == 15 * 1024
    with pytest.raises(UserError, match="write a number and a unit"):
        size_in_bytes("big")


def test_short_captions_are_no_duplicates_unless_data_juicer_is_asked_for():
    captions = ["a dog", "a cat", "a red car", "a dog"]
    for name in ("document_minhash_deduplicator", "document_simhash_deduplicator"):
        assert kept(name, *captions) == [True, True, True, False]
        assert kept(name, *captions, compat="data_juicer") == [True, False, False, False]


def test_close_hashes_are_found_as_by_comparing_all():
    rng = np.random.default_rng(0)
    hashes = np.unique(rng.integers(0, 2**63, 60, dtype=np.uint64))
    hashes = np.unique(
        np.concatenate([hashes, hashes ^ np.uint64(0b1011), hashes ^ np.uint64(1 << 40)])
    )
    pairs = {tuple(sorted(pair)) for pair in close_pairs(hashes, 6, 4).T.tolist()}
    expected = {
        (i, j)
        for i in range(len(hashes))
        for j in range(i + 1, len(hashes))
        if bin(int(hashes[i]) ^ int(hashes[j])).count("1") <= 4
    }
    assert pairs == expected


def test_chunks_take_their_pictures_from_left_to_right():
    text = "<__dj__image> one <|__dj__eoc|> no picture <|__dj__eoc|> <__dj__image><__dj__image> two"
    batch = Batch([text], [["a", "b", "c"]], Images(str.encode))
    assert image_chunks(batch) == [[("one", ["a"]), ("two", ["b", "c"])]]


def test_other_special_tokens_can_be_set():
    batch = Batch(["<image>\na dog"], [["a"]], Images(str.encode), Tokens(image="<image>"))
    assert image_chunks(batch) == [[("a dog", ["a"])]]


def test_one_bad_picture_costs_its_samples_and_no_others():
    samples = [
        {"images": [f"images/{name}"]}
        for name in ("gray.png", "missing.png", "shapes0.png", "missing.png")
    ]
    measured = measure_good(load_operator("image_shape_filter"), None, batch_of(*samples))
    assert measured.positions == [0, 2]
    assert measured.bad == dict.fromkeys((1, 3), "image images/missing.png: does not exist")


def test_a_cut_file_is_refused_unless_data_juicer_is_asked_for():
    data = (FOLDER / "images/shapes0.jpg").read_bytes()[:2000]
    with pytest.raises(UnreadableImage, match="truncated"):
        Images(lambda _: data).picture("cut.jpg")
    assert Images(lambda _: data, truncated=True).picture("cut.jpg").size == Images(
        lambda _: data, truncated=True
    ).shape("cut.jpg")


@pytest.mark.parametrize("path", sorted((FOLDER / "images").iterdir()), ids=lambda path: path.name)
def test_the_size_in_the_header_is_that_of_the_picture(path):
    data = path.read_bytes()
    assert quick_shape(data) in (None, Images(lambda _: data).picture("x").size)


def test_a_png_that_may_be_turned_is_left_to_the_decoder():
    turned = Image.Exif()
    turned[0x112] = 6
    text = PngInfo()
    text.add_itxt("XML:com.adobe.xmp", '<x tiff:Orientation="6"/>', zip=True)
    shapes = []
    for settings in ({}, {"exif": turned}, {"pnginfo": text}):
        stream = io.BytesIO()
        Image.new("RGB", (40, 20)).save(stream, "PNG", **settings)
        shapes.append(
            (
                quick_shape(stream.getvalue()),
                Images({"x": stream.getvalue()}.__getitem__).shape("x"),
            )
        )
    assert shapes == [((40, 20), (40, 20)), (None, (20, 40)), (None, (20, 40))]


def test_more_image_tokens_than_pictures_set_a_sample_aside():
    found = line("image_text_similarity_filter", hf_clip=str(FOLDER / "clip_tiny"))
    samples = [
        {"text": "<__dj__image> a", "images": ["images/gray.png"]},
        {"text": "<__dj__image> a <|__dj__eoc|> <__dj__image> b"},
    ]
    samples[1]["images"] = ["images/gray.png"]
    measured = measure_good(found.operator, found.measuring, batch_of(*samples))
    assert measured.positions == [0]
    assert measured.bad == {1: "more image tokens than pictures"}


def test_another_model_has_another_hash(tmp_path):
    operator = load_operator("image_text_similarity_filter")
    copy = tmp_path / "clip"
    shutil.copytree(FOLDER / "clip_tiny", copy)
    first = operator.model_hash(operator.Measuring(hf_clip=str(copy)))
    assert first == operator.model_hash(operator.Measuring(hf_clip=str(FOLDER / "clip_tiny")))
    from bettersynth.models.weights.identity import hash_of_model

    hash_of_model.cache_clear()
    weights = copy / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-1] + b"\1")
    assert operator.model_hash(operator.Measuring(hf_clip=str(copy))) != first


def test_flat_pictures_share_one_phash():
    found = line("image_deduplicator")
    samples = [{"images": [f"images/{name}"]} for name in ("black.png", "white.png", "shapes0.png")]
    values = found.operator.measure(batch_of(*samples), found.measuring)
    assert values["__dj__imagehash"][0] == values["__dj__imagehash"][1] == "f" * 16
    assert found.operator.keep(values, found.deciding).tolist() == [True, False, True]


def test_a_missing_word_list_is_a_clear_error():
    with pytest.raises(
        UserError,
        match="set stopwords_dir to a folder with a json file whose name contains stopwords",
    ):
        kept("stopwords_filter", "the dog")


def test_random_selection_is_fixed_by_its_seed():
    operator = load_operator("random_selector")
    first = operator.select([None] * 50, operator.Settings(select_num=5))
    assert first == operator.select([None] * 50, operator.Settings(select_ratio=0.1))
    assert first != operator.select([None] * 50, operator.Settings(select_num=5, seed=1))
    assert len(set(first)) == 5


def test_random_selection_as_data_juicer_where_more_or_less_than_a_row_is_asked_for():
    operator = load_operator("random_selector")

    def selected(rows, compat="data_juicer", **settings):
        return operator.select([None] * rows, operator.Settings(compat=compat, **settings))

    drawn = np.random.default_rng(42).permutation(3).tolist()
    assert selected(3, select_num=7) == [*drawn, *drawn, drawn[0]]
    assert selected(3, select_ratio=0.1) == selected(3, select_num=3) == [0, 1, 2]
    assert selected(3, select_ratio=0.0, select_num=2) == drawn[:2]
    assert selected(3, "", select_num=7) == [0, 1, 2]
    assert selected(3, "", select_ratio=0.1) == []


def test_selection_by_tags():
    operator = load_operator("tags_specified_field_selector")
    settings = operator.Settings(field_key="meta.tag", target_tags=("a", None, 1))
    assert operator.field(settings) == "meta.tag"
    assert operator.select(["a", "b", None, 1.0, "1", "a"], settings) == [0, 2, 3, 5]
    assert operator.select(["b"], settings) == [0]
    with pytest.raises(UserError, match="meta.tag of sample 1 is neither text, number nor null"):
        operator.select(["a", ["a"]], settings)


def test_the_order_of_nan_and_infinity_is_data_juicers():
    # both read off Data-Juicer's own selector
    topk = load_operator("topk_specified_field_selector")
    values = ["1", "nan", "inf", "", "2.5", "nan", "-inf"]
    assert topk.select(values, topk.Settings(field_key="meta.s", topk=3)) == [4, 1, 2]
    ranks = load_operator("range_specified_field_selector")
    assert ranks.select(values, ranks.Settings(field_key="meta.s", lower_rank=1, upper_rank=5)) == [
        3,
        1,
        4,
        0,
    ]


def test_one_row_is_not_looked_at_by_a_selector():
    operator = load_operator("frequency_specified_field_selector")
    assert operator.select([["a list"]], operator.Settings(field_key="meta.t", topk=1)) == [0]


def test_latex_mappers():
    def rewritten(name, text, **settings):
        found = line(name, **settings)
        return found.operator.rewrite([text], found.deciding)[0]

    written_out = "\\newcommand{\\alpha}{\\alpha}\nso \\alpha is \\xy"
    assert (
        rewritten("expand_macro_mapper", "\\newcommand{\\x}{\\alpha}\nso \\x is \\xy")
        == written_out
    )
    assert rewritten("remove_bibliography_mapper", "text\n\\bibliography{a}\nmore") == "text\n"
    assert rewritten("remove_comments_mapper", "a 5\\% b % note\n% whole\nc") == "a 5\\% b\nc"
    assert rewritten("remove_header_mapper", "preface\\section{One} text") == "\\section{One} text"
    assert rewritten("remove_header_mapper", "no heading") == ""
    assert rewritten("remove_table_text_mapper", "head\na b\nc d\nend") == "head\nend"


def test_text_mappers_that_the_fixtures_do_not_show():
    def rewritten(name, text, **settings):
        found = line(name, **settings)
        return found.operator.rewrite([text], found.deciding)[0]

    assert (
        rewritten("clean_email_mapper", "mail a.b@test.org now", repl="<mail>") == "mail <mail> now"
    )
    assert rewritten("clean_links_mapper", "x http://" + "." * 200) == "x http://" + "." * 200
    assert rewritten("clean_copyright_mapper", "/* Copyright me */code") == "code"
    assert rewritten("remove_specific_chars_mapper", "a■b", chars_to_remove="a") == "■b"
    assert rewritten("chinese_convert_mapper", "汉字", mode="s2t") == "漢字"
    with pytest.raises(UserError, match="not a regular expression"):
        rewritten("clean_links_mapper", "x", pattern="(")


def test_every_setting_of_data_juicer_is_accepted():
    defaults = json.loads((FOLDER.parent / "data_juicer_settings.json").read_text())
    assert len(defaults) > 55
    for name, settings in defaults.items():
        assert line(name, **settings).name == name
