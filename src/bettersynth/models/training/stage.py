"""What both training stages share: the model, its rows in batches, and the run that trains it."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

from transformers import PreTrainedTokenizerBase

from bettersynth.data.files.scratch import scratch_folder
from bettersynth.errors import UserError
from bettersynth.models.architecture.assembly import build_model
from bettersynth.models.architecture.encoding import require_template_tokens
from bettersynth.models.architecture.image_bounds import shows_bounds
from bettersynth.models.architecture.image_pipeline import Aspect
from bettersynth.models.architecture.mini_gemini import MiniGemini
from bettersynth.models.devices.attention import choose_attention
from bettersynth.models.devices.precision import choose_precision
from bettersynth.models.training.data import Collator, TrainingRows, all_image_names, read_rows
from bettersynth.models.training.freezing import trained_share
from bettersynth.models.training.image_sources import image_source
from bettersynth.models.training.liger import require_liger
from bettersynth.models.training.run_files import image_side_files, model_files, run_key
from bettersynth.models.training.seeds import choice_seed
from bettersynth.models.training.trainer import train
from bettersynth.settings.model import ModelSettings
from bettersynth.settings.training import TrainingSettings


@dataclasses.dataclass(frozen=True)
class Stage:
    """One stage's settings for one seed."""

    name: str  # pretrain or finetune, as in params.yaml
    seed: int
    training: TrainingSettings
    model: ModelSettings
    rows: Path  # LLaVA json
    aspect: Aspect  # of pictures that are processed on the fly
    left_out: frozenset[int] = frozenset()  # rows, from 0, that are not trained on

    @property
    def live_folder(self) -> Path:
        """Return where the curve of a training that is under way stands."""
        return Path(f"results/live/{self.name}-{self.seed}")

    def build(self, init_choice: str) -> tuple[MiniGemini, PreTrainedTokenizerBase]:
        """Return the model, drawn by the seed of `init_choice`, and its tokenizer."""
        settings = self.training
        if settings.liger_kernel:
            require_liger()
        precision = choose_precision(settings.precision)
        attention = choose_attention(settings.attn_implementation, precision, settings.packing)
        return build_model(self.model, attention, choice_seed(self.seed, init_choice))

    def scratch(self, read: list[Path], code: str) -> Path:
        """Return the folder of this run's checkpoints.

        `read` are files that it reads beside rows, language model and picture features; `code` is
        the module whose code decides its result.
        """
        # all that decides the result: a checkpoint of any other run must not be resumed
        files = [self.rows, *read]
        files += model_files(self.model.language_model)
        files += image_side_files(self.model)
        settings = {
            "seed": self.seed,
            self.name: dataclasses.asdict(self.training),
            "model": dataclasses.asdict(self.model),
        }
        return scratch_folder(self.name, f"{self.seed}-{run_key(files, settings, code)}")

    def batches(
        self, model: MiniGemini, tokenizer: PreTrainedTokenizerBase
    ) -> tuple[TrainingRows, Collator]:
        """Return the encoded rows, and what makes batches of them.

        Raises:
            UserError: broken rows, missing pictures, or a tokenizer without the template's tokens.
        """
        template = self.training.template
        require_template_tokens(tokenizer, template, self.model.language_model)
        rows = self._rows_in_training()
        image_bounds = shows_bounds(model.architecture, template)
        encoded = TrainingRows(rows, tokenizer, template, str(self.rows), image_bounds)
        source = image_source(model, all_image_names(rows), self.aspect)
        max_length = self.model.tokenizer_model_max_length
        return encoded, Collator(source, tokenizer.pad_token_id, max_length)

    def _rows_in_training(self) -> list[dict[str, Any]]:
        rows = []
        for place, row in enumerate(read_rows(self.rows)):
            if place not in self.left_out:
                rows.append(row)
        if not rows:
            raise UserError(f"all rows of {self.rows} are left out of the training")
        return rows

    def train(
        self,
        model: MiniGemini,
        rows: TrainingRows,
        collator: Collator,
        scratch: Path,
        stop_at: int | None = None,
    ) -> list[dict[str, float]]:
        """Train in place and return one record a step; `stop_at` ends a try early."""
        # a try that may be dropped shows no curve
        live = self.live_folder if stop_at is None else None
        order_seed = choice_seed(self.seed, "order")
        return train(model, rows, collator, self.training, scratch, order_seed, stop_at, live)

    def say_what_is_trained(self, model: MiniGemini, rows: TrainingRows) -> None:
        """Print how many rows and how large a part of the model a training has."""
        trained, total = trained_share(model)
        print(
            f"seed {self.seed}: {len(rows)} rows, {trained:,} of {total:,} parameters are trained"
        )
