from gui.session.pacing import BURST_SECONDS, FRAME_SECONDS, LULL, Beat
from tests.gui.clock import Clock


def test_a_burst_ends_in_the_lull_of_a_steady_beat():
    clock = Clock()
    beat = Beat(clock)
    for _ in range(3):
        clock.now += FRAME_SECONDS
        beat.tick()
    for phase in (0.0, 0.1, 0.35, 0.5, 0.65, 0.79, 0.81, 0.99, 1.3):
        clock.now += phase * FRAME_SECONDS
        assert beat.is_idle() == (phase % 1.0 >= LULL[0])
        bursts = 0
        while True:
            seconds = beat.burst_seconds()
            assert 0.0 < seconds <= 1.25 * BURST_SECONDS
            clock.now += seconds
            bursts += 1
            if beat.is_idle():
                break
        assert bursts <= 4
        assert beat.burst_seconds() > 0.3 * FRAME_SECONDS
        clock.now = 200.0 + phase
        beat.tick()
        clock.now += FRAME_SECONDS
        beat.tick()


def test_without_a_steady_beat_bursts_have_one_length_and_any_time_will_do():
    clock = Clock()
    beat = Beat(clock)
    assert (beat.is_idle(), beat.burst_seconds()) == (True, BURST_SECONDS)
    beat.tick()
    clock.now += FRAME_SECONDS / 4.0  # far too soon: not the window's own timer
    beat.tick()
    assert (beat.is_idle(), beat.burst_seconds()) == (True, BURST_SECONDS)
    clock.now += FRAME_SECONDS
    beat.tick()
    assert not beat.is_idle()
    clock.now += 3.0 * FRAME_SECONDS  # the window draws no longer
    assert (beat.is_idle(), beat.burst_seconds()) == (True, BURST_SECONDS)
