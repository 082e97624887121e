"""Train a classifier of good and bad texts, as GPT-3's: what text_quality_filter measures by.

Example:
    bettersynth quality --good captions_by_hand.jsonl --bad crawled.jsonl --output models/quality

Then `- text_quality_filter: {model: models/quality, min_score: 0.5}` in a recipe. Words are hashed
and counted, and a logistic regression weighs them; a fifth of the texts is held out, and how well
they are told apart is printed. PySpark, and so Data-Juicer's own tool, reads the folder too.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from bettersynth.verbs.documented_parser import Verbs, add_documented_parser


def add(verbs: Verbs) -> None:
    """Add `bettersynth quality` with its arguments."""
    summary = "train the text quality classifier on your own good and bad texts"
    verb = add_documented_parser(verbs, "quality", summary, __doc__)
    verb.add_argument(
        "--good", nargs="+", required=True, metavar="FILE", help="files or folders of rows"
    )
    verb.add_argument("--bad", nargs="+", required=True, metavar="FILE", help="the same")
    verb.add_argument(
        "--output", type=Path, default=Path("models/quality"), help="folder; default models/quality"
    )
    verb.add_argument("--text-key", default="text", help="of a row's text; default text")
    verb.add_argument(
        "--tokenizer", default="", help="a SentencePiece file; default: words are split at blanks"
    )
    verb.set_defaults(action=run)


def run(arguments: argparse.Namespace) -> None:
    """Do what the arguments ask for."""
    from bettersynth.measuring.text.quality_saving import require_own_folder, save_quality_model
    from bettersynth.measuring.text.quality_training import read_texts, train_quality
    from bettersynth.measuring.text.word_pieces import split_pieces

    require_own_folder(arguments.output)
    if arguments.tokenizer:
        # told before all texts are read
        split_pieces(arguments.tokenizer)
    good = read_texts(arguments.good, arguments.text_key)
    bad = read_texts(arguments.bad, arguments.text_key)
    model, trained, held_out = train_quality(good, bad, arguments.tokenizer)
    save_quality_model(model, arguments.output)
    print(f"trained on {trained.good:,} good and {trained.bad:,} bad texts")
    if trained.in_both:
        print(f"left out: {trained.in_both:,} texts that are good and bad")
    print(
        f"held out, {held_out.good:,} good and {held_out.bad:,} bad: ROC AUC "
        f"{held_out.roc_auc:.3f}, precision {held_out.precision:.3f}, recall "
        f"{held_out.recall:.3f}, F1 {held_out.f1:.3f}"
    )
    print(f"written: {arguments.output}")
