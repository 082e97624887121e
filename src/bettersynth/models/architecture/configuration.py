"""A Mini-Gemini model's configuration, read from and written as upstream's `config.json`."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

from transformers import (
    GemmaConfig,
    GemmaForCausalLM,
    LlamaConfig,
    LlamaForCausalLM,
    MistralConfig,
    MistralForCausalLM,
    MixtralConfig,
    MixtralForCausalLM,
    PreTrainedConfig,
    PreTrainedModel,
)

from bettersynth.data.files.reading import read_object
from bettersynth.errors import UserError

# upstream's names of model types; a plain language model's folder has those of transformers
LANGUAGE_MODELS: dict[str, tuple[type[PreTrainedConfig], type[PreTrainedModel]]] = {
    "mgm_gemma": (GemmaConfig, GemmaForCausalLM),
    "mgm": (LlamaConfig, LlamaForCausalLM),
    "mgm_mistral": (MistralConfig, MistralForCausalLM),
    "mgm_mixtral": (MixtralConfig, MixtralForCausalLM),
}
PLAIN_NAMES = {
    "gemma": "mgm_gemma",
    "llama": "mgm",
    "mgm_llama": "mgm",
    "mistral": "mgm_mistral",
    "mixtral": "mgm_mixtral",
}
# settings of a decoder that are not fields of transformers' configuration classes
ROPE_SETTINGS = {"rope_theta", "rope_scaling"}


@dataclasses.dataclass(frozen=True)
class MiniGeminiConfig:
    """What decides the architecture.

    Names with `mm_` and `image_` are upstream's; `language_model` holds the decoder's own settings.
    """

    model_type: str
    language_model: dict[str, Any]
    mm_hidden_size: int
    mm_hidden_size_aux: int
    mm_projector_type: str = "mlp2x_gelu"
    # of the projector's hidden layers, which is not upstream's; None is the decoder's hidden size
    mm_projector_width: int | None = None
    mm_vision_tower: str | None = None
    mm_vision_tower_aux: str | None = None
    mm_vision_select_layer: int = -2
    mm_vision_select_feature: str = "patch"
    image_grid: int = 1
    image_global: bool = False
    image_size_aux: int | None = None
    image_aspect_ratio: str = "square"
    tokenizer_padding_side: str = "right"
    tokenizer_model_max_length: int = 2048
    # tokens around pictures: see image_bounds
    mm_use_im_start_end: bool = False

    def __post_init__(self) -> None:
        if self.model_type not in LANGUAGE_MODELS:
            raise UserError(f"model_type is {self.model_type!r}; allowed: {_allowed_types()}")
        if self.mm_vision_select_feature != "patch":
            raise UserError(
                f"mm_vision_select_feature is {self.mm_vision_select_feature!r}; allowed: patch"
            )
        if self.image_grid < 1:
            raise UserError(f"image_grid is {self.image_grid}; it must be 1 or more")
        if self.tokenizer_padding_side not in ("left", "right"):
            raise UserError(
                f"tokenizer_padding_side is {self.tokenizer_padding_side!r}; allowed: left, right"
            )

    @classmethod
    def from_dict(cls, values: dict[str, Any], **changes: Any) -> MiniGeminiConfig:
        """Read upstream's flat mapping; `changes` replace or add multimodal settings.

        A plain language model's config serves too when `changes` bring the two widths.

        Raises:
            UserError: unknown model type, or no widths.
        """
        values = {**values, **changes}
        # transformers' own name first becomes upstream's
        named_type = values.get("model_type", "")
        model_type = PLAIN_NAMES.get(named_type, named_type)
        if model_type not in LANGUAGE_MODELS:
            raise UserError(
                f"config.json: model_type is {named_type!r}; allowed: {_allowed_types()}"
            )
        own_names = {field.name for field in dataclasses.fields(cls)} - {"language_model"}
        own = {name: value for name, value in values.items() if name in own_names}
        # upstream's name also for a plain language model's folder
        own["model_type"] = model_type
        _require_widths(own)
        config_class, _ = LANGUAGE_MODELS[model_type]
        decoder_names = {field.name for field in dataclasses.fields(config_class)}
        # what is ours is not the decoder's, even where both know the name (`model_type`)
        decoder_names = (decoder_names | ROPE_SETTINGS) - own.keys()
        decoder = {}
        for name, value in values.items():
            # null stands for the class's own default
            if name in decoder_names and value is not None:
                decoder[name] = value
        return cls(language_model=decoder, **own)

    @classmethod
    def from_folder(cls, folder: str | Path, **changes: Any) -> MiniGeminiConfig:
        """Read `config.json` of `folder`.

        Raises:
            UserError: no such file, or as `from_dict`.
        """
        path = Path(folder) / "config.json"
        if not path.exists():
            raise UserError(
                f"{path} does not exist; a model is a folder with config.json and weights"
            )
        values = read_object(path)
        if isinstance(values.get("config"), dict):
            values = values["config"]
        return cls.from_dict(values, **changes)

    def to_dict(self) -> dict[str, Any]:
        """Return upstream's flat mapping (the inverse of `from_dict`)."""
        own = dataclasses.asdict(self)
        # a model without them has the files that it had before there were these settings
        for name in ("mm_use_im_start_end", "mm_projector_width"):
            if not own[name]:
                del own[name]
        return {**own.pop("language_model"), **own, "use_mm_proj": True}

    def language_model_config(self) -> PreTrainedConfig:
        """Return transformers' config of the decoder.

        transformers 5 reads Gemma's `hidden_act: gelu` as the tanh approximation; 4.38, which the
        reference is pinned to, runs the exact one. The value of the file is put back, so that the
        numbers are the reference's.
        """
        config_class, _ = LANGUAGE_MODELS[self.model_type]
        settings = dict(self.language_model)
        activation = settings.pop("hidden_act", None)
        config = config_class(**settings)
        if activation is not None:
            config.hidden_act = activation
        return config

    @property
    def is_gemma(self) -> bool:
        """Whether the decoder is Gemma, whose word embeddings are scaled."""
        return self.model_type == "mgm_gemma"


def _allowed_types() -> str:
    return ", ".join([*LANGUAGE_MODELS, *PLAIN_NAMES])


def _require_widths(own: dict[str, Any]) -> None:
    for name, side in (("mm_hidden_size", "low"), ("mm_hidden_size_aux", "high")):
        if own.get(name) is None:
            raise UserError(
                f"config.json lacks {name}; it is the width of the {side}-resolution tower's "
                "features"
            )
