"""Keep samples whose text a chat model finds clear, relevant, useful and fluent; tag them."""

from __future__ import annotations

from bettersynth.measuring.chat_answers import VERSION
from bettersynth.measuring.text.chat_scores import Deciding, Judge, Measuring, fields_read, reads

__all__ = ["VERSION", "Deciding", "Measuring", "fields_read", "keep", "measure", "reads"]
READS = ("text",)
# answers are: one cache for all that is asked of chat models
CACHED = False
DIMENSIONS = {
    "clarity": "how easily it is understood",
    "relevance": "how much it has to do with its task or topic",
    "usefulness": "how much there is to learn from it",
    "fluency": "how natural and well written it is",
}
TASK = (
    "You judge and tag texts that a language model may be trained on. Judge the text you "
    "are given by what stands in it alone."
)
JUDGE = Judge("llm_analysis_score", TASK, DIMENSIONS, ("topic", "style"))
STATS = JUDGE.stats
measure = JUDGE.measure
keep = JUDGE.keep
