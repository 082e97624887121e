"""What the operators measure with: protocols, score cache, helpers for texts, pictures and models."""
