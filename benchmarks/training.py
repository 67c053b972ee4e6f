"""Updates a second of our engine and of its peers, in one interleaved run, one thread, float32.

Run ``python -m benchmarks.training``; ``--coverage`` prints what is compiled, ``--cases 1,3`` picks
cases, ``--seconds`` is how long each contender trains for in each round.
"""

from __future__ import annotations

import argparse
import os
import platform
import statistics
import time
from collections.abc import Callable, Sequence

for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(_name, "1")
os.environ.setdefault("XLA_FLAGS", "--xla_cpu_multi_thread_eigen=false")

import numpy as np  # noqa: E402 - the number of threads is read when it is imported

from benchmarks.peers import PEERS, Case, Steps  # noqa: E402
from core.model.architecture import build_architecture  # noqa: E402
from core.training import engines  # noqa: E402
from core.training.compiled_engine import CompiledEngine, compiled_logits  # noqa: E402
from core.training.problem import Problem  # noqa: E402
from core.training.training_knobs import TrainingChoices  # noqa: E402

OURS = "Credence"


def _case(
    label: str, n: int, features: int, hidden: tuple[int, ...], batch: int, classes: int = 2,
    activation: str = "tanh", optimizer: str = "sgd", learning_rate: float = 0.05,
) -> Case:  # fmt: skip
    draw = np.random.default_rng(0)
    X = draw.normal(size=(n, features)).astype(np.float32)
    scores = X @ draw.normal(size=(features, classes)) + draw.normal(size=(n, classes))
    y = scores.argmax(axis=1).astype(np.int64)
    return Case(label, X, y, classes, hidden, activation, batch, optimizer, learning_rate)


CASES: dict[int, Callable[[], Case]] = {
    1: lambda: _case("logistic 2, 500 rows, batch 10", 500, 2, (), 10),
    2: lambda: _case("2-4-2-1 tanh, batch 10", 500, 2, (4, 2), 10),
    3: lambda: _case("2-8-8-1 tanh, batch 32, Adam", 500, 2, (8, 8), 32, 2, "tanh", "adam", 1e-3),
    4: lambda: _case("10-64-1 ReLU, batch 32, Adam", 1000, 10, (64,), 32, 2, "relu", "adam", 1e-3),
    5: lambda: _case("softmax 64-10, batch 64", 1797, 64, (), 64, 10),
    6: lambda: _case("30-64-1, 100k rows, batch 256", 100_000, 30, (64,), 256, 2, "relu"),
    7: lambda: _case("logistic 30, full batch of 1M", 1_000_000, 30, (), 1_000_000),
}


def our_steps(case: Case) -> Steps:
    """Return our own engine, one burst for all the steps asked for."""
    architecture = build_architecture(
        case.X.shape[1], case.classes, case.hidden, case.activation, "sigmoid"
    )
    choices = TrainingChoices(
        learning_rate=case.learning_rate, batch_size=case.batch, optimizer=case.optimizer
    )
    rows = case.X.astype(np.float64)
    problem = Problem(architecture, choices, rows, case.y, np.ones(len(case.y)))
    engines.make_engine_ready(problem)
    engine = CompiledEngine("float32")
    state = engine.start(problem, "glorot", 0)

    def run(steps: int) -> None:
        nonlocal state
        ended = engine.burst(problem, state, steps)
        assert ended.divergence is None
        state = ended.state

    return run


def _fitting(run: Steps, seconds: float, steps: int) -> int:
    """Return how many times `steps`, an epoch, fit the time; peers have then compiled for that."""
    taken = 0.0
    run(steps)
    while taken < seconds / 4 and steps < 2_000_000:
        run(steps)
        started = time.perf_counter()
        run(steps)
        taken = time.perf_counter() - started
        if taken < seconds / 4:
            steps *= 2 if taken > seconds / 16 else 4
    return steps


def measure(case: Case, rounds: int, seconds: float) -> dict[str, list[float]]:
    """Return each contender's updates a second, round by round, all taking turns."""
    contenders: dict[str, Steps] = {OURS: our_steps(case)}
    for name, peer in PEERS.items():
        run = peer(case)
        if run is not None:
            contenders[name] = run
    steps = {name: _fitting(run, seconds, case.steps_per_epoch) for name, run in contenders.items()}
    found: dict[str, list[float]] = {name: [] for name in contenders}
    for _ in range(rounds):
        for name, run in contenders.items():
            started = time.perf_counter()
            run(steps[name])
            found[name].append(steps[name] / (time.perf_counter() - started))
    return found


def _print_case(number: int, case: Case, found: dict[str, list[float]]) -> None:
    ours = found.pop(OURS)
    cells = [f"{statistics.median(ours):>12,.0f}"]
    for rates in found.values():
        ratio = statistics.median(a / b for a, b in zip(ours, rates, strict=True))
        cells.append(f"{statistics.median(rates):>11,.0f} {ratio:>6.1f}x")
    print(f"({number}) {case.label:<34}" + " |".join(cells), flush=True)


def print_surface() -> None:
    """Print how long a decision surface of a 2-8-8-1 network takes."""
    architecture = build_architecture(2, 2, (8, 8))
    engines.warm(engines.functions_for_logits(architecture, "float32"))
    parameters = architecture.initial_parameters("glorot", 0).astype(np.float32)
    for side in (100, 200):
        X = np.random.default_rng(0).normal(size=(side * side, 2))
        times = []
        for _ in range(101):
            started = time.perf_counter()
            compiled_logits(architecture, parameters, np.empty(0, np.float32), X)
            times.append(time.perf_counter() - started)
        middle, least = (1e3 * figure for figure in (statistics.median(times), min(times)))
        print(f"decision surface {side} x {side}: median {middle:.2f} ms, least {least:.2f}")


def print_coverage() -> None:
    """Print what is compiled and what numpy serves."""
    for kind, name, compiled in engines.coverage():
        print(f"{kind:<12}{name:<20}{'compiled' if compiled else 'numpy'}")


def main(arguments: Sequence[str] | None = None) -> None:
    """Time what is asked for and print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--coverage", action="store_true", help="print what is compiled")
    parser.add_argument("--cases", default="1,2,3,4,5,6,7")
    parser.add_argument("--rounds", type=int, default=11)
    parser.add_argument("--seconds", type=float, default=0.1)
    chosen = parser.parse_args(arguments)
    if chosen.coverage:
        print_coverage()
        return
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    print(f"{platform.processor() or platform.machine()}, one thread, float32, updates a second")
    print(f"{'':<38}{OURS:>12} |" + " |".join(f"{name:>19}" for name in PEERS))
    print_surface()
    for number in map(int, chosen.cases.split(",")):
        case = CASES[number]()
        _print_case(number, case, measure(case, chosen.rounds, chosen.seconds))


if __name__ == "__main__":
    main()
