"""Absorbed patch info mining against keys and values projected for every cell, forward and
backward, at the reference's real widths.

    PYTHONPATH=src python benchmarks/mining.py     (about 1 minute on one core)

One picture of MGM-2B: 1024-wide tokens, each with a window of 8 x 8 cells of 2880 channels. `--grid
24` is the whole picture (about 4 minutes).
"""

from __future__ import annotations

import argparse

import torch
from ratios import compare
from torch import Tensor

from bettersynth.models.architecture.patch_info_mining import PatchInfoMining, windows


def plain(mining: PatchInfoMining, low_res: Tensor, high_res: Tensor) -> Tensor:
    """Return what the tokens mine in the paper's form: keys and values of each are projected.

    `low_res` is `[N, tokens, C]`, `high_res` `[N, S, S, A]`; the result is shaped as `low_res`.
    """
    cells = windows(high_res, low_res.shape[1])
    query, key, value = mining.query(low_res), mining.aux(cells), mining.val(cells)
    weights = (torch.matmul(key, query.unsqueeze(-1)).squeeze(-1) / query.shape[-1] ** 0.5).softmax(
        -1
    )
    return torch.matmul(weights.unsqueeze(-2), value).squeeze(-2)


def main() -> None:
    """Time patch info mining beside the plain form, forward and backward."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--grid", type=int, default=12, help="tokens a side; the reference has 24")
    grid = parser.parse_args().grid
    for title, width, channels, window in (
        ("real widths", 1024, 2880, 8),
        ("nano's widths", 320, 496, 2),
    ):
        torch.manual_seed(0)
        side, images = (grid, 1) if width == 1024 else (4, 32)
        mining = PatchInfoMining(width, channels)
        low_res, high_res = (
            torch.randn(images, side * side, width),
            torch.randn(images, side * window, side * window, channels),
        )

        def run(
            form: object,
            inputs: tuple[Tensor, Tensor] = (low_res, high_res),
            part: PatchInfoMining = mining,
        ) -> dict[str, Tensor]:
            part.zero_grad()
            output = part(*inputs) if form is None else plain(part, *inputs)
            output.square().mean().backward()
            return {"output": output, "gradient": part.val[1].weight.grad}

        shape = (
            f"{images} x {side * side} tokens of {width}, {window * window} cells of {channels} "
            f"each"
        )
        compare(
            f"mining, {title}: {shape}",
            {"plain": lambda r=run: r("plain"), "absorbed": lambda r=run: r(None)},
        )


if __name__ == "__main__":
    main()
