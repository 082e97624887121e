"""What of the training data the benchmarks already hold: their pictures, questions and answers."""
