"""bettersynth: which image-text pairs, filtered and recaptioned how, make the best small vision-language model?"""

__version__ = "0.1.0"
