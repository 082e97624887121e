"""Nano's frozen towers, similarity scorer and captioner."""
