"""Training the quality classifier on good and bad texts that the user names."""

from __future__ import annotations

import itertools
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from bettersynth.data.files.hashing import content_key
from bettersynth.data.files.reading import parse_json
from bettersynth.data.row_files.carried_pictures import CarriedPictures
from bettersynth.data.row_files.data_set import dataset_files
from bettersynth.data.row_files.reading import RowReader
from bettersynth.data.samples.batch import Tokens
from bettersynth.data.samples.sample_rows import RowForm
from bettersynth.errors import UserError
from bettersynth.measuring.text.hashed_words import feature_of, spark_words
from bettersynth.measuring.text.quality_model import FEATURES, QualityModel
from bettersynth.measuring.text.word_pieces import split_pieces

# texts of either kind that a classifier, and a score on held-out ones, need at least
LEAST_TEXTS = 20
# one text in five is held out, by its content
HELD_OUT_ONE_IN = 5
MOST_STEPS = 1000


@dataclass(frozen=True)
class Trained:
    """How many texts of each kind were trained on, and how many stood in both and were left out."""

    good: int
    bad: int
    in_both: int


@dataclass(frozen=True)
class HeldOut:
    """How the texts that were not trained on were told apart, with a score above 0.5 as good."""

    good: int
    bad: int
    precision: float
    recall: float
    f1: float
    roc_auc: float


def read_texts(paths: Sequence[str], text_key: str) -> list[str]:
    """Return the different texts of files or folders of rows, without special tokens, in order.

    Raises:
        UserError: no such file, no JSON, or a row without a text under `text_key`.
    """
    texts: dict[str, None] = {}
    tokens = Tokens()
    with tempfile.TemporaryDirectory() as folder:
        # what a row carries beside its text is not looked at
        reader = RowReader(RowForm(text_key), CarriedPictures(Path(folder)))
        for file in itertools.chain.from_iterable(map(dataset_files, paths)):
            for number, row in _rows(reader, file):
                text = row.get(text_key)
                if not isinstance(text, str):
                    raise UserError(f"{file} row {number} has no text under {text_key!r}")
                texts[tokens.strip(text)] = None
    return list(texts)


def _rows(reader: RowReader, file: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    for number, content in reader.rows(file):
        row = parse_json(content, f"{file} row {number}")
        if not isinstance(row, dict):
            raise UserError(f"{file} row {number} is no JSON object")
        yield number, row


def train_quality(
    good: Sequence[str], bad: Sequence[str], tokenizer: str = ""
) -> tuple[QualityModel, Trained, HeldOut]:
    """Return a classifier of good and bad texts, what it was trained on, and how it does on those
    held out.

    `tokenizer` is a SentencePiece file; without, words are split at blanks. A text of both kinds
    is left out. The order of the texts does not matter.

    Raises:
        UserError: too few texts of a kind.
    """
    from sklearn.linear_model import LogisticRegression
    from sklearn.metrics import precision_recall_fscore_support, roc_auc_score
    from threadpoolctl import threadpool_limits

    both = set(good) & set(bad)
    labelled = [(text, 1) for text in good if text not in both]
    labelled += [(text, 0) for text in bad if text not in both]
    # by content: sums round by order, and so do not depend on the files'
    labelled.sort(key=lambda pair: content_key([pair[0]]))
    labels = np.array([label for _, label in labelled])
    held_out = np.array([_is_held_out(text) for text, _ in labelled], dtype=bool)
    _require_enough(labels, held_out)
    taught = labels[~held_out]
    trained = Trained(int(taught.sum()), int((1 - taught).sum()), len(both))
    counts = _count_matrix([text for text, _ in labelled], tokenizer)
    regression = LogisticRegression(max_iter=MOST_STEPS)
    with threadpool_limits(1):
        regression.fit(counts[~held_out], labels[~held_out])
        scores = regression.predict_proba(counts[held_out])[:, 1]
    truth = labels[held_out]
    precision, recall, f1, _ = precision_recall_fscore_support(
        truth, scores > 0.5, average="binary", zero_division=0.0
    )
    area = float(roc_auc_score(truth, scores))
    seen = HeldOut(int(truth.sum()), int((1 - truth).sum()), precision, recall, f1, area)
    weights = regression.coef_[0].astype(np.float64)
    return QualityModel(weights, float(regression.intercept_[0]), not tokenizer), trained, seen


def _is_held_out(text: str) -> bool:
    return content_key(["held out", text])[0] % HELD_OUT_ONE_IN == 0


def _require_enough(labels: np.ndarray, held_out: np.ndarray) -> None:
    for kind, label in (("good", 1), ("bad", 0)):
        own = labels == label
        trained = int((own & ~held_out).sum())
        if trained < LEAST_TEXTS or not (own & held_out).any():
            raise UserError(
                f"{int(own.sum())} different {kind} texts; at least {2 * LEAST_TEXTS} are needed "
                "(a text that is both good and bad counts as neither)"
            )


def _count_matrix(texts: Sequence[str], tokenizer: str) -> Any:
    """Return how often each hashed word stands in each text, sparse `[texts, FEATURES]`."""
    from scipy.sparse import csr_matrix

    split = split_pieces(tokenizer) if tokenizer else spark_words
    features: list[int] = []
    values: list[int] = []
    starts = [0]
    for text in texts:
        counts = Counter(feature_of(word, FEATURES) for word in split(text))
        for feature, count in sorted(counts.items()):
            features.append(feature)
            values.append(count)
        starts.append(len(features))
    shape = (len(texts), FEATURES)
    return csr_matrix((np.array(values, dtype=np.float64), features, starts), shape=shape)
