"""The frame clock with clocks of our own: what is drawn when, at which cost, and what must wait."""

import pytest

from gui.session.frame_clock import (
    BURST_SECONDS,
    FRAME_SECONDS,
    IDLE_PHASE,
    SETTLE_SECONDS,
    TEXT_SECONDS,
    FrameClock,
)
from tests.gui.clock import Clock


class Drawing:
    """Something that is drawn, which takes as long as it is told."""

    share = 1e9  # so that what it costs makes it no rarer

    def __init__(self, frames, name="drawing", frames_between=1, settles=False):
        self.frames, self.name, self.frames_between = frames, name, frames_between
        self.settles, self.is_stale, self.is_shown = settles, True, True
        self.prepare_seconds = self.present_seconds = 0.0
        self.done = []
        frames.frame_begun.connect(self.on_frame_begun)

    def on_frame_begun(self):
        self.is_stale = True
        self.frames.request(self)

    def objectName(self):
        return self.name

    def is_seen(self):
        return self.is_shown

    def prepare(self, carefully):
        self.is_stale = False
        self.done.append("carefully" if carefully else "prepare")
        self.frames.spend(self.prepare_seconds)

    def present(self):
        self.done.append("present")
        self.frames.spend(self.present_seconds)

    def write(self):
        self.done.append("write")

    @property
    def drawn(self):
        return self.done.count("present")


class Frames(FrameClock):
    """A frame clock whose time goes on when it is told; a new state comes with every tick."""

    def __init__(self):
        self.time = Clock()
        super().__init__(clock=self.time, cpu_clock=self.time)
        self.has_news = True
        self.new_state = self.begin_frame
        self.ticked.connect(lambda: self.has_news and self.new_state())
        self.texts = 0
        self.text_due.connect(self.on_text_due)

    def on_text_due(self):
        self.texts += 1

    def spend(self, seconds):
        self.time.spend(seconds)

    def run_frame(self, painting=0.0):
        """Tick, paint for so many seconds, run what fits, and wait for the next tick."""
        began = self.time.now
        self.tick()
        self.spend(painting)
        self.run_next()
        self.frame_shown()
        self.time.now = max(self.time.now, began + FRAME_SECONDS)


@pytest.fixture
def frames(qapp):
    made = Frames()
    yield made
    made.stop()


@pytest.fixture
def training(frames):
    frames.set_training(True)
    return frames


@pytest.fixture
def wordless(training):
    """Training, of which nothing is written."""
    training.new_state = training.frame_begun.emit
    return training


# while nothing trains


def test_everything_is_drawn_and_written_at_once_while_nothing_trains(frames):
    every, third = Drawing(frames), Drawing(frames, frames_between=3)
    for n in range(1, 4):
        frames.begin_frame()
        assert every.done == third.done == ["prepare", "present", "write"] * n
        assert frames.texts == n


def test_what_is_not_seen_is_not_drawn_and_stays_stale(frames):
    hidden = Drawing(frames)
    hidden.is_shown = False
    frames.begin_frame()
    assert hidden.done == []
    assert hidden.is_stale
    hidden.is_shown = True
    frames.draw_now(hidden)
    assert not hidden.is_stale


def test_what_settles_is_drawn_carefully_once_a_moment_after_the_last_change(qtbot, frames):
    frames.start()
    frames.has_news = False
    settling, other = Drawing(frames, settles=True), Drawing(frames)
    frames.begin_frame()
    frames.begin_frame()
    assert "carefully" not in settling.done
    qtbot.waitUntil(lambda: "carefully" in settling.done)
    assert settling.done.count("carefully") == 1
    assert settling.done[-3:] == ["carefully", "present", "write"]
    qtbot.wait(round(2_000 * SETTLE_SECONDS))
    assert settling.done.count("carefully") == 1
    assert "carefully" not in other.done


def test_nothing_settles_while_training_goes_on_or_the_clock_stands(qtbot, frames):
    standing = Drawing(frames, settles=True)
    frames.begin_frame()
    frames.has_news = False
    frames.start()
    frames.begin_frame()
    frames.set_training(True)
    qtbot.wait(round(2_000 * SETTLE_SECONDS))
    assert "carefully" not in standing.done


def test_what_is_forgotten_is_drawn_no_longer(training):
    gone = Drawing(training, frames_between=2)
    training.run_frame()
    training.frame_begun.disconnect(gone.on_frame_begun)
    training.request(gone)
    training.forget(gone)
    before = list(gone.done)
    for _ in range(5):
        training.run_frame()
    assert gone.done == before


# while training


def test_one_is_drawn_in_every_frame_and_one_other_beside_it_and_none_is_left_out(training):
    every = Drawing(training, "every")
    others = [Drawing(training, f"{k}", between) for k, between in enumerate((3, 3, 3, 3, 6))]
    for n in range(1, 121):
        training.run_frame()
        assert every.drawn == n
        assert sum(other.drawn for other in others) <= n
    counts = [other.drawn for other in others]
    assert sum(counts) + training.texts == 120  # a frame that writes texts draws no other
    assert max(counts[:4]) - min(counts[:4]) <= 1
    assert counts[4] == min(counts) >= 12


def test_what_is_drawn_in_turn_is_drawn_once_a_change(training):
    drawing = Drawing(training, frames_between=2)
    for _ in range(4):
        training.run_frame()
    training.has_news = False
    for _ in range(10):
        training.run_frame()
    before = drawing.drawn
    assert not drawing.is_stale
    for _ in range(10):
        training.run_frame()
    assert drawing.drawn == before


def test_where_new_states_are_rare_everything_is_drawn_soon_after_each(training):
    drawings = [Drawing(training, f"{k}", 3) for k in range(4)]
    for n in range(1, 4):
        training.has_news = True
        training.run_frame()
        training.has_news = False
        for _ in range(6):
            training.run_frame()
        assert [drawing.drawn for drawing in drawings] == [n] * 4


def test_a_frame_draws_no_text_of_what_it_draws(training):
    drawing = Drawing(training)
    training.run_frame()
    training.run_frame()
    assert drawing.done == ["prepare", "present"] * 2


def test_what_changes_while_a_scene_waits_to_be_drawn_is_drawn_later(training):
    drawing = Drawing(training, frames_between=2)
    drawing.prepare_seconds = 0.005
    while drawing.done[-1:] != ["prepare"] or drawing.drawn == 0:
        training.run_frame()
    training.begin_frame()
    drawing.done.clear()
    training.has_news = False
    for _ in range(10):
        training.run_frame()
    assert drawing.done == ["present", "prepare", "present"]


def test_what_takes_long_to_compute_is_drawn_in_the_next_turn_and_what_does_not_at_once(training):
    for seconds, parts in ((0.005, 1), (0.001, 2)):
        drawing = Drawing(training, f"{seconds}", frames_between=2)
        drawing.prepare_seconds = seconds
        for _ in range(4):
            training.run_frame()
        for _ in range(8):
            before = len(drawing.done)
            training.run_frame()
            assert len(drawing.done) - before in {0, parts}
        training.frame_begun.disconnect(drawing.on_frame_begun)


def test_a_scene_that_was_hidden_before_it_could_be_drawn_is_stale_again(training):
    drawing = Drawing(training, frames_between=2)
    drawing.prepare_seconds = 0.005
    while drawing.done[-1:] != ["prepare"] or drawing.drawn == 0:
        training.run_frame()
    training.has_news = drawing.is_shown = False
    assert not drawing.is_stale
    before = drawing.drawn
    training.run_frame()
    assert drawing.is_stale
    assert drawing.drawn == before


# cost


def test_a_turn_waits_for_a_frame_that_leaves_it_time_but_not_for_ever(wordless):
    training = wordless
    drawing = Drawing(training, frames_between=4)
    drawing.present_seconds = 0.008
    training.run_frame(0.012)  # what it costs is not known yet
    assert drawing.drawn == 1

    def drawn_after(painting):
        return [training.run_frame(seconds) or drawing.drawn for seconds in painting]

    full, free = 0.012, 0.007
    assert drawn_after([full] * 5) == [1] * 5
    assert drawn_after([free]) == [2]
    assert drawn_after([full] * 8) == [2] * 7 + [3]  # after twice its interval


def test_where_the_longest_waiting_has_no_time_a_shorter_one_is_drawn(wordless):
    training = wordless
    long, short = Drawing(training, "long", 20), Drawing(training, "short", 2)
    long.present_seconds, short.present_seconds = 0.009, 0.002
    training.run_frame()
    training.run_frame()
    assert (long.drawn, short.drawn) == (1, 1)
    for _ in range(30):
        training.run_frame(0.010)
    assert long.drawn == 1
    assert short.drawn > 8


def test_what_took_long_once_is_forgotten_slowly(wordless):
    training = wordless
    drawing = Drawing(training, frames_between=1_000)

    def draw(seconds, painting):
        drawing.present_seconds = seconds
        for _ in range(1_000):
            training.run_frame(0.016)
        before = drawing.drawn
        training.run_frame(painting)
        return drawing.drawn > before

    assert draw(0.010, 0.0)
    for _ in range(5):
        assert draw(0.001, 0.0)
    cost = 0.001 + 0.009 * 0.9**5  # 6.3 milliseconds, of 16.5
    assert not draw(0.001, 0.0165 - cost + 1e-4)
    training.run_frame(0.0165 - cost - 1e-4)
    assert drawing.drawn == 8  # the first at the first sight


def test_what_needs_more_than_its_share_of_the_processor_is_drawn_less_often(frames):
    drawing = Drawing(frames, frames_between=3)
    drawing.share, drawing.prepare_seconds, drawing.present_seconds = 0.15, 0.1, 0.1399
    frames.begin_frame()
    assert frames.frames_between(drawing) == 100  # 0.24 s of every 1.6 are 15 %
    frames.draw_now(drawing, carefully=True)
    drawing.prepare_seconds = 10.0
    frames.draw_now(drawing, carefully=True)
    assert frames.frames_between(drawing) == 100
    drawing.prepare_seconds = drawing.present_seconds = 0.0
    frames.begin_frame()
    assert frames.frames_between(drawing) == 3


def test_one_that_costs_too_much_for_every_frame_is_drawn_in_turn(frames):
    drawing = Drawing(frames)
    drawing.share, drawing.present_seconds = 0.25, 0.006
    frames.begin_frame()
    frames.set_training(True)
    frames.new_state = frames.frame_begun.emit
    before = drawing.drawn
    for _ in range(20):
        frames.run_frame()
    assert drawing.drawn - before == 10


# texts


def test_texts_are_written_ten_times_a_second_while_training(training):
    for _ in range(round(10.0 / FRAME_SECONDS)):
        training.run_frame()
    interval = FRAME_SECONDS * -(-TEXT_SECONDS // FRAME_SECONDS)  # the first frame after
    assert training.texts == pytest.approx(10.0 / interval, abs=1)


def test_a_text_between_two_others_is_written_though_no_frame_follows(training):
    training.run_frame()
    training.run_frame()
    assert training.texts == 1
    training.has_news = False
    for _ in range(10):
        training.run_frame()
    assert training.texts == 2


def test_texts_wait_for_a_frame_that_leaves_them_time(training):
    training.text_due.connect(lambda: training.spend(0.006))
    training.run_frame()
    assert training.texts == 1
    texts = []
    for _ in range(12):
        training.run_frame(0.012)
        texts.append(training.texts)
    assert texts == [1] * 11 + [2]  # late, twice the time after the first
    for _ in range(7):
        training.run_frame()
    assert training.texts == 3


def test_where_every_tick_comes_late_texts_and_other_panels_still_have_their_turns(training):
    other = Drawing(training, frames_between=3)
    for _ in range(60):  # the next tick is due before the rest of the frame could run
        training.tick()
        training.spend(2.0 * FRAME_SECONDS)
    assert training.texts >= 5
    assert other.drawn >= 5


def test_a_pause_draws_and_writes_all_that_waits(training):
    drawing = Drawing(training, frames_between=50)
    training.run_frame()
    training.run_frame()
    training.run_frame()
    drawn, texts = drawing.drawn, training.texts
    training.set_training(False)
    assert (drawing.drawn, training.texts) == (drawn + 1, texts + 1)


def test_the_real_timers_draw_and_write_behind_the_frames(qtbot, training):
    drawing = Drawing(training, frames_between=3)
    training.ticked.connect(lambda: training.spend(FRAME_SECONDS))
    training.start()
    qtbot.waitUntil(lambda: drawing.drawn >= 4 and training.texts >= 2)


# what the training thread asks


def test_a_burst_ends_while_the_window_is_idle():
    clock = Clock()
    frames = FrameClock(clock=clock)
    for _ in range(3):
        clock.now += FRAME_SECONDS
        frames.tick()
    for phase in (0.0, 0.1, 0.35, 0.5, 0.65, 0.79, 0.81, 0.99, 1.3):
        clock.now += phase * FRAME_SECONDS
        assert frames.is_idle() == (phase % 1.0 >= IDLE_PHASE[0])
        bursts = 0
        while True:
            seconds = frames.burst_seconds()
            assert 0.0 < seconds <= 1.25 * BURST_SECONDS
            clock.now += seconds
            bursts += 1
            if frames.is_idle():
                break
        assert bursts <= 4
        assert frames.burst_seconds() > 0.3 * FRAME_SECONDS
        clock.now = 200.0 + phase
        frames.tick()
        clock.now += FRAME_SECONDS
        frames.tick()


def test_without_steady_ticks_bursts_have_one_length_and_any_time_will_do():
    clock = Clock()
    frames = FrameClock(clock=clock)
    assert (frames.is_idle(), frames.burst_seconds()) == (True, BURST_SECONDS)
    frames.tick()
    clock.now += FRAME_SECONDS / 4.0  # far too soon: not the window's own timer
    frames.tick()
    assert (frames.is_idle(), frames.burst_seconds()) == (True, BURST_SECONDS)
    clock.now += FRAME_SECONDS
    frames.tick()
    assert not frames.is_idle()
    clock.now += 3.0 * FRAME_SECONDS  # the window draws no longer
    assert (frames.is_idle(), frames.burst_seconds()) == (True, BURST_SECONDS)
