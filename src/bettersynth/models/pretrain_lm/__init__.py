"""Training language models on text alone.

Nano's decoder comes from `corpus`, `tokenizer`, `tasks` and `training`; any other model is trained
further on files of text by `continued`.
"""

from bettersynth.models.devices.torchvision_schemas import declare_missing_schemas

# transformers imports torchvision where it is installed; this must come first
declare_missing_schemas()
