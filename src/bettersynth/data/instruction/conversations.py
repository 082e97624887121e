"""One item of instruction data, in LLaVA's form."""

from __future__ import annotations

from typing import Any

from bettersynth.data.samples.llava import LLAVA_TOKEN


def conversation(id: str, image: str, question: str, answer: str) -> dict[str, Any]:
    """Return one LLaVA item: the picture first, one question, one answer."""
    turns = [
        {"from": "human", "value": f"{LLAVA_TOKEN}\n{question}"},
        {"from": "gpt", "value": answer},
    ]
    return {"id": id, "image": image, "conversations": turns}
