"""What operators measure texts with: words, shingles, tokens, parses, language models."""
