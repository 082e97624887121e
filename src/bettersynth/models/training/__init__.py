"""What both training stages share: data, order, optimiser, trainer, launching."""

from bettersynth.models.devices.torchvision_schemas import declare_missing_schemas

declare_missing_schemas()  # transformers and timm import torchvision when it is there; this must come first
