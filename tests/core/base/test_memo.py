"""A memo computes once, keeps few, and keeps nothing alive that its owner has let go of."""

import gc
import threading
import weakref

import pytest

from core.base.memo import Memo, remembered


class Owner:
    def __init__(self):
        self.memo = Memo()
        self.calls = []


class Thing:
    """Compares by identity, as states and planes do."""


@remembered(most=2)
def noted(owner, *key, by=1):
    owner.calls.append((*key, by))
    return object()


def test_a_result_is_computed_once_for_equal_keys_and_anew_for_others():
    owner = Owner()
    assert noted(owner, 1) is noted(owner, 1)
    assert noted(owner, 1, by=2) is not noted(owner, 1)
    assert owner.calls == [(1, 1), (1, 2)]


def test_owners_share_nothing():
    one, other = Owner(), Owner()
    assert noted(one, 1) is not noted(other, 1)
    one.memo.clear()
    assert (len(one.memo), len(other.memo)) == (0, 1)


def test_what_was_used_least_recently_goes_first():
    owner = Owner()
    for key in (1, 2, 1, 3, 1, 2):  # 3 takes the place of 2, and 2 that of 3
        noted(owner, key)
    assert owner.calls == [(1, 1), (2, 1), (3, 1), (2, 1)]
    assert len(owner.memo) == 2


def test_names_are_bounded_one_by_one():
    memo = Memo()
    for k in range(10):
        memo.recall("few", k, object, most=1)
        memo.recall("many", k, object, most=8)
    assert len(memo) == 9


def test_an_exception_is_raised_again_and_not_kept():
    memo = Memo()

    def fail():
        raise ValueError

    for _ in range(2):
        with pytest.raises(ValueError):
            memo.recall("it", 0, fail)
    assert memo.recall("it", 0, lambda: 3) == 3


@pytest.mark.parametrize("let_go", [lambda owner: owner.memo.clear(), lambda owner: None])
def test_keys_and_results_go_with_the_owner_or_when_cleared_without_waiting_for_gc(let_go):
    gc.disable()
    try:
        owner, key = Owner(), Thing()
        owner.memo.recall("thing", key, Thing)
        result = weakref.ref(owner.memo.recall("thing", key, Thing))
        seen, key = weakref.ref(key), None
        assert seen() is not None
        assert result() is not None
        let_go(owner)
        owner = None
        assert seen() is None
        assert result() is None
    finally:
        gc.enable()


def test_an_owner_dies_although_its_memo_was_used():
    gc.disable()
    try:
        owner = Owner()
        noted(owner, 1)
        seen, owner = weakref.ref(owner), None
        assert seen() is None
    finally:
        gc.enable()


def test_a_key_that_fell_out_is_let_go_of():
    memo, key = Memo(), Thing()
    memo.recall("thing", key, Thing, most=1)
    seen, key = weakref.ref(key), None
    memo.recall("thing", Thing(), Thing, most=1)
    gc.collect()
    assert seen() is None


def test_threads_that_ask_at_once_get_the_same_result():
    memo, gate, found = Memo(), threading.Barrier(4), []

    def compute():
        gate.wait(10)  # all four compute before any result is kept
        return Thing()

    def ask():
        found.append(memo.recall("thing", 0, compute))

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({id(it) for it in found}) == 1
    assert len(found) == 4
