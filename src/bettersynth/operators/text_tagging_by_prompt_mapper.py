"""Let a chat model tag texts: the kind of task a text is, or whatever a prompt asks for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from bettersynth.data.samples.batch import Batch
from bettersynth.measuring.chat_answers import VERSION
from bettersynth.measuring.chat_asking import ChatSettings
from bettersynth.measuring.chat_writing import Fields, FieldWriter, text_of, words_in
from bettersynth.measuring.text.chat_pairs import require_template

__all__ = ["READS", "VERSION", "Settings", "open_maker"]
READS = ("text",)
WHERE = "text_tagging_by_prompt_mapper"
# Data-Juicer's field of tags, a list
TAGS = "__dj__text_tags__"
TOLD = "You sort texts. Answer with one of the given tags and nothing else."
PROMPT = "Tags: {tag_list}\nWhich of them fits this text?\n\n{text}"
TAG_LIST = (
    "数学",
    "代码",
    "翻译",
    "角色扮演",
    "开放领域问答",
    "特定领域问答",
    "提取",
    "生成",
    "头脑风暴",
    "分类",
    "总结",
    "改写",
    "其他",
)
TRIES = 1


@dataclass(frozen=True)
class Settings(ChatSettings):
    """`prompt` has the places `{tag_list}` and `{text}`; the answer is a sample's only tag, whether
    or not it is in the list.

    `hf_model` is the model's name at the endpoint.
    """

    hf_model: str = "Qwen/Qwen2.5-7B-Instruct"
    prompt: str = PROMPT
    tag_list: tuple[str, ...] = TAG_LIST
    enable_vllm: Literal[False] = False
    keep_original_sample: bool = False

    def __post_init__(self) -> None:
        super().__post_init__()
        require_template("prompt", self.prompt, 0, ("text", "tag_list"))


def open_maker(settings: Settings, folder: Path) -> FieldWriter:
    """Return what asks for tags during one run; nothing is written into `folder`."""
    chat = settings.open_chat(settings.hf_model, WHERE)

    def words(batch: Batch, position: int) -> str:
        # as Python writes a list, which is how Data-Juicer's prompts get it
        tags = list(settings.tag_list)
        return settings.prompt.format(text=text_of(batch, position), tag_list=tags)

    def read(answer: str) -> Sequence[Fields]:
        return [{TAGS: [words_in(answer)]}]

    return FieldWriter(chat, TOLD, TRIES, words, read)
