"""MMBench and TextVQA: building, reading, prompting, judging an answer."""
