"""Mini-Gemini: towers, mining, projector, decoder; conversations as tokens; its files."""

from bettersynth.models.devices.torchvision_schemas import declare_missing_schemas

# transformers and timm import torchvision where it is installed; this must come first
declare_missing_schemas()
