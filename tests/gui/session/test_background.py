"""Work that nobody wants any more keeps no worker from what is wanted."""

import threading

import pytest

from gui.session.background import MAX_POOLS, MAX_WORKERS, Background


@pytest.fixture
def background(qapp):
    made = Background()
    yield made
    made.close()


def test_bad_files_that_do_not_end_do_not_keep_the_next_one_waiting(qtbot, background):
    let_end = threading.Event()
    ended, failed = [], []
    try:
        for _ in range(MAX_WORKERS + 2):
            background.run("open", lambda: let_end.wait(60), ended.append, failed.append)
        background.run("open", lambda: "good", ended.append, failed.append)
        qtbot.waitUntil(lambda: ended == ["good"], timeout=10_000)
    finally:
        let_end.set()
    assert not failed


def test_workers_are_limited_all_the_same(qtbot, background):
    let_end = threading.Event()
    before = threading.active_count()
    try:
        for _ in range(200):
            background.run("open", lambda: let_end.wait(60), lambda _: None, lambda _: None)
        assert threading.active_count() - before <= MAX_WORKERS * MAX_POOLS
    finally:
        let_end.set()


def test_wanted_work_is_waited_for(qtbot, background):
    """Requests of other kinds supersede nothing; they share the workers."""
    let_end = threading.Event()
    ended = []
    before = threading.active_count()
    for k in range(MAX_WORKERS + 3):
        background.run(f"kind.{k}", lambda k=k: let_end.wait(60) and k, ended.append, ended.append)
    assert threading.active_count() - before <= MAX_WORKERS
    let_end.set()
    qtbot.waitUntil(lambda: len(ended) == MAX_WORKERS + 3, timeout=10_000)
    assert sorted(ended) == list(range(MAX_WORKERS + 3))
