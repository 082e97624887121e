"""The exact prompt lines that language-model training, instruction data and the benchmarks share.

Formats: MMBench as LLaVA asks it, TextVQA as LLaVA asks it (both recorded in docs/scores.md).
"""

from __future__ import annotations

from collections.abc import Sequence

DESCRIBE_QUESTIONS = (
    "Provide a brief description of the given image.",
    "What is in the photo?",
    "Describe the image concisely.",
    "Give a short caption of the picture.",
)
CONCEPT_QUESTION = "What is shown in the picture?"
LETTER_INSTRUCTION = "Answer with the option's letter from the given choices directly."
WORD_INSTRUCTION = "Answer the question using a single word or phrase."
OCR_PREFIX = "Reference OCR token:"

# as many as the language model has one-token marks for
LETTERS = "ABCDEFGH"

# the kind of `THING_QUESTION`, beside those that `SIGN_QUESTIONS` has
THING = "thing"

SIGN_QUESTIONS = {
    "only": "What word is on the sign?",
    "top": "What does the top sign say?",
    "bottom": "What does the bottom sign say?",
    "color": "What does the {color} sign say?",
}
THING_QUESTION = "Which sign names what is shown?"
SIGN_COLORS = ("red", "yellow", "green", "blue", "white", "black", "orange", "purple")


def multiple_choice_prompt(question: str, options: Sequence[str], hint: str = "") -> str:
    """Return MMBench's single-answer prompt.

    An optional hint line, the question, one `X. option` line each, the letter instruction.
    """
    lines = [hint] if hint else []
    lines.append(question)
    for place, option in enumerate(options):
        lines.append(f"{LETTERS[place]}. {option}")
    lines.append(LETTER_INSTRUCTION)
    return "\n".join(lines)


def text_prompt(question: str, ocr_tokens: Sequence[str]) -> str:
    """Return TextVQA's prompt: question, the OCR tokens in reading order, word instruction."""
    return f"{question}\n{OCR_PREFIX} {', '.join(ocr_tokens)}\n{WORD_INSTRUCTION}"


def without_text_tokens(prompt: str) -> str:
    """Return TextVQA's prompt without its line of OCR tokens: question, word instruction."""
    return "\n".join(line for line in prompt.split("\n") if not line.startswith(OCR_PREFIX))
