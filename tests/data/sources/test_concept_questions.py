"""Conversations about the packages' concepts, with their pictures and without."""

import json

from bettersynth.data.sources.concept_questions import concept_questions
from bettersynth.data.sources.pair import Pair, Picture
from bettersynth.settings.one_source import OneSource


def pair(id: str, split: str, concept: str, group: str = "animals") -> Pair:
    return Pair(id, "text", (Picture(f"{id}.png", "svg"),), split, "x", "x", concept, group)


EMBEDDED = [
    pair("a", "pool", "dog"),
    pair("b", "pool", "dog"),
    pair("c", "pool", ""),
    pair("d", "instruction", "red fox"),
]


def test_every_picture_of_a_concept_is_asked_about():
    asked = concept_questions(EMBEDDED, "ask", OneSource(source="questions", type="instruction"))
    assert [(one.id, one.image_names) for one in asked] == [
        ("ask-a", ("a.png",)),
        ("ask-b", ("b.png",)),
    ]
    turns = json.loads(asked[0].conversations)
    assert [turn["value"] for turn in turns] == ["<image>\nWhat is shown in the picture?", "dog"]
    assert asked[0].text == ("<__dj__image>\nWhat is shown in the picture?\ndog <|__dj__eoc|>")


def test_every_concept_is_named_once_without_a_picture():
    one = OneSource(source="questions", type="text", split="instruction", judged=False)
    (named,) = concept_questions(EMBEDDED, "names", one)
    assert (named.id, named.pictures, named.split) == ("names-red-fox", (), "instruction")
    assert json.loads(named.conversations)[1]["value"] == "animals"
    assert (named.source, named.type, named.judged) == ("names", "text", False)
