import argparse
import json
from dataclasses import replace

import numpy as np
import pytest
from scipy.special import expit
from sklearn.isotonic import IsotonicRegression
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import accuracy_score, brier_score_loss, log_loss, roc_auc_score

from core.base.errors import UserError
from core.data.generators import GENERATORS
from core.evaluation.performance import evaluate
from core.experiment.experiment import experiment_from_mapping
from core.run.report import main, report
from core.run.run import start_run
from core.run.training_loop import Trained, train
from core.training import engines
from core.training.recorded_metrics import mean_loss, measure, parts_of

FIRST = ["mean radius", "mean texture"]


def logistic(source="breast_cancer", features=FIRST, **training):
    return experiment_from_mapping(
        {
            "data": {"source": source, "features": features},
            "model": {"hidden": []},
            "training": {"batch_size": 1000, "learning_rate": 5.0, **training},
        }
    )


@pytest.fixture(scope="module")
def trained():
    return train(logistic(), epochs=2000)


@pytest.fixture(scope="module")
def optimum(trained):
    X, y, _ = trained.run.prepared.part(0)
    return LogisticRegression(C=np.inf, tol=1e-12, max_iter=1000).fit(X, y)


def test_logistic_regression_reaches_scikit_learns_optimum_to_four_digits(trained, optimum):
    X, y, _ = trained.run.prepared.part(0)
    ours = evaluate(y, trained.run.probabilities(trained.state, X)[:, 1])
    theirs = optimum.predict_proba(X)
    assert f"{ours.log_loss:.4f}" == f"{log_loss(y, theirs):.4f}" == "0.2534"
    assert ours.accuracy == accuracy_score(y, optimum.predict(X))
    np.testing.assert_allclose(trained.state.parameters[:-1], optimum.coef_[0], rtol=1e-4)


def test_each_parts_figures_agree_with_scikit_learn(trained, optimum):
    written = report(trained)
    for code, split in enumerate(("train", "validation", "test")):
        X, y, _ = trained.run.prepared.part(code)
        p = optimum.predict_proba(X)[:, 1]
        figures = written[split]["before"]
        assert written[split]["rows"] == len(y)
        assert figures["log_loss"] == pytest.approx(log_loss(y, p), rel=1e-4)
        assert figures["brier"] == pytest.approx(brier_score_loss(y, p), rel=1e-4)
        assert figures["auc"] == pytest.approx(roc_auc_score(y, p), rel=1e-4)
        assert figures["accuracy"] == accuracy_score(y, p >= 0.5)


def test_the_calibrator_is_fitted_on_validation_and_lowers_its_log_loss(trained):
    written = report(trained)
    assert written["calibration"]["fitted_on"] == "validation"
    assert written["calibration"]["parameters"]["temperature"] > 0
    after, before = written["validation"]["after"], written["validation"]["before"]
    assert after["log_loss"] <= before["log_loss"]
    assert after["auc"] == before["auc"]


def test_recorded_figures_are_those_of_the_report(trained):
    run, state = trained.run, trained.state
    parts = parts_of(run.prepared)
    figures = measure(run.history.problem, parts, state)
    written = report(trained)
    for split in ("train", "validation", "test"):
        for name in ("accuracy", "log_loss", "brier", "auc", "ece"):
            assert figures[f"{split}.{name}"] == pytest.approx(written[split]["before"][name])
        mcb, dsc, unc = (figures[f"{split}.{part}"] for part in ("mcb", "dsc", "unc"))
        assert mcb - dsc + unc == pytest.approx(figures[f"{split}.brier"])
    assert figures["gradient_norm"] < 1e-4
    assert figures["validation.loss"] == mean_loss(run.history.problem, parts[1], state)
    assert figures["validation.loss"] == pytest.approx(figures["validation.log_loss"])


def test_sample_weights_weigh_every_figure_and_class_weights_none():
    data = GENERATORS["two_moons"].make(rows=300, noise=0.7)
    weights = np.random.default_rng(1).integers(0, 4, 300).astype(float)
    experiment = experiment_from_mapping(
        {"data": {"class_weights": "balanced"}, "calibration": {"method": "isotonic"}}
    )
    run = start_run(experiment, replace(data, weights=weights))
    state = run.history.engine.burst(run.history.problem, run.history.latest, 40).state
    written = report(Trained(run, state, 0.0, 40, None))
    fit, test = (run.prepared.split == code for code in (1, 2))
    w, y = weights[run.prepared.rows], run.prepared.y
    z = run.logits(state, run.prepared.X)[:, 0]
    before = log_loss(y[test], expit(z[test]), sample_weight=w[test])
    assert written["test"]["before"]["log_loss"] == pytest.approx(before)
    area = roc_auc_score(y[test], z[test], sample_weight=w[test])
    assert written["test"]["before"]["auc"] == pytest.approx(area)
    isotonic = IsotonicRegression(out_of_bounds="clip").fit(z[fit], y[fit], w[fit])
    after = brier_score_loss(y[test], isotonic.predict(z[test]), sample_weight=w[test])
    assert written["test"]["after"]["brier"] == pytest.approx(after)
    figures = measure(run.history.problem, parts_of(run.prepared), state)
    for name in ("accuracy", "log_loss", "brier", "auc", "ece"):
        assert figures[f"test.{name}"] == pytest.approx(written["test"]["before"][name])
    assert figures["test.loss"] == pytest.approx(before)


def test_more_than_two_classes_are_judged_too():
    trained = train(
        experiment_from_mapping({"data": {"source": "iris"}, "model": {"hidden": [4]}}), epochs=60
    )
    written = report(trained)
    X, y, _ = trained.run.prepared.part(2)
    p = trained.run.probabilities(trained.state, X)
    assert written["classes"] == list(trained.run.dataset.classes)
    assert written["test"]["before"]["log_loss"] == pytest.approx(log_loss(y, p, labels=[0, 1, 2]))
    assert written["test"]["before"]["auc"] == pytest.approx(roc_auc_score(y, p, multi_class="ovr"))


def test_early_stopping_restores_the_best_epoch():
    experiment = experiment_from_mapping(
        {
            "data": {"source": "two_moons", "rows": 60, "noise": 0.6},
            "model": {"hidden": [30, 30]},
            "training": {
                "optimizer": "adam",
                "learning_rate": 0.03,
                "early_stopping": True,
                "patience": 5,
            },
        }
    )
    trained = train(experiment, epochs=500)
    run = trained.run
    validation = parts_of(run.prepared)[1]
    per_epoch = run.history.problem.steps_per_epoch
    losses = [
        mean_loss(run.history.problem, validation, run.history.state_at(epoch * per_epoch))
        for epoch in range(1, run.history.latest.epoch + 1)
    ]
    best = int(np.argmin(losses)) + 1
    assert trained.state.epoch == best
    assert run.history.latest.epoch == best + 5 < 500


def arguments(tmp_path, **given):
    defaults = {"run": "", "target": "", "set": [], "epochs": 5, "report": str(tmp_path / "o.json")}
    return argparse.Namespace(**{**defaults, **given})


def test_a_table_is_trained_on_from_the_command_line(tmp_path, capsys):
    rows = ["height,weight,kind"]
    generator = np.random.default_rng(0)
    for _ in range(60):
        kind = int(generator.integers(2))
        x, z = generator.normal(kind, 1.0, 2)
        rows.append(f"{x:.3f},{z:.3f},{'tall' if kind else 'short'}")
    table = tmp_path / "people.csv"
    table.write_text("\n".join(rows), encoding="utf-8")
    given = arguments(tmp_path, run=str(table), target="kind", set=["model.hidden=3"], epochs=20)
    assert main(given) == 0
    written = json.loads((tmp_path / "o.json").read_text(encoding="utf-8"))
    assert written["classes"] == ["short", "tall"]
    assert written["epoch"] == 20
    assert written["experiment"]["model"]["hidden"] == [3]
    assert sum(written[split]["rows"] for split in ("train", "validation", "test")) == 60
    assert written["updates_per_second"] > 0
    assert "people" in capsys.readouterr().out


def test_a_short_run_does_not_wait_for_compiling(tmp_path, monkeypatch):
    monkeypatch.setattr(engines, "cached_stages", set)
    monkeypatch.setattr(engines, "is_ready", lambda problem: False)
    monkeypatch.setattr(engines, "make_engine_ready", lambda problem: pytest.fail("it compiles"))
    assert main(arguments(tmp_path, run="iris", epochs=3)) == 0
    written = json.loads((tmp_path / "o.json").read_text(encoding="utf-8"))
    assert written["engine"] == "numpy engine"


@pytest.mark.parametrize("precision", ["float32", "float64"])
def test_a_long_run_is_trained_by_compiled_code_with_the_same_result(
    tmp_path, capsys, precision, monkeypatch
):
    pytest.importorskip("numba")
    monkeypatch.setattr(engines, "LOADING_SECONDS", 0.0)
    monkeypatch.setattr(engines, "COMPILING_SECONDS", 0.0)
    choices = ["model.hidden=5", f"training.precision={precision}", "training.learning_rate=0.1"]
    assert main(arguments(tmp_path, run="iris", epochs=40, set=choices)) == 0
    written = json.loads((tmp_path / "o.json").read_text(encoding="utf-8"))
    assert written["engine"] == "compiled engine"
    assert "compiled engine" in capsys.readouterr().out
    training = {"precision": precision, "learning_rate": 0.1}
    slow = train(
        experiment_from_mapping(
            {"data": {"source": "iris"}, "model": {"hidden": [5]}, "training": training}
        ),
        epochs=40,
    )
    expected = report(slow)
    assert expected["engine"] == "numpy engine"
    assert written["step"] == expected["step"]
    tolerance = {"float32": 1e-3, "float64": 1e-9}[precision]
    for split in ("train", "validation", "test"):
        for name in ("accuracy", "log_loss", "brier", "auc", "ece"):
            theirs = expected[split]["before"][name]
            assert written[split]["before"][name] == pytest.approx(theirs, rel=tolerance)


@pytest.mark.parametrize(
    ("given", "named"),
    [
        ({"run": "no_such_file.csv"}, "no_such_file.csv"),
        ({"run": "iris", "set": ["model.hiden=3"]}, "model.hidden"),
        ({"run": "iris", "set": ["model.hidden"]}, "NAME=VALUE"),
        ({"run": "iris", "set": ["data.features=sepal length (cm),age"]}, "age"),
        ({"run": "iris", "epochs": 1, "report": "/no/such/folder/o.json"}, "not written"),
    ],
)
def test_what_cannot_be_done_is_said_in_words(tmp_path, given, named):
    with pytest.raises(UserError, match=named):
        main(arguments(tmp_path, **given))
