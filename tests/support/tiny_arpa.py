"""An n-gram model of two words, as ARPA text."""

ARPA = """\\data\\
ngram 1=5
ngram 2=3

\\1-grams:
-1.0\t<unk>
0\t<s>\t-0.5
-0.7\t</s>
-0.8\ta\t-0.3
-0.9\tdog\t-0.2

\\2-grams:
-0.2\t<s> a
-0.4\ta dog
-0.1\tdog </s>

\\end\\
"""
