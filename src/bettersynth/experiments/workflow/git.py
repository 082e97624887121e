"""Asking git about the repository that this folder lies in."""

from __future__ import annotations

import subprocess


def git_bytes(*words: str) -> bytes | None:
    """Return what a git command prints, None where it fails."""
    done = subprocess.run(["git", *words], check=False, capture_output=True)
    return None if done.returncode else done.stdout


def git_text(*words: str) -> str:
    """Return what a git command prints, as text; "" where it fails.

    A file's name may be in any encoding: bytes that are no UTF-8 come as half surrogates.
    """
    return (git_bytes(*words) or b"").decode(errors="surrogateescape")


def git_succeeds(*words: str) -> bool:
    """Return whether a git command ends without an error."""
    return git_bytes(*words) is not None
