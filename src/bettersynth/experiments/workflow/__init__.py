"""Composing settings, the stages of dvc.yaml, running an experiment."""
