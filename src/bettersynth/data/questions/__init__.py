"""What instruction data, benchmarks and the language model share: prompts, signs, OCR."""
