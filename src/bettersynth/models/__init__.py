"""Everything with weights: architecture, training, answering, backbones, captioners."""
