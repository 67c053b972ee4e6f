"""Every panel checked twice: its scene against the parameters, and its widgets against the scene.

The figures are worked out from the flat parameters and the raw rows by `tests.core.scene_cases`,
which knows nothing of the scenes; what is on screen is read from labels, tables and curves.
"""

import math

import numpy as np
import pytest
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QLabel
from scipy.optimize import minimize_scalar
from scipy.special import expit, log_softmax, softmax
from scipy.stats import entropy
from sklearn import metrics
from sklearn.isotonic import IsotonicRegression

from core.base.arrays import SPLITS
from core.explain.planes import plane_of
from core.explain.ternary import CORNERS
from gui.panels.figures.figures_panel import SHOWN
from gui.style.theme import class_colour
from tests.core.network_by_hand import pass_by_hand
from tests.core.scene_cases import by_hand, inputs_by_hand, raw_rows, way_by_hand
from tests.gui.plot_readings import curve_through, dots_at

SINGLE = 2e-5  # states may be in single precision, the figures by hand never are


def number_in(text):
    """Return the number that a text shows."""
    cleaned = text.replace("\u2212", "-").replace("\u202f", "").replace("%", "")
    return float(cleaned.replace("∞", "inf").replace("–", "nan"))


def part_of(session, split):
    """Return labels and probabilities by hand of a part."""
    raw, labels = raw_rows(session.run, SPLITS.index(split))
    return labels, by_hand(session.run, session.state, raw)


def decided_by_hand(p, threshold):
    """Return the class decided: of two the second from the threshold on, else the likeliest."""
    return (p[:, 1] >= threshold).astype(int) if p.shape[1] == 2 else p.argmax(axis=1)


def judged_by_hand(session):
    """Return outcomes and probabilities of what is judged: class 1 of two, else the confidence."""
    labels, p = part_of(session, session.view.split)
    if p.shape[1] == 2:
        return (labels == 1).astype(int), p[:, 1]
    return (labels == p.argmax(axis=1)).astype(int), p.max(axis=1)


def ece_by_hand(happened, said, bins=15):
    """Return the expected calibration error in bins (low, high] of equal width."""
    total = 0.0
    for k in range(bins):
        low, high = k / bins, (k + 1) / bins
        inside = (said > low) & (said <= high) if k else said <= high
        total += abs(float(np.sum(happened[inside]) - np.sum(said[inside])))
    return total / len(said)


def mean_loss_by_hand(session, flat, code=0):
    """Return the mean cross-entropy of a part at parameters (p,), from its logits."""
    run = session.run
    raw, labels = raw_rows(run, code)
    inputs, K = inputs_by_hand(run, raw), run.dataset.n_classes
    z = pass_by_hand(run.experiment.model, flat, inputs, K).logits
    return -float(log_softmax(z, axis=1)[np.arange(len(labels)), labels].mean())


def check_boundary(panel, session):
    run, scene, view = session.run, panel.scene, session.view
    train, _ = raw_rows(run, 0)
    usual = [
        np.bincount(train[:, j].astype(int)).argmax() if feature.levels else train[:, j].mean()
        for j, feature in enumerate(run.dataset.features)
    ]
    surface = scene.surface
    rows = np.linspace(0, len(surface.y) - 1, 9).astype(int)
    columns = np.linspace(0, len(surface.x) - 1, 9).astype(int)
    raw = np.tile(np.array(usual, float), (81, 1))
    x, y = np.meshgrid(surface.x[columns], surface.y[rows])
    raw[:, view.x_axis], raw[:, view.y_axis] = x.ravel(), y.ravel()
    expected = by_hand(run, session.state, raw).reshape(9, 9, -1)
    found = surface.probabilities[np.ix_(rows, columns)]
    np.testing.assert_allclose(found, expected, rtol=1e-3, atol=SINGLE)
    raw, labels = raw_rows(run)
    wrong = decided_by_hand(by_hand(run, session.state, raw), view.threshold) != labels
    np.testing.assert_array_equal(scene.wrong, wrong)
    places = raw[:, [view.x_axis, view.y_axis]]
    np.testing.assert_allclose(scene.rows.points, places)
    # on screen
    np.testing.assert_allclose(panel.points.rings, places[wrong])
    right = number_in(panel.accessibleDescription().split(": ")[1].split(" of ")[0])
    assert right == pytest.approx(
        100.0 * metrics.accuracy_score(wrong, np.zeros(len(wrong))), abs=0.051
    )
    colours = np.array([QColor(class_colour(k)).getRgb()[:3] for k in range(expected.shape[2])])
    picture = panel.picture.image
    assert (picture.height(), picture.width()) == surface.probabilities.shape[:2]
    for k in range(len(colours)):
        i, j = np.unravel_index(expected[..., k].argmax(), (9, 9))
        if expected[i, j, k] > 0.8:  # sure enough to be seen
            pixel = QColor(picture.pixel(int(columns[j]), picture.height() - 1 - int(rows[i])))
            apart = np.linalg.norm(colours - pixel.getRgb()[:3], axis=1)
            assert apart.argmin() == k


def check_loss(panel, session):
    run, scene = session.run, panel.scene
    steps = run.history.metrics.column("step")
    if not len(steps):
        assert scene.lines == ()
        assert "play" in panel.reading.text()
        return
    recorded = int(steps[steps <= session.state.step][-1])
    flat = run.history.state_at(recorded).parameters
    shown = panel.reading.text().split("&nbsp;")
    for code, line in enumerate(scene.lines):
        assert line.split == SPLITS[code]
        assert line.last == pytest.approx(mean_loss_by_hand(session, flat, code), rel=1e-4)
        curve_through(panel.plot, line.x, line.y)
        assert f"{line.split} <b>{line.last:.3f}</b>" in shown[code]
        first = run.history.state_at(int(steps[0])).parameters
        assert line.y[0] == pytest.approx(mean_loss_by_hand(session, first, code), rel=1e-4)
    assert len(scene.lines) == 3


def check_reliability(panel, session):
    happened, said = judged_by_hand(session)
    scene = panel.scene
    fit = IsotonicRegression(out_of_bounds="clip").fit(said, happened)
    brier = float(np.mean((said - happened) ** 2))
    left = float(np.mean((fit.predict(said) - happened) ** 2))
    base = happened.mean() * (1.0 - happened.mean())
    assert scene.n_rows == len(said)
    assert scene.raw.ece == pytest.approx(ece_by_hand(happened, said), abs=1e-5)
    assert scene.raw.brier.score == pytest.approx(brier, abs=1e-5)
    assert scene.raw.brier.miscalibration == pytest.approx(brier - left, abs=1e-5)
    assert scene.raw.brier.discrimination == pytest.approx(base - left, abs=1e-5)
    assert scene.raw.brier.uncertainty == pytest.approx(base)
    np.testing.assert_allclose(
        np.interp(said, *scene.raw.curve.knots), fit.predict(said), atol=0.01
    )
    assert scene.counts.sum(axis=1).tolist() == [np.sum(happened == 0), np.sum(happened == 1)]
    # on screen
    curve_through(panel.plot, *scene.raw.curve.knots)
    text = panel.figures.text()
    for value in (scene.raw.ece, brier, brier - left, base - left, base):
        assert any(f"{near:.3f}" in text for near in (value, value + 1e-5, value - 1e-5))
    low, high = panel.diagram.low_columns
    full = scene.counts[0] > 0
    np.testing.assert_array_equal(low.opts["y1"], scene.counts[0][full])
    full = scene.counts[1] > 0
    np.testing.assert_array_equal(high.opts["y1"], scene.counts.sum(axis=0)[full])
    np.testing.assert_allclose(high.opts["x0"], np.flatnonzero(full) / 30.0)


def check_figures(panel, session):
    for split, part in zip(SPLITS, panel.scene.parts, strict=True):
        labels, p = part_of(session, split)
        choice = decided_by_hand(p, session.view.threshold)
        K = p.shape[1]
        several = {"average": "macro", "zero_division": np.nan} if K > 2 else {}
        precision = metrics.precision_score(labels, choice, **several)
        expected = {
            "accuracy": metrics.accuracy_score(labels, choice),
            "precision": precision,
            "recall": metrics.recall_score(labels, choice, **several),
            "auc": metrics.roc_auc_score(labels, p if K > 2 else p[:, 1], multi_class="ovr"),
            "log_loss": metrics.log_loss(labels, p),
            "brier": float(np.mean((p[:, 1] - (labels == 1)) ** 2))
            if K == 2
            else float(np.mean(np.sum((p - np.eye(K)[labels]) ** 2, axis=1))),
        }
        if K == 2:
            expected["f1"] = metrics.f1_score(labels, choice)
        for name, value in expected.items():
            assert getattr(part, name) == pytest.approx(value, abs=1e-4, nan_ok=True), name
        np.testing.assert_array_equal(part.confusion, metrics.confusion_matrix(labels, choice))
        for name in SHOWN:
            cell = panel.findChild(QLabel, f"figures.{split}.{name}")
            assert number_in(cell.text()) == pytest.approx(
                getattr(part, name), abs=5.1e-4, nan_ok=True
            )
    right = metrics.accuracy_score(
        (ours := part_of(session, session.view.split))[0],
        decided_by_hand(ours[1], session.view.threshold),
    )
    assert panel.accessibleDescription().startswith(f"{100 * right:.1f}\u202f%")


def check_rows(panel, session):
    raw, labels = raw_rows(session.run)
    p = by_hand(session.run, session.state, raw)
    choice = decided_by_hand(p, session.view.threshold)
    np.testing.assert_allclose(panel.scene.probabilities, p, rtol=1e-3, atol=SINGLE)
    np.testing.assert_array_equal(panel.scene.decided, choice)
    model, classes = panel.table.model(), session.run.dataset.classes
    titles = [column.title for column in model.columns]
    k = 1 if p.shape[1] == 2 else 0
    at, decided = titles.index(f"P({classes[k]})"), titles.index("decided")
    for line in (0, 7, model.rowCount() - 1):
        i = int(np.flatnonzero(session.run.prepared.rows == model.row_at(line))[0])
        assert number_in(model.index(line, at).data()) == pytest.approx(p[i, k], abs=5.1e-4)
        wrong = "" if choice[i] == labels[i] else " ✕"
        assert model.index(line, decided).data() == classes[choice[i]] + wrong


def check_network(panel, session):
    run, scene = session.run, panel.scene
    flat = session.state.parameters
    if scene.has_maps:
        x_low, x_high, y_low, y_high = plane_of(run, session.view).limits
        assert x_low < run.dataset.X[:, 0].min() < run.dataset.X[:, 0].max() < x_high
        assert y_low < run.dataset.X[:, 1].min() < run.dataset.X[:, 1].max() < y_high
        x, y = np.meshgrid(np.linspace(x_low, x_high, 20), np.linspace(y_low, y_high, 20))
        raw = np.column_stack([x.ravel(), y.ravel()])
    else:
        raw, _ = raw_rows(run, 0)
    way = way_by_hand(run, session.state, raw)
    outputs = [inputs_by_hand(run, raw), *way.a[:-1], way.probabilities]
    if way.a[-1].shape[1] == 1:
        outputs[-1] = way.probabilities[:, 1:]
    for column, values in zip(scene.columns, outputs, strict=True):
        shown = values[:, : len(column.units)]
        assert column.total == values.shape[1]
        np.testing.assert_allclose(column.low, shown.min(axis=0), rtol=1e-3, atol=1e-4)
        np.testing.assert_allclose(column.high, shown.max(axis=0), rtol=1e-3, atol=1e-4)
        if scene.has_maps and 0 <= column.layer < len(outputs) - 2:
            largest = np.abs(shown).max(axis=0)
            maps = (shown / largest).T.reshape(-1, 20, 20)
            np.testing.assert_allclose(column.pictures, maps, atol=1e-4)
    for links, place in zip(scene.links, way.places, strict=True):
        a, b = links.weights.shape
        for i in range(a):
            for j in range(b):
                total = scene.columns[links.target].total
                assert links.weights[i, j] == flat[place["weight"] + i * total + j]
    # on screen: the output's first bias is chosen until another is
    assert panel.bar.index == way.places[-1]["bias"]
    assert panel.bar.value.field.value() == pytest.approx(flat[panel.bar.index], abs=1e-3)
    assert panel.count.text() == str(len(run.experiment.model.hidden))


def check_functions(panel, session):
    scene = panel.scene
    np.testing.assert_allclose(scene.value, expit(scene.x), rtol=1e-12)
    np.testing.assert_allclose(scene.slope, expit(scene.x) * expit(-scene.x), rtol=1e-12)
    curve_through(panel.plot, scene.x, scene.value)
    curve_through(panel.plot, scene.x, scene.slope)
    z = scene.view.function_z
    dots_at(panel.plot, [z], [expit(z)])
    text = panel.accessibleDescription()
    assert f"value {expit(z):.4g}, slope {expit(z) * expit(-z):.4g}" in text


def check_by_class(panel, session):
    labels, p = part_of(session, session.view.split)
    errors = [ece_by_hand(labels == k, p[:, k]) for k in range(p.shape[1])]
    for k, tile in enumerate(panel.scene.tiles):
        assert (tile.of_class, tile.n_rows) == (k, len(labels))
        assert tile.raw.ece == pytest.approx(errors[k], abs=1e-5)
    assert panel.scene.ece[0] == pytest.approx(np.mean(errors), abs=1e-5)
    if p.shape[1] == 3:
        np.testing.assert_allclose(panel.scene.points, p @ CORNERS, atol=SINGLE)
    said = panel.says.text().split("ECE ")[1].split(": ")[0].split(" <")[0]
    assert number_in(said) == pytest.approx(np.mean(errors), abs=6e-4)
    assert len(panel.tiles.places()) == p.shape[1] + (p.shape[1] == 3)


def check_numbers(panel, session):
    happened, said = judged_by_hand(session)
    scene = panel.scene
    assert scene.answers[0].value == pytest.approx(
        ece_by_hand(happened, said, scene.bins), abs=1e-5
    )
    for bins in (1, 4, 15, 37, 100):
        assert scene.strip.width[bins - 1] == pytest.approx(
            ece_by_hand(happened, said, bins), abs=1e-4
        )
    curve_through(panel.plot, np.arange(1.0, 101.0), scene.strip.width)
    curve_through(panel.plot, np.arange(1.0, 101.0), scene.strip.chance)
    dots_at(panel.plot, [scene.bins], [scene.strip.width[scene.bins - 1]])
    model = panel.answers.model()
    for line, answer in enumerate(scene.answers):
        assert number_in(model.index(line, 1).data()) == pytest.approx(answer.value, abs=5.1e-5)
    assert f"The same {len(said)} rows" in panel.says.text()


def check_calibrators(panel, session):
    if session.experiment.calibration.method == "none":
        session.edit("calibration.method", "temperature")
    scene = panel.scene.of
    raw, labels = raw_rows(session.run, 1)
    z = way_by_hand(session.run, session.state, raw).logits
    rows = np.arange(len(labels))

    def loss_at(temperature):
        return -float(log_softmax(z / temperature, axis=1)[rows, labels].mean())

    for k in range(0, len(scene.grid), 13):
        assert scene.loss[k] == pytest.approx(loss_at(scene.grid[k]), rel=1e-3, abs=1e-5)
    best = minimize_scalar(
        lambda log: loss_at(math.exp(log)),
        bounds=(math.log(scene.grid[0]), math.log(scene.grid[-1])),
        method="bounded",
    )
    assert loss_at(scene.handles[0].fitted) == pytest.approx(best.fun, abs=1e-4)
    split = session.view.split
    y, p = part_of(session, split)
    assert scene.raw.log_loss == pytest.approx(metrics.log_loss(y, p), abs=1e-4)
    raw, _ = raw_rows(session.run, SPLITS.index(split))
    logits = way_by_hand(session.run, session.state, raw).logits
    is_worthless = math.log(logits.shape[1]) <= best.fun  # no class is then likelier than another
    temperature = math.inf if is_worthless else scene.handles[0].value
    cooled = softmax(logits / temperature, axis=1)
    assert scene.calibrated.log_loss == pytest.approx(metrics.log_loss(y, cooled), abs=1e-4)
    changed = decided_by_hand(cooled, session.view.threshold)
    changed = np.sum(changed != decided_by_hand(p, session.view.threshold))
    assert (scene.changed, scene.n_rows) == (changed, len(y))
    assert changed == 0 or is_worthless
    # on screen
    curve_through(panel.handles.plot, np.log10(scene.grid), scene.loss)
    places = np.log10([scene.best[0], scene.here[0]])
    dots_at(panel.handles.plot, places, [scene.best[1], scene.here[1]])
    text = panel.handles.says.text()
    assert f"log loss {scene.raw.log_loss:.3f} → <b>{scene.calibrated.log_loss:.3f}</b>" in text


def check_softmax(panel, session):
    scene = panel.scene
    p = softmax(np.array(panel.scene.view.softmax_logits))
    np.testing.assert_allclose(scene.probabilities, p, rtol=1e-12)
    assert scene.entropy == pytest.approx(entropy(p))
    np.testing.assert_allclose(scene.jacobian, np.diag(p) - np.outer(p, p), atol=1e-15)
    words = [word.rsplit(" ", 1)[1] for word in panel.bars.accessibleDescription().split(", ")]
    np.testing.assert_allclose([number_in(word) for word in words], p, atol=5.1e-4)
    assert f"leads with {p.max():.3f}" in panel.accessibleDescription()
    assert f"{entropy(p):.3f} nats" in panel.entropy.accessibleDescription()


def check_gradients(panel, session):
    run, scene = session.run, panel.scene
    flat = np.asarray(session.state.parameters, float)
    slopes = np.empty_like(flat)
    for i in range(len(flat)):
        ends = []
        for side in (1.0, -1.0):
            moved = flat.copy()
            moved[i] += side * 1e-4
            ends.append(mean_loss_by_hand(session, moved))
        slopes[i] = (ends[0] - ends[1]) / 2e-4
    places = way_by_hand(run, session.state, raw_rows(run, 0)[0][:1]).places
    norms = [np.linalg.norm(slopes[it["weight"] : it["bias"]]) for it in places]
    found = [layer.norm for layer in scene.layers]
    np.testing.assert_allclose(found, norms, rtol=2e-3, atol=1e-6)
    x = np.arange(1.0, len(norms) + 1.0)
    curve_through(panel.plot, x, np.log10(found))
    dots_at(panel.plot, x, np.log10(found))
    for line, norm in enumerate(norms):
        text = panel.table.model().index(line, 1).data()
        assert number_in(text) == pytest.approx(norm, rel=0.01, abs=1e-6)


def check_landscape(panel, session):
    scene, surface = panel.scene, panel.scene.surface
    flat = np.asarray(session.state.parameters, float)
    first, second = 0, session.run.architecture.layers[0].units
    np.testing.assert_allclose(scene.at, flat[[first, second]], rtol=1e-6)
    past = [it for it in session.run.history.checkpoints if it.step <= session.state.step]
    path = [it.parameters[[first, second]] for it in past]
    np.testing.assert_allclose(scene.path, path, rtol=1e-6)
    last = len(surface.x) - 1
    for r, c in ((0, 0), (0, last), (last, 2), (last // 2, last // 3)):
        moved = np.array(surface.state.parameters, float)
        moved[first], moved[second] = surface.x[c], surface.y[r]
        assert surface.values[r, c] == pytest.approx(mean_loss_by_hand(session, moved), rel=1e-6)
    dots_at(panel.plot, [scene.at[0]], [scene.at[1]])
    curve_through(panel.plot, scene.path[:, 0], scene.path[:, 1])


CHECKS = {
    "boundary": check_boundary,
    "loss": check_loss,
    "reliability": check_reliability,
    "figures": check_figures,
    "rows": check_rows,
    "network": check_network,
    "functions": check_functions,
    "by_class": check_by_class,
    "numbers": check_numbers,
    "calibrators": check_calibrators,
    "softmax": check_softmax,
    "gradients": check_gradients,
    "landscape": check_landscape,
}
