"""Keep samples whose text a chat model finds right, well written, rich and coherent."""

from __future__ import annotations

from bettersynth.measuring.chat_answers import VERSION
from bettersynth.measuring.text.chat_scores import Deciding, Judge, Measuring, fields_read, reads

__all__ = ["VERSION", "Deciding", "Measuring", "fields_read", "keep", "measure", "reads"]
READS = ("text",)
# answers are: one cache for all that is asked of chat models
CACHED = False
DIMENSIONS = {
    "accuracy": "whether what it says is true and can be checked",
    "grammar": "whether its language is right and fluent",
    "informativeness": "how much of use it says",
    "coherence": "whether its parts follow from each other",
}
TASK = (
    "You judge texts that a language model may be trained on. Judge the text you are "
    "given by what stands in it alone; invented facts weigh heavily."
)
JUDGE = Judge("llm_quality_score", TASK, DIMENSIONS)
STATS = JUDGE.stats
measure = JUDGE.measure
keep = JUDGE.keep
