"""One decoding rule, the shards that carry pictures, perceptual hashes."""
