"""How far two sets of pictures lie apart by their features: the Fréchet distance, called FID."""

from __future__ import annotations

import numpy as np

# a covariance needs two rows
FEWEST = 2


def frechet_distance(first: np.ndarray, second: np.ndarray) -> float:
    """Return the squared Fréchet distance of the normal distributions of two sets of features.

    `first` is `[n, width]`, `second` `[m, width]`, at least two rows each. 0 or more, 0 for equal
    sets; without a unit of its own, and larger the fewer rows there are: compare sets of one size.

    |m1 - m2|^2 + trace(C1 + C2 - 2 (C1 C2)^(1/2)), with means and covariances over n - 1.

    Source: Heusel et al., GANs Trained by a Two Time-Scale Update Rule (2017), which takes
    Inception's features.

    Raises:
        ValueError: fewer rows, or features of two widths.
    """
    if min(len(first), len(second)) < FEWEST or first.shape[1] != second.shape[1]:
        raise ValueError(f"features {first.shape} and {second.shape}: two rows of one width each")
    first = np.asarray(first, dtype=np.float64)
    second = np.asarray(second, dtype=np.float64)
    between = first.mean(axis=0) - second.mean(axis=0)
    # [width, width]
    first_covariance = np.cov(first, rowvar=False).reshape(first.shape[1], -1)
    second_covariance = np.cov(second, rowvar=False).reshape(first.shape[1], -1)
    root = _square_root(first_covariance)
    # C1 C2 and this symmetric product have the same eigenvalues, whose roots' sum is the trace;
    # the root of C1 C2 itself would be complex by rounding where there are few rows
    product = root @ second_covariance @ root
    eigenvalues = np.linalg.eigvalsh((product + product.T) / 2)
    shared = np.sqrt(np.clip(eigenvalues, 0, None)).sum()
    spread = np.trace(first_covariance) + np.trace(second_covariance) - 2 * shared
    return max(0.0, float(between @ between + spread))


def _square_root(covariance: np.ndarray) -> np.ndarray:
    """Return the symmetric square root of a covariance `[width, width]`."""
    eigenvalues, vectors = np.linalg.eigh(covariance)
    # below 0 by rounding alone
    return (vectors * np.sqrt(np.clip(eigenvalues, 0, None))) @ vectors.T
