"""The challenge's files in miniature, for `experiment=mgm_2b_dry`.

Formats and architectures are the same; pictures are drawn, weights random.
"""
