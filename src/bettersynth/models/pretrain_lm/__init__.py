"""Training language models on text alone: nano's decoder (corpus, tokenizer, tasks, training) and any other on files of text (continued)."""

from bettersynth.models.devices.torchvision_schemas import declare_missing_schemas

declare_missing_schemas()
