"""The nano language model: its corpus, tokenizer, text tasks, training and measures."""
