"""Conversations about the concepts of the packages: what a picture shows, what kind a thing is."""

from __future__ import annotations

import json
from collections.abc import Sequence

from bettersynth.data.questions.prompts import CONCEPT_QUESTION, WORD_INSTRUCTION
from bettersynth.data.samples.llava import LLAVA_TOKEN
from bettersynth.data.samples.text_form import EOC_TOKEN, IMAGE_TOKEN
from bettersynth.data.sources.pair import Pair
from bettersynth.settings.one_source import OneSource

KIND_QUESTION = "What kind of thing is {concept}?"
SOURCE = "questions"


def concept_questions(embedded: Sequence[Pair], name: str, one: OneSource) -> list[Pair]:
    """Return the conversations of the source `name`, of the packages' pairs in its split.

    Of type instruction there is one for each picture of a concept; of type text one for each
    concept, about its name alone.
    """
    shown = [pair for pair in embedded if pair.split == one.split and pair.concept]
    if one.type == "instruction":
        return [_about_picture(pair, name, one) for pair in shown]
    groups = {pair.concept: pair.group for pair in shown if pair.group}
    return [_about_name(concept, groups[concept], name, one) for concept in sorted(groups)]


def _about_picture(pair: Pair, name: str, one: OneSource) -> Pair:
    return Pair(
        f"{name}-{pair.id}",
        f"{IMAGE_TOKEN}\n{CONCEPT_QUESTION}\n{pair.concept} {EOC_TOKEN}",
        pair.pictures[:1],
        one.split,
        name,
        SOURCE,
        type="instruction",
        conversations=_turns(f"{LLAVA_TOKEN}\n{CONCEPT_QUESTION}", pair.concept),
        judged=one.judged,
    )


def _about_name(concept: str, group: str, name: str, one: OneSource) -> Pair:
    question = f"{KIND_QUESTION.format(concept=concept)}\n{WORD_INSTRUCTION}"
    return Pair(
        f"{name}-{concept.replace(' ', '-')}",
        f"{question}\n{group} {EOC_TOKEN}",
        (),
        one.split,
        name,
        SOURCE,
        type="text",
        conversations=_turns(question, group),
        judged=one.judged,
    )


def _turns(question: str, answer: str) -> str:
    turns = [{"from": "human", "value": question}, {"from": "gpt", "value": answer}]
    return json.dumps(turns)
