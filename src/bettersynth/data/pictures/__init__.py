"""One decoding rule, the zip that carries pictures, perceptual hashes."""
