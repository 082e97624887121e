"""What operators measure with: protocols, score cache; texts, pictures and models."""
