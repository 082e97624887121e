"""What nano's instruction data, benchmarks and language model share: prompt lines, wrong options, sign boards, OCR."""
