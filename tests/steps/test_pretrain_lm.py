"""The nano decoder: its tokenizer, its text tasks, its training step, and the weights that are committed."""

import dataclasses
import io
import json
import re
import tarfile
from pathlib import Path

import pytest
import torch
import yaml

from bettersynth.data.files.hashing import sha256_of_file
from bettersynth.data.questions import prompts as questions
from bettersynth.data.questions.signs import sign_words
from bettersynth.errors import UserError
from bettersynth.models.devices.torchvision_schemas import declare_missing_schemas
from bettersynth.models.pretrain_lm.corpus import Concept, Corpus, read_corpus
from bettersynth.models.pretrain_lm.tasks import (
    FIRST_SLOT,
    SLOTS,
    Mixture,
    TaskSampler,
    bucketed_batches,
)
from bettersynth.models.pretrain_lm.tokenizer import PROMPT_LINES, build_tokenizer
from bettersynth.models.pretrain_lm.training import accuracy, answer_logits, new_decoder
from bettersynth.settings.pretrain_lm import PretrainLmSettings, Schedule, Shape
from bettersynth.settings.reading import read_settings
from bettersynth.steps.pretrain_lm import train_decoder

ROOT = Path(__file__).parents[2]
LABELS = """
    cat face,dog face,red apple,rocket,grinning face,hot beverage,tiger,horse,bicycle,violin,key,umbrella,pizza,snail
    hammer,lemon,banana,sailboat,camera,balloon,candle,guitar,mushroom,octopus,penguin,telescope,volcano,cactus
"""
CORPUS = Corpus(
    tuple(
        Concept(label, "animals" if k % 2 else "objects", ("thing", label.split()[-1]))
        for k, label in enumerate(re.split(r"[,\n] *", LABELS.strip()))
    ),
    ("A small cactus in a pot.", "The tiger can swim."),
    (Concept("Wine Glass", "alcohol", ("food", "beverage")),),
)


@pytest.fixture(scope="module")
def tokenizer():
    return build_tokenizer(CORPUS, pieces=300, min_count=3)


@pytest.fixture(scope="module")
def sampler(tokenizer):
    return TaskSampler(CORPUS, tokenizer, seed=0)


@pytest.fixture(scope="module")
def committed():
    declare_missing_schemas()
    from transformers import AutoTokenizer, GemmaForCausalLM

    folder = ROOT / "models/nano-decoder"
    return GemmaForCausalLM.from_pretrained(folder).eval(), AutoTokenizer.from_pretrained(folder)


@pytest.mark.parametrize(
    "text",
    [
        "hello world", "  two  spaces\n\n and é 漢字 🤓\tTab ", "What is in the photo?\nA. grinning face\nB. cat", " x\n y",
        "Describe the image concisely. Then", "<start_of_turn>user\nhi<end_of_turn>\n", "10% (a/b) don't_stop",
    ],
)  # fmt: skip
def test_any_text_comes_back_from_its_tokens(tokenizer, text):
    ids = tokenizer(text)["input_ids"]
    assert ids[0] == 2
    assert tokenizer.decode(ids[1:]) == text


def test_ids_and_whole_words_are_where_the_contract_puts_them(tokenizer):
    assert tokenizer.convert_tokens_to_ids(["<pad>", "<eos>", "<bos>", "<unk>"]) == [0, 1, 2, 3]
    whole = [
        *"ABCD",
        "A.",
        *questions.SIGN_COLORS,
        *sign_words(),
        *(w.upper() for w in sign_words()),
        "octopus",
        "\n",
        *PROMPT_LINES,
    ]
    for text in whole:
        assert len(tokenizer(text, add_special_tokens=False)["input_ids"]) == 1, text
        assert len(
            tokenizer(f"the {text}", add_special_tokens=False)["input_ids"]
        ) == 2 or text in ("\n", *PROMPT_LINES), text


def test_a_row_is_the_conversation_with_the_picture_in_front(tokenizer, sampler):
    row = sampler.letters(Mixture(), options=4)
    ids = tokenizer(f"<start_of_turn>user\n{'<pad>' * SLOTS}\n")["input_ids"]
    assert row.ids[: len(ids)] == ids
    assert ids.index(0) == FIRST_SLOT
    text = tokenizer.decode(row.ids[len(ids) :])
    prompt, answer = text.split("<end_of_turn>\n<start_of_turn>model\n")
    assert prompt.startswith(questions.CONCEPT_QUESTION + "\nA. ")
    assert prompt.endswith(questions.LETTER_INSTRUCTION)
    assert answer == f"{tokenizer.decode(row.ids[row.answers[0]])}<end_of_turn>\n<eos>"


def test_the_prompt_has_the_tokens_that_tokenizing_it_as_one_text_gives(tokenizer, sampler):
    row = sampler.signs(Mixture(), "color", 3)
    text = tokenizer.decode(row.ids[FIRST_SLOT + SLOTS :])
    assert tokenizer(text, add_special_tokens=False)["input_ids"] == row.ids[FIRST_SLOT + SLOTS :]


def test_signs_are_asked_by_place_and_colour(tokenizer, sampler):
    clean = Mixture(clutter=0.0, clean=1.0)
    for kind, place in (("top", 0), ("bottom", 2)):
        row = sampler.signs(clean, kind, 3)
        assert row.ids[row.answers[0]] == row.listed[place]
    row = sampler.signs(clean, "color", 2)
    color = tokenizer.decode(row.ids).split("What does the ")[1].split()[0]
    first = color == tokenizer.decode(
        row.slot_ids[0][row.slot_weights[0].index(max(row.slot_weights[0]))]
    )
    assert row.ids[row.answers[0]] == row.listed[0 if first else 1]


def test_colour_pairs_answer_each_colour_with_its_word_and_where_told_its_place(tokenizer, sampler):
    clean = Mixture(clutter=0.0, clean=1.0)
    for told in (True, False):
        row = sampler.color_pairs(clean, 3, told)
        assert sorted(row.ids[a] for a in row.answers if row.ids[a] in row.listed) == sorted(
            row.listed
        )
        text = tokenizer.decode(row.ids).rsplit("<start_of_turn>model\n", 1)[1].split()
        assert len(text) == (9 if told else 6)
        for color, *rest in zip(*[iter(text)] * (3 if told else 2), strict=True):
            place = [tokenizer.decode(t) for t in row.listed].index(rest[-1])
            band = [
                tokenizer.decode(max(zip(row.slot_weights[s], row.slot_ids[s], strict=True))[1])
                for s in (0, 8, 15)
            ]
            assert (color, rest[0]) == (band[place], "ABC"[place] if told else rest[0])


def test_held_out_concepts_are_never_drawn_for_training(tokenizer):
    seen, held = (TaskSampler(CORPUS, tokenizer, 0, held_out=h).concepts for h in (False, True))
    assert held
    assert not set(seen) & set(held)


def test_loss_positions_are_the_answers_only(tokenizer, sampler):
    model = new_decoder(Shape(32, 1, 2, 48), len(tokenizer), seed=0)
    rows = [sampler.row(Mixture()) for _ in range(12)]
    logits, targets, owner = answer_logits(model, rows, torch.Generator().manual_seed(0))
    assert targets.tolist() == [t for row in rows for t in row.ids[row.answers[0] :]]
    assert logits.shape == (len(targets), len(tokenizer))
    assert owner.tolist() == sorted(owner.tolist())
    assert sum(len(b) for b in bucketed_batches(rows, 5, sampler.random)) == 12


def _archives(folder: Path) -> Path:
    folder.mkdir()
    entries = json.dumps(
        [
            {"label": c.label, "group": 3 if c.group == "animals" else 7, "tags": c.tags}
            for c in CORPUS.concepts
        ]
    ).encode()
    with tarfile.open(folder / "emojibase-data-17.0.0.tgz", "w:gz") as archive:
        member = tarfile.TarInfo("package/en/data.json")
        member.size = len(entries)
        archive.addfile(member, io.BytesIO(entries))
    return folder


def test_two_trainings_give_the_same_bytes_and_transformers_loads_them(tmp_path):
    archives = _archives(tmp_path / "archives")
    parts = (
        Schedule(steps=4, batch_rows=8, warmup_steps=1),
        Schedule(steps=4, batch_rows=8, warmup_steps=1, phases=(0.2, 0.5, 0.8)),
    )
    settings = [
        PretrainLmSettings(
            archives,
            tmp_path / name,
            0,
            300,
            3,
            Shape(32, 1, 2, 48),
            *parts,
            report_every=2,
            exam_rows=4,
        )
        for name in ("one", "two")
    ]
    logs = [train_decoder(s) for s in settings]
    one, two = (s.output for s in settings)
    assert [e["tokens"] for e in logs[0]] == [e["tokens"] for e in logs[1]]
    assert sorted(p.name for p in one.iterdir()) == sorted(p.name for p in two.iterdir())
    assert all((one / p.name).read_bytes() == p.read_bytes() for p in two.iterdir())
    assert not list(tmp_path.glob(".*"))
    from transformers import AutoTokenizer, GemmaForCausalLM

    assert (
        len(AutoTokenizer.from_pretrained(one))
        == GemmaForCausalLM.from_pretrained(one).config.vocab_size
    )


def test_the_training_log_is_rounded_as_the_committed_one_is(tmp_path):
    schedule = Schedule(steps=4, batch_rows=8, warmup_steps=1)
    settings = PretrainLmSettings(
        _archives(tmp_path / "archives"),
        tmp_path / "out",
        0,
        300,
        3,
        Shape(32, 1, 2, 48),
        schedule,
        report_every=2,
        exam_rows=7,
    )
    train_decoder(settings)
    for folder in (tmp_path / "out", ROOT / "models/nano-decoder"):
        header, *lines = (folder / "training.tsv").read_text().splitlines()
        assert header.startswith("step\ttokens\tloss ")
        for line in lines:
            step, tokens, *values = line.split("\t")
            assert int(tokens) % 10_000 == 0
            assert all(re.fullmatch(r"(\d+\.\d\d00)?", value) for value in values), line


def test_missing_archives_are_one_clear_error(tmp_path):
    with pytest.raises(UserError, match="emojibase-data"):
        read_corpus(tmp_path)


def test_the_configuration_is_the_steps_defaults():
    values = yaml.safe_load((ROOT / "conf/pretrain_lm/nano.yaml").read_text())
    assert read_settings(PretrainLmSettings, values, "conf") == PretrainLmSettings()
    assert dataclasses.asdict(PretrainLmSettings()).keys() == values.keys()


def test_the_committed_decoder_is_what_its_manifest_says():
    folder = ROOT / "models/nano-decoder"
    manifest = json.loads((folder / "manifest.json").read_text())
    assert manifest["files"] == {
        p.name: sha256_of_file(p) for p in folder.iterdir() if p.name != "manifest.json"
    }
    assert sum(p.stat().st_size for p in folder.iterdir()) < 10_000_000


def test_the_committed_decoder_reads_pictures_made_of_words(committed):
    model, tokenizer = committed
    sampler = TaskSampler(CORPUS, tokenizer, seed=7)
    clean = Mixture(clutter=0.0, clean=1.0)
    assert (
        accuracy(model, [sampler.letters(clean, options=4) for _ in range(96)], 0)["first"] >= 0.9
    )
    assert (
        accuracy(model, [sampler.concept_name(c, clean) for c in sampler.concepts], 0)["exact"]
        >= 0.9
    )
    for kind in ("top", "bottom"):
        assert (
            accuracy(model, [sampler.signs(clean, kind, 2) for _ in range(64)], 0)["first"] >= 0.9
        )
