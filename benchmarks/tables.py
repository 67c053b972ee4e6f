"""How long a large table takes to read, beside pandas that is told the dialect.

Run ``python -m benchmarks.tables``. The two take turns in one process, over a file of a million
rows and 30 columns of numbers that is written first (or ``--rows``, ``--digits`` of each number).
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from core.data.reading.table_reader import read_table

COLUMNS, AIM = 30, 1.5


def seconds(read: Callable[[], object]) -> tuple[float, float]:
    """Return how long a call takes by the clock, and how long of the processors' time."""
    began, busy = time.perf_counter(), time.process_time()
    read()
    return time.perf_counter() - began, time.process_time() - busy


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--digits", type=int, default=5)
    parser.add_argument("--turns", type=int, default=5)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "numbers.csv")
        values = np.random.default_rng(0).normal(size=(arguments.rows, COLUMNS))
        names = [f"x{j}" for j in range(COLUMNS)]
        frame = pd.DataFrame(values.round(arguments.digits), columns=names)
        frame.to_csv(path, index=False)
        print(f"{os.path.getsize(path) / 1e6:.0f} MB")
        read_table(path)  # what is compiled is kept
        turns = [
            (seconds(lambda: pd.read_csv(path)), seconds(lambda: read_table(path)))
            for _ in range(arguments.turns)
        ]
    for k, kind in enumerate(("by the clock", "of the processors")):
        theirs, mine = (statistics.median(turn[who][k] for turn in turns) for who in (0, 1))
        ratio = statistics.median(turn[1][k] / turn[0][k] for turn in turns)
        print(f"{kind:18} pandas {theirs:.2f} s, here {mine:.2f} s: {ratio:.2f} (aim {AIM})")


if __name__ == "__main__":
    main()
