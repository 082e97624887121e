"""Contrastive image-text models behind one method: transformers CLIP, open_clip, and the nano scorer on frozen features."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from PIL import Image

from bettersynth.data.files.reading import read_json
from bettersynth.data.pictures.flips import NO_FLIPS, Flips
from bettersynth.data.samples.batch import Images
from bettersynth.errors import UserError
from bettersynth.measuring.text.tokenizers import load_tokenizer
from bettersynth.models.backbones.nano_features import NANO_TOWERS, nano_pooled
from bettersynth.models.weights.identity import file_of_model, hash_of_model

NANO_SCORER = Path("models/scorer")
IMAGE_BATCH, TEXT_BATCH = 32, 64


class Scorer(Protocol):
    def similarity(
        self, images: Images, pairs: Sequence[tuple[str, str]], flips: Flips
    ) -> np.ndarray:
        """Return `[pairs]`, one similarity for each (image name, text)."""
        ...

    def embed_images(self, images: Images, names: Sequence[str]) -> np.ndarray:
        """Return unit vectors float32 `[names, width]`; there is at least one."""
        ...

    def embed_texts(self, texts: Sequence[str]) -> np.ndarray:
        """Return unit vectors float32 `[texts, width]`, in the pictures' space; there is at least one."""
        ...


def model_hash(name: str) -> str:
    """Return what changes when the weights of model `name` do."""
    return (
        hash_of_model(NANO_SCORER) + hash_of_model(NANO_TOWERS)
        if name == "nano"
        else hash_of_model(name)
    )


@functools.lru_cache(maxsize=2)
def load_scorer(name: str, trust_remote_code: bool = False) -> Scorer:
    """Return the scorer that `hf_clip: name` asks for.

    Raises:
        UserError: the model is neither on this disk nor can it be fetched.
    """
    if name == "nano":
        return NanoScorer()
    if name.startswith("open_clip:"):
        return OpenClipScorer(name.removeprefix("open_clip:"))
    return ClipScorer(name, trust_remote_code)


def _unique(values: Sequence[str]) -> tuple[list[str], np.ndarray]:
    """Return the distinct values in order of appearance, and the position of each value among them."""
    places = {value: k for k, value in enumerate(dict.fromkeys(values))}
    return list(places), np.array([places[value] for value in values], dtype=np.int64)


def _pair_scores(
    images: np.ndarray, texts: np.ndarray, image_rows: np.ndarray, text_rows: np.ndarray
) -> np.ndarray:
    """Return the dot product of each pair from embeddings `[images, width]` and `[texts, width]`."""
    return np.einsum("pw,pw->p", images[image_rows], texts[text_rows]).astype(np.float32)


class ClipScorer:
    """A CLIP: `logits_per_text / 100`, as Data-Juicer takes it (the cosine where exp(logit_scale) is 100).

    Pictures are prepared here, by the rule of the CLIP processor in PIL and numpy; distinct pictures and texts are embedded once a call.
    """

    def __init__(self, name: str, trust_remote_code: bool):
        from bettersynth.measuring.models.clip_model import ClipModel

        try:
            self.model = ClipModel.load(name) or OtherModel(name, trust_remote_code)
            self.preparation = ClipPreparation(
                read_json(file_of_model(name, "preprocessor_config.json"))
            )
        except (OSError, ValueError) as error:
            raise UserError(
                f"cannot load the model {name} of hf_clip: {str(error).splitlines()[0]}"
            ) from None

    def similarity(
        self, images: Images, pairs: Sequence[tuple[str, str]], flips: Flips
    ) -> np.ndarray:
        names, image_rows = _unique([name for name, _ in pairs])
        texts, text_rows = _unique([text for _, text in pairs])
        scores = _pair_scores(
            self.embed_images(images, names, flips), self.embed_texts(texts), image_rows, text_rows
        )
        return scores * np.float32(self.model.scale / 100)

    def embed_images(
        self, images: Images, names: Sequence[str], flips: Flips = NO_FLIPS
    ) -> np.ndarray:
        return np.concatenate(
            [
                self._images(images, names[i : i + IMAGE_BATCH], flips)
                for i in range(0, len(names), IMAGE_BATCH)
            ]
        )

    def embed_texts(self, texts: Sequence[str]) -> np.ndarray:
        return self.model.texts(texts).cpu().numpy()

    def _images(self, images: Images, names: Sequence[str], flips: Flips) -> np.ndarray:
        import torch

        pixels = np.stack(
            [
                self.preparation(flips.apply(images.picture(name)), flips.channels_first)
                for name in names
            ]
        )
        return self.model.images(torch.from_numpy(pixels)).cpu().numpy()


class OtherModel:
    """A contrastive image-text model of transformers that is no CLIP of the first kind."""

    def __init__(self, name: str, trust_remote_code: bool):
        import torch

        from bettersynth.models.devices.torchvision_schemas import declare_missing_schemas

        declare_missing_schemas()
        from transformers import AutoModel

        model = AutoModel.from_pretrained(
            name, trust_remote_code=trust_remote_code, dtype=torch.float32
        ).eval()
        if not hasattr(model, "logit_scale"):
            raise UserError(
                f"{name} is a {type(model).__name__}, not a contrastive image-text model"
            )
        self.device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
        self.model = model.to(self.device)
        self.scale = float(model.logit_scale.detach().exp())
        self.tokenizer, self.text_length = (
            load_tokenizer(name),
            int(model.config.text_config.max_position_embeddings),
        )

    def images(self, pixels: Any) -> Any:
        import torch

        with torch.inference_mode():
            return _unit(self.model.get_image_features(pixel_values=pixels.to(self.device)))

    def texts(self, texts: Sequence[str]) -> Any:
        import torch

        parts = []
        for i in range(0, len(texts), TEXT_BATCH):
            part = list(texts[i : i + TEXT_BATCH])
            inputs = self.tokenizer(
                part,
                return_tensors="pt",
                truncation=True,
                max_length=self.text_length,
                padding=True,
            )
            with torch.inference_mode():
                parts.append(
                    _unit(
                        self.model.get_text_features(input_ids=inputs["input_ids"].to(self.device))
                    )
                )
        return torch.cat(parts)


def _unit(output: Any) -> Any:
    """Return rows of length 1 as a float32 tensor `[n, width]`; transformers 5 wraps the embedding in an output object."""
    embedding = getattr(output, "pooler_output", output)
    return (embedding / embedding.norm(p=2, dim=-1, keepdim=True)).float()


class ClipPreparation:
    """The CLIP processor's rule for one RGB picture: shortest side, centre crop, scale, mean and deviation; float32 `[3, height, width]`.

    `channels_first` is its wrong guess for a picture 3 pixels high: rows are read as channels, columns as rows.
    """

    def __init__(self, settings: dict[str, Any]):
        size, crop = settings.get("size", 224), settings.get("crop_size", 224)
        self.shortest = size if isinstance(size, int) else size.get("shortest_edge")
        self.exact = None if self.shortest else (size["width"], size["height"])
        self.crop = (crop, crop) if isinstance(crop, int) else (crop["width"], crop["height"])
        self.center_crop = settings.get("do_center_crop", True)
        self.resample = Image.Resampling(settings.get("resample", 3))
        self.factor = settings.get("rescale_factor", 1 / 255)
        self.mean = np.array(settings["image_mean"], dtype=np.float32)[:, None, None]
        self.deviation = np.array(settings["image_std"], dtype=np.float32)[:, None, None]

    def __call__(self, picture: Image.Image, channels_first: bool = False) -> np.ndarray:
        if channels_first:
            picture = Image.fromarray(np.ascontiguousarray(np.asarray(picture).transpose(1, 2, 0)))
        picture = picture.resize(self._target(picture.size), self.resample, reducing_gap=None)
        pixels = np.asarray(picture)
        if self.center_crop:
            pixels = _center_crop(pixels, *self.crop)
        scaled = pixels.transpose(2, 0, 1).astype(np.float64) * self.factor
        return (scaled.astype(np.float32) - self.mean) / self.deviation

    def _target(self, size: tuple[int, int]) -> tuple[int, int]:
        if self.exact:
            return self.exact
        width, height = size
        if width <= height:
            return self.shortest, int(self.shortest * height / width)
        return int(self.shortest * width / height), self.shortest


def _center_crop(pixels: np.ndarray, width: int, height: int) -> np.ndarray:
    """Return the middle `[height, width, 3]` of `[h, w, 3]`, filled with zeros where the picture is smaller."""
    top, left = (pixels.shape[0] - height) // 2, (pixels.shape[1] - width) // 2
    if top >= 0 and left >= 0:
        return pixels[top : top + height, left : left + width]
    padded = np.zeros(
        (max(height, pixels.shape[0]), max(width, pixels.shape[1]), 3), dtype=pixels.dtype
    )
    y, x = (
        -(-(padded.shape[0] - pixels.shape[0]) // 2),
        -(-(padded.shape[1] - pixels.shape[1]) // 2),
    )
    padded[y : y + pixels.shape[0], x : x + pixels.shape[1]] = pixels
    top, left = (padded.shape[0] - height) // 2, (padded.shape[1] - width) // 2
    return padded[top : top + height, left : left + width]


class OpenClipScorer:
    """An open_clip model, `ARCHITECTURE/WEIGHTS` (WEIGHTS: a tag of open_clip or a file): the cosine of picture and text."""

    def __init__(self, name: str):
        import torch

        from bettersynth.models.devices.torchvision_schemas import declare_missing_schemas

        declare_missing_schemas()
        import open_clip

        architecture, _, weights = name.partition("/")
        if architecture not in open_clip.list_models():
            raise UserError(
                f"open_clip has no architecture {architecture}; write open_clip:ARCHITECTURE/WEIGHTS"
            )
        try:
            self.model, _, self.prepare = open_clip.create_model_and_transforms(
                architecture, pretrained=weights or None, weights_only=True
            )
        except (OSError, RuntimeError) as error:
            raise UserError(f"cannot load open_clip:{name}: {str(error).splitlines()[0]}") from None
        self.device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
        self.model.eval().to(self.device)
        self.tokenizer = open_clip.get_tokenizer(architecture)

    def similarity(
        self, images: Images, pairs: Sequence[tuple[str, str]], flips: Flips
    ) -> np.ndarray:
        names, image_rows = _unique([name for name, _ in pairs])
        texts, text_rows = _unique([text for _, text in pairs])
        return _pair_scores(
            self.embed_images(images, names, flips), self.embed_texts(texts), image_rows, text_rows
        )

    def embed_images(
        self, images: Images, names: Sequence[str], flips: Flips = NO_FLIPS
    ) -> np.ndarray:
        import torch

        pictures = []
        with torch.inference_mode():
            for i in range(0, len(names), IMAGE_BATCH):
                pixels = torch.stack(
                    [
                        self.prepare(flips.apply(images.picture(name)))
                        for name in names[i : i + IMAGE_BATCH]
                    ]
                )
                pictures.append(
                    _unit(self.model.encode_image(pixels.to(self.device))).cpu().numpy()
                )
        return np.concatenate(pictures)

    def embed_texts(self, texts: Sequence[str]) -> np.ndarray:
        import torch

        words = []
        with torch.inference_mode():
            for i in range(0, len(texts), TEXT_BATCH):
                words.append(
                    _unit(
                        self.model.encode_text(
                            self.tokenizer(list(texts[i : i + TEXT_BATCH])).to(self.device)
                        )
                    )
                    .cpu()
                    .numpy()
                )
        return np.concatenate(words)


class NanoScorer:
    """The pipeline's own scorer: two trained heads on frozen towers. Features of the pool come from `data/features`."""

    def __init__(self) -> None:
        if not NANO_SCORER.is_dir():
            raise UserError(
                f"hf_clip: nano needs {NANO_SCORER}; make it with `snakemake --cores all {NANO_SCORER}`, or name another model"
            )
        from bettersynth.models.backbones.lit_scorer import LitScorer

        self.scorer = LitScorer.load(NANO_SCORER)

    def similarity(
        self, images: Images, pairs: Sequence[tuple[str, str]], flips: Flips
    ) -> np.ndarray:
        names, image_rows = _unique([name for name, _ in pairs])
        pooled = nano_pooled(images, names, flips)
        return self.scorer.similarity(pooled[image_rows], [text for _, text in pairs])

    def embed_images(self, images: Images, names: Sequence[str]) -> np.ndarray:
        return self.scorer.embed_images(nano_pooled(images, names))

    def embed_texts(self, texts: Sequence[str]) -> np.ndarray:
        return self.scorer.embed_texts(texts)
