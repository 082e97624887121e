"""Frozen tower features of every distinct image, by the sha256 of its bytes: `data/features/`."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from bettersynth.data.files.reading import read_array, read_table
from bettersynth.data.files.writing import write_table
from bettersynth.errors import UserError

FEATURES = Path("data/features")
# of new pictures, which the stage draw makes
DRAWN_FEATURES = Path("data/draw/features")
# of each folder of features
INDEX = "index.parquet"


def write_index(folder: Path, sha256s: Sequence[str]) -> None:
    """Write which image each row of the arrays belongs to.

    It goes last: a folder without an index holds no features.
    """
    # imported here: operators know this store, and reading them all is to cost little
    import pyarrow as pa

    write_table(folder / INDEX, pa.table({"sha256": pa.array(sha256s, pa.string())}))


class FeatureStore:
    """Read-only, memory-mapped; rows are positions in `index.parquet`, those of a further folder
    behind those of the folders before it.

    Opened lazily in each process, so that it can be handed to workers.
    """

    def __init__(self, *folders: str | Path):
        self.folders = [Path(folder) for folder in folders or (FEATURES,)]
        # of each folder its first row, and behind the last
        self._starts: list[int] = [0]
        self._rows: dict[str, int] | None = None
        self._arrays: dict[Path, np.ndarray] = {}

    def __getstate__(self) -> dict[str, Any]:
        return {"folders": self.folders}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.folders = state["folders"]
        self._starts = [0]
        self._rows = None
        self._arrays = {}

    def _index(self) -> dict[str, int]:
        if self._rows is None:
            rows: dict[str, int] = {}
            starts = [0]
            for folder in self.folders:
                path = folder / INDEX
                if not path.exists():
                    raise UserError(f"{path} does not exist; run `snakemake --cores all {path}`")
                sha256s = read_table(path).column("sha256").to_pylist()
                for row, sha256 in enumerate(sha256s, starts[-1]):
                    rows.setdefault(sha256, row)
                starts.append(starts[-1] + len(sha256s))
            self._rows = rows
            self._starts = starts
        return self._rows

    def __len__(self) -> int:
        self._index()
        return self._starts[-1]

    def __contains__(self, sha256: str) -> bool:
        return sha256 in self._index()

    def row(self, sha256: str) -> int:
        """Return the row of the image with these bytes.

        Raises:
            UserError: the image was not there when the features were made.
        """
        try:
            return self._index()[sha256]
        except KeyError:
            raise UserError(
                f"{self.folders[0]} has no features of image sha256 {sha256}; "
                "run `python -m bettersynth.steps.features`"
            ) from None

    def rows(self, sha256s: Iterable[str]) -> np.ndarray:
        """Return int64 rows `[images]`, in the order asked for."""
        return np.array([self.row(sha256) for sha256 in sha256s], dtype=np.int64)

    def low_res(self, rows: Sequence[int] | np.ndarray) -> np.ndarray:
        """Return float16 `[rows, 16, 320]`: rows, tokens, channels."""
        return self._read("low_res", rows)

    def high_res(self, rows: Sequence[int] | np.ndarray) -> np.ndarray:
        """Return float16 `[rows, 8, 8, 496]`: rows, height, width, channels."""
        return self._read("high_res", rows)

    def pooled(self, rows: Sequence[int] | np.ndarray) -> np.ndarray:
        """Return float32 `[rows, 1280]`."""
        return self._read("pooled", rows)

    def _read(self, name: str, rows: Sequence[int] | np.ndarray) -> np.ndarray:
        wanted = np.asarray(rows, dtype=np.int64)
        self._index()
        first_behind = self._starts[1]
        values = np.asarray(self._array(0, name)[np.minimum(wanted, first_behind - 1)])
        for number, start in enumerate(self._starts[1:-1], 1):
            inside = (wanted >= start) & (wanted < self._starts[number + 1])
            if inside.any():
                values[inside] = self._array(number, name)[wanted[inside] - start]
        return values

    def _array(self, number: int, name: str) -> np.ndarray:
        """Return an array of one of the folders."""
        path = self.folders[number] / f"{name}.npy"
        if path not in self._arrays:
            length = self._starts[number + 1] - self._starts[number]
            # mapped, not read: a batch needs a few rows of gigabytes
            self._arrays[path] = read_array(path, length)
        return self._arrays[path]
