"""Kills programs while they save, and sees that what they had saved is whole.

``python -m tests.kills 1000`` forks a thousand programs, each of which trains and saves a session
and an autosave again and again, and kills each with SIGKILL at a random moment. After every kill
the session and the autosave must open and hold a state that was saved, to the last bit, no older
than the one before the kill. At the end nothing may lie there that a later start does not clear.
"""

from __future__ import annotations

import contextlib
import os
import random
import signal
import sys
import tempfile
import time
from pathlib import Path

from core.data.saving import clear_noted, write_noted
from core.experiment.experiment import experiment_from_mapping
from core.run.autosaves import Autosaver, clear_old_autosaves, kept_autosaves, read_autosave
from core.run.resuming import resumed_run
from core.run.run import start_run
from core.run.saved_history import SavedHistory
from core.run.session_file import SavedSession, read_session, write_session

EXPERIMENT = experiment_from_mapping({"data": {"rows": 60}, "model": {"hidden": [32, 32]}})
STEPS = 3
LONGEST = 0.08  # seconds until the kill


def saved_of(run):
    history = run.history
    return SavedSession(
        EXPERIMENT, state=history.latest, engine="numpy engine", history=SavedHistory.of(history)
    )


def work(folder: Path, ready: int, fresh) -> None:
    """Train and save without end; a byte for each session that is on the disk."""
    run, saver = fresh, Autosaver(folder / "autosaves")
    while True:
        history = run.history
        history.record_state(history.engine.burst(history.problem, history.latest, STEPS).state)
        history.metrics.append(history.latest.step, 0.0, {"train.loss": 0.5})
        saved, path = saved_of(run), folder / "mine.credence"
        write_noted(folder / "notes", path, lambda s=saved, p=path: write_session(p, s))
        saver.write(saved, history)
        os.write(ready, b".")


def check(path: Path, read, states, dataset, least: int) -> int:
    saved = read(path)
    run = resumed_run(EXPERIMENT, dataset, saved.state, past=saved.history)
    step = run.history.latest.step
    assert step >= least, f"step {step} is older than {least}"
    for each in {0, step // 2, step}:
        assert run.history.state_at(each).same_bits(states.state_at(each)), f"step {each}"
    return step


def kill_one(folder: Path, generator: random.Random, fresh, truth) -> int:
    """Fork, kill and check; return how many saves there had been."""
    told, ready = os.pipe()
    child = os.fork()
    if not child:
        os.close(told)
        with contextlib.suppress(BaseException):
            work(folder, ready, fresh)
        os._exit(1)
    os.close(ready)
    os.read(told, 1)
    time.sleep(generator.uniform(0.0, LONGEST))
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    saves = 1
    while piece := os.read(told, 4096):
        saves += len(piece)
    os.close(told)
    while truth.latest.step < STEPS * (saves + 2):
        truth.record_state(truth.engine.burst(truth.problem, truth.latest, STEPS).state)
    least = STEPS * saves
    check(folder / "mine.credence", read_session, truth, fresh.dataset, least)
    newest = max(
        (kept.path for kept in kept_autosaves(folder / "autosaves")),
        key=lambda path: path.stat().st_mtime_ns,
    )
    check(newest, read_autosave, truth, fresh.dataset, least)
    return saves


def leftovers(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file() and ".tmp" in path.name]


def main(kills: int, seed: int) -> int:
    generator = random.Random(seed)
    fresh, truth = start_run(EXPERIMENT), start_run(EXPERIMENT).history
    saves = left = 0
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for number in range(kills):
            saves += kill_one(folder, generator, fresh, truth)
            if number % 20 == 19 or number == kills - 1:
                left += len(leftovers(folder))
                for path in [*folder.rglob("*"), folder]:
                    os.utime(path, (1e9, 1e9))
                clear_noted(folder / "notes")
                clear_old_autosaves(folder / "autosaves")
                assert leftovers(folder) == []
                assert not list((folder / "notes").iterdir())
                assert len(kept_autosaves(folder / "autosaves")) <= 10
    print(f"{kills} kills during {saves} saves; {left} temporary files left and cleared")
    return 0


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 0))
