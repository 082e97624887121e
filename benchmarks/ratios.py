"""The clock that the speed benchmarks share: forms of one computation run in turns, medians of one
thread's CPU time, ratios.

Turns and medians, because a shared machine drifts; CPU time, because it hardly sees the neighbours.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Mapping

import torch
from torch import Tensor

Form = Callable[[], Mapping[str, Tensor]]


def compare(title: str, forms: Mapping[str, Form], rounds: int = 5, warm: int = 1) -> None:
    """Print each form's median milliseconds, its ratio to the first form, and how far its values
    lie from the first's.

    A form returns named values (a loss, gradients); `warm` unmeasured calls come first.
    """
    torch.set_num_threads(1)
    values: dict[str, Mapping[str, Tensor]] = {}
    for name, form in forms.items():
        for _ in range(warm):
            values[name] = {key: value.detach().float().clone() for key, value in form().items()}
    seconds: dict[str, list[float]] = {name: [] for name in forms}
    for _ in range(rounds):
        for name, form in forms.items():
            started = time.process_time()
            form()
            seconds[name].append(time.process_time() - started)
    plain, *_ = forms
    print(f"\n{title}")
    for name in forms:
        median = statistics.median(seconds[name])
        ratio = statistics.median(seconds[plain]) / median
        differences = []
        for key, value in values[name].items():
            differences.append(f"{key} {_difference(value, values[plain][key]):.1e}")
        apart = ", ".join(differences)
        print(
            (
                f"  {name:34s} {median * 1e3:9.1f} ms  {ratio:5.2f} x   apart: "
                f"{'-' if name == plain else apart}"
            ),
            flush=True,
        )


def _difference(value: Tensor, plain: Tensor) -> float:
    """The largest difference, as a share of the largest plain value."""
    return float((value - plain).abs().max() / plain.abs().max().clamp(min=1e-30))
