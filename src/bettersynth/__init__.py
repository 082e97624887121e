"""Which image-text pairs, filtered and recaptioned how, make the best small model?"""

__version__ = "0.1.0"
