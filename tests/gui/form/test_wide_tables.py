"""Ten thousand columns: what every change of the run does takes time in proportion to them."""

import time

from core.data.data_knobs import DataChoices
from gui.form.data_editors import ColumnChoices
from gui.widgets.controls import ComboBox


def seconds(do):
    began = time.perf_counter()
    do()
    return time.perf_counter() - began


class Named:
    def __init__(self, name):
        self.name = name


class RunOf:
    def __init__(self, names):
        self.dataset = type("D", (), {"features": [Named(n) for n in names], "target": "label"})


class SessionOf:
    def __init__(self, count):
        signal = type("S", (), {"connect": lambda self, slot: None})()
        self.run_changed, self.run = signal, RunOf([f"c{j}" for j in range(count)])
        self.experiment = type("E", (), {"data": DataChoices(path="wide.csv")})


def test_columns_are_collected_in_linear_time(qapp):
    few, many = SessionOf(1_000), SessionOf(20_000)
    choices = ColumnChoices(many)
    assert choices.names == (*(f"c{j}" for j in range(20_000)), "label")
    assert len(choices.features) == 20_000
    slow = min(seconds(lambda: ColumnChoices(many)) for _ in range(3))
    quick = min(seconds(lambda: ColumnChoices(few)) for _ in range(3))
    assert slow < 100 * quick + 0.01  # in quadratic time it would be 400 times as much


def test_the_same_choices_are_not_offered_again(qtbot):
    box = ComboBox()
    qtbot.addWidget(box)
    choices = [(f"c{j}", j) for j in range(10_000)]
    first = seconds(lambda: box.offer(choices))
    box.show_value(7)
    again = min(seconds(lambda: box.offer(choices)) for _ in range(3))
    assert again < first / 5
    assert (box.count(), box.currentText()) == (10_000, "c7")
    box.offer([("a", 7), ("b", 8)])
    assert (box.count(), box.currentText()) == (2, "a")
    box.clear()
    box.offer([("a", 7), ("b", 8)])
    assert box.count() == 2
