"""Raw answers of one trained model to one benchmark, and the likelihood of MMBench's options.

Run alone: `python -m bettersynth.steps.predict SEED mmbench|textvqa`. Writes `results/predictions/BENCHMARK-SEED.jsonl`.
"""

from __future__ import annotations

import base64
import csv
import io
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from transformers import PreTrainedTokenizerBase

from bettersynth.data.files.hashing import sha256_of_bytes
from bettersynth.data.files.reading import read_json
from bettersynth.data.files.writing import complete_or_absent
from bettersynth.data.pictures.images import BadImage, ImageStore, decode_image
from bettersynth.data.questions.prompts import without_text_tokens
from bettersynth.data.tables.feature_store import FeatureStore
from bettersynth.errors import UserError
from bettersynth.evaluation.benchmarks import mmbench
from bettersynth.evaluation.benchmarks.textvqa import question_of_prompt
from bettersynth.experiments.workflow.run_step import run_step
from bettersynth.models.answering.generation import Prompt, generate, log_probabilities
from bettersynth.models.architecture.conversation import prompt_text
from bettersynth.models.architecture.encoding import PieceTokens
from bettersynth.models.architecture.mini_gemini import MiniGemini
from bettersynth.models.architecture.tokenizers import load_tokenizer
from bettersynth.models.training.optimizer import set_deterministic
from bettersynth.models.training.stages import FEATURES, pixel_pipeline
from bettersynth.models.training.trainer import (
    cast_parameters,
    choose_attention,
    choose_precision,
)
from bettersynth.settings.predict import PredictSettings
from bettersynth.settings.reading import load_params, read_settings

MODELS, BENCHMARKS, FOLDER = (
    Path("models/finetune"),
    Path("data/benchmark"),
    Path("results/predictions"),
)
ANSWER_END = {"gemma": "<end_of_turn>", "v1": "</s>", "plain": "\n"}


class Answerer:
    """A trained model with its tokenizer and the image tokens of the pictures it is asked about."""

    def __init__(self, folder: Path, settings: PredictSettings) -> None:
        if not (folder / "config.json").exists():
            raise UserError(
                f"{folder} holds no trained model; run `snakemake --cores all {folder}`"
            )
        self.settings, precision = settings, choose_precision(settings.precision)
        config = read_json(folder / "config.json")
        self.model = MiniGemini.from_upstream(
            folder,
            config.get("mm_vision_tower"),
            config.get("mm_vision_tower_aux"),
            attn_implementation=choose_attention(settings.attn_implementation, precision),
        )
        if torch.cuda.is_available():
            self.model.to("cuda")
        cast_parameters(self.model.requires_grad_(False), getattr(torch, precision))
        self.tokenizer: PreTrainedTokenizerBase = load_tokenizer(folder)
        self.pieces = PieceTokens(self.tokenizer)
        end = (
            self.tokenizer.convert_tokens_to_ids(ANSWER_END[settings.template])
            if settings.template != "plain"
            else None
        )
        self.stop_tokens = {
            token for token in (end, self.tokenizer.eos_token_id) if isinstance(token, int)
        }
        self.pictures: Tensor | None = None
        self.tokens = 0  # read and written so far; a picture is one token here

    @torch.inference_mode()
    def see(self, pictures: Sequence[bytes]) -> None:
        """Compute the image tokens of these pictures; prompts name them by position."""
        parts = []
        store = FeatureStore(FEATURES)
        for start in range(0, len(pictures), self.settings.batch_size):
            part = pictures[start : start + self.settings.batch_size]
            if self.model.vision_tower is None:
                rows = store.rows(sha256_of_bytes(data) for data in part)
                low, high = (
                    torch.from_numpy(store.low_res(rows)).float(),
                    torch.from_numpy(store.high_res(rows)).float(),
                )
                low, high = low.to(self.model.device), high.to(self.model.device)
            else:
                pipeline = pixel_pipeline(self.model, "pad")
                pairs = [
                    pipeline(_decode(data, f"picture {start + k}")) for k, data in enumerate(part)
                ]
                images = torch.stack([pair[0] for pair in pairs]).to(self.model.device)
                low, high = self.model.tower_features(
                    images, torch.stack([pair[1] for pair in pairs]).to(self.model.device)
                )
            parts.append(
                self.model.image_tokens(low, high).cpu()
            )  # a benchmark's pictures may not fit beside the model
        self.pictures = torch.cat(parts)

    def prompt(self, question: str, picture: int | None) -> Prompt:
        """Return the tokens of a question about a picture, or about none."""
        return Prompt(
            self.pieces.with_images(
                prompt_text(question, self.settings.template, picture is not None)
            ),
            picture,
        )

    def answers(self, prompts: Sequence[Prompt], max_new_tokens: int, progress: str) -> list[str]:
        """Return the greedy answers, trimmed."""
        s = self.settings
        tokens = generate(
            self.model,
            prompts,
            self.pictures,
            max_new_tokens,
            self.stop_tokens,
            s.batch_size,
            progress,
        )
        self.tokens += sum(map(len, tokens)) + sum(len(prompt.ids) for prompt in prompts)
        return [self.tokenizer.decode(ids, skip_special_tokens=True).strip() for ids in tokens]

    def likelihoods(
        self, pairs: Sequence[tuple[str, int | None, str]], progress: str
    ) -> list[tuple[float, int]]:
        """Return log-probability sum and token count (the end of the turn is one) of the answers of (question, picture, answer)."""
        prompts, answers = [], []
        for question, picture, answer in pairs:
            text = prompt_text(question, self.settings.template, picture is not None)
            blank = " " if self.settings.template == "v1" else ""
            whole = self.pieces.with_images(
                text + blank + answer + ANSWER_END[self.settings.template]
            )
            start = self.pieces.with_images(text)
            shared = next(
                (k for k, (a, b) in enumerate(zip(start, whole, strict=False)) if a != b),
                len(start),
            )
            prompts.append(Prompt(whole[:shared], picture))
            answers.append(whole[shared:])
        sums = log_probabilities(
            self.model, prompts, answers, self.pictures, self.settings.batch_size, progress
        )
        self.tokens += sum(len(prompt.ids) for prompt in prompts) + sum(map(len, answers))
        return [(value, len(answer)) for value, answer in zip(sums, answers, strict=True)]


def _decode(data: bytes, where: str) -> Any:
    try:
        return decode_image(data)
    except BadImage as error:
        raise UserError(f"{where} of the benchmark: {error}") from None


def mmbench_pictures(path: Path) -> dict[int, bytes]:
    """Return the picture bytes of each index of an MMBench TSV; a number in a picture's place points to another row's."""
    csv.field_size_limit(sys.maxsize)
    cells: dict[int, str] = {}
    with open(path, encoding="utf-8", newline="") as stream:
        for row in csv.DictReader(stream, delimiter="\t"):
            cells[int(float(row["index"]))] = row["image"]
    pictures = {}
    for index, cell in cells.items():
        if cell.isdigit() and len(cell) < 16:
            if int(cell) not in cells:
                raise UserError(
                    f"{path}: the picture of index {index} points to {cell}, which is not in the file"
                )
            cell = cells[int(cell)]
        pictures[index] = base64.b64decode(cell)
    return pictures


def predict_mmbench(answerer: Answerer, folder: Path) -> list[dict[str, Any]]:
    """Return one record a row: greedy answer, and on base rows the likelihood of each option with picture and without (the prior)."""
    path = folder / "mmbench.tsv"
    questions = mmbench.read_questions(path, need_answers=False)
    by_index = mmbench_pictures(path)
    position: dict[bytes, int] = {}
    pictures = [position.setdefault(by_index[q.index], len(position)) for q in questions]
    answerer.see(list(position))
    prompts = [
        answerer.prompt(mmbench.prompt(q), picture)
        for q, picture in zip(questions, pictures, strict=True)
    ]
    answers = answerer.answers(prompts, answerer.settings.mmbench_tokens, "mmbench answers")
    records: list[dict[str, Any]] = [
        {"index": q.index, "prediction": answer}
        for q, answer in zip(questions, answers, strict=True)
    ]
    if not answerer.settings.likelihood:
        return records
    asked = [
        (k, letter, q.question, picture, text)
        for k, (q, picture) in enumerate(zip(questions, pictures, strict=True))
        if q.index == q.group
        for letter, text in q.options.items()
    ]
    scored = answerer.likelihoods(
        [(question, picture, text) for _, _, question, picture, text in asked], "option likelihood"
    )
    distinct = sorted({(question, text) for _, _, question, _, text in asked})
    priors = dict(
        zip(
            distinct,
            answerer.likelihoods([(q, None, text) for q, text in distinct], "option prior"),
            strict=True,
        )
    )
    for (k, letter, question, _, text), (value, tokens) in zip(asked, scored, strict=True):
        options = records[k].setdefault("option_logprob", {})
        options[letter] = [round(value, 6), tokens, round(priors[question, text][0], 6)]
    return records


def predict_textvqa(answerer: Answerer, folder: Path) -> list[dict[str, Any]]:
    """Return one record a question of LLaVA's question file; its `question_id` is the picture's id."""
    path = folder / "textvqa.jsonl"
    try:
        rows = [json.loads(line) for line in path.read_bytes().split(b"\n") if line.strip()]
    except FileNotFoundError:
        raise UserError(f"{path} does not exist; run `snakemake --cores all {path}`") from None
    store = ImageStore(folder / "textvqa_images.zip")
    position: dict[str, int] = {}
    pictures = [position.setdefault(row["image"], len(position)) for row in rows]
    answerer.see([store.read(name) for name in position])
    texts = [
        row["text"] if answerer.settings.textvqa_ocr_tokens else without_text_tokens(row["text"])
        for row in rows
    ]
    prompts = [
        answerer.prompt(text, picture) for text, picture in zip(texts, pictures, strict=True)
    ]
    answers = answerer.answers(prompts, answerer.settings.textvqa_tokens, "textvqa answers")
    return [
        {
            "question_id": row["question_id"],
            "image_id": str(row["question_id"]),
            "question": question_of_prompt(row["text"]),
            "prediction": answer,
        }
        for row, answer in zip(rows, answers, strict=True)
    ]


def main() -> dict[str, int]:
    if len(sys.argv) != 3 or not sys.argv[1].isdigit() or sys.argv[2] not in ("mmbench", "textvqa"):
        raise UserError(
            "give the seed and the benchmark: python -m bettersynth.steps.predict 0 mmbench (or textvqa)"
        )
    seed, benchmark = int(sys.argv[1]), sys.argv[2]
    settings = read_settings(PredictSettings, load_params().get("predict"), "params.yaml: predict")
    set_deterministic(settings.threads)
    answerer = Answerer(MODELS / str(seed), settings)
    predict = {"mmbench": predict_mmbench, "textvqa": predict_textvqa}[benchmark]
    records = predict(answerer, BENCHMARKS)
    text = io.StringIO()
    for record in records:
        text.write(json.dumps(record, ensure_ascii=False) + "\n")
    with complete_or_absent(FOLDER / f"{benchmark}-{seed}.jsonl") as temporary:
        temporary.write_text(text.getvalue(), encoding="utf-8")
    print(f"{FOLDER}/{benchmark}-{seed}.jsonl: {len(records)} answers")
    return {"samples": len(records), "tokens": answerer.tokens}


if __name__ == "__main__":
    run_step(main)
