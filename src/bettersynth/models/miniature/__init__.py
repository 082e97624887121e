"""The challenge's files in miniature: the same formats and architectures, drawn pictures and random weights (`experiment=mgm_2b_dry`)."""
