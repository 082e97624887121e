"""Keep samples whose text is, by a chat model, of a difficulty in a range."""

from __future__ import annotations

from bettersynth.measuring.chat_answers import VERSION
from bettersynth.measuring.text.chat_scores import Deciding, Judge, Measuring, fields_read, reads

__all__ = ["VERSION", "Deciding", "Measuring", "fields_read", "keep", "measure", "reads"]
READS = ("text",)
# answers are: one cache for all that is asked of chat models
CACHED = False
DIMENSIONS = {
    "linguistic_complexity": "how hard its words and sentences are",
    "conceptual_depth": "how abstract and layered its ideas are",
    "prior_knowledge": "how much one must know before",
    "step_complexity": "how many steps of thought it takes",
    "ambiguity": "how much of it may be read in several ways",
}
TASK = (
    "You judge how hard a text is for a language model that is to learn from it. Judge "
    "the text alone, not how good it is."
)
JUDGE = Judge("llm_difficulty_score", TASK, DIMENSIONS)
STATS = JUDGE.stats
measure = JUDGE.measure
keep = JUDGE.keep
