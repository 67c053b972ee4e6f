"""A run: an experiment, its data and its history; `edited_run` gives the run after an edit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from core.base.arrays import FloatArray, IntArray
from core.base.knobs import EFFECTS, Effect, SourceKnob
from core.base.memo import Memo
from core.data.data_knobs import DataChoices
from core.data.dataset import Dataset
from core.data.loading import load_dataset
from core.data.preparing import Prepared, prepare
from core.experiment.experiment import SECTIONS, Experiment, knob_at
from core.functions.heads import class_logits
from core.model.architecture import Architecture, build_architecture
from core.predictions.predictions import Column, ValuesAt
from core.run.history import Edit, History
from core.training.engines import logits_at, probabilities_at
from core.training.numpy_engine import numpy_engine
from core.training.problem import ChooseEngine, Problem, TrainState


@dataclass(frozen=True, slots=True, eq=False, weakref_slot=True)
class Run:
    """An experiment with its data and the history of its training.

    Attributes
    ----------
    experiment : Experiment
    dataset : Dataset
        The rows as loaded, in raw units.
    prepared : Prepared
        The rows as the model sees them, split in three.
    history : History
    memo : Memo
        What was computed of it and may be asked for again. Runs of the same rows and network share
        one; whoever puts a run aside clears it.
    """

    experiment: Experiment
    dataset: Dataset
    prepared: Prepared
    history: History
    memo: Memo = field(default_factory=Memo, repr=False)

    @property
    def architecture(self) -> Architecture:
        """The network's layers."""
        return self.history.problem.architecture

    @property
    def name(self) -> str:
        """What the user calls it."""
        return self.dataset.name

    @property
    def classes(self) -> tuple[str, ...]:
        """The class names, in the order they are shown."""
        return self.prepared.classes

    @property
    def target(self) -> str:
        """The name of the labels' column."""
        return self.dataset.target

    @property
    def labels(self) -> IntArray:
        """The label of every prepared row, (n,)."""
        return self.prepared.y

    @property
    def split(self) -> NDArray[np.int8]:
        """The part of every prepared row, (n,): 0 train, 1 validation, 2 test."""
        return self.prepared.split

    @property
    def rows(self) -> IntArray:
        """Which row of the data set each prepared row is, (n,)."""
        return self.prepared.rows

    @property
    def sample_weights(self) -> FloatArray | None:
        """How much each prepared row counts, (n,); class weights are left out."""
        return self.prepared.sample_weights

    @property
    def weighted_by(self) -> str:
        """The column of sample weights; empty without any."""
        return self.dataset.weight_name

    @property
    def class_weights(self) -> FloatArray:
        """How much each class counted in training, (K,)."""
        return self.prepared.class_weights

    @property
    def columns(self) -> Mapping[str, Column]:
        """The data set's features by name, in raw units."""
        return self.memo.recall("columns", self.dataset, lambda: _columns(self.dataset), most=1)

    def logits_function(self, state: TrainState) -> ValuesAt:
        """Return what gives the (m, K) class logits at a state for places among the rows."""
        architecture, X = self.architecture, self.prepared.X
        return lambda places: class_logits(logits_at(architecture, state, X[places]))

    def logits(self, state: TrainState, X: np.ndarray) -> np.ndarray:
        """Return the (n, outputs) logits of prepared rows X (n, n_inputs) at a state."""
        return logits_at(self.architecture, state, X)

    def probabilities(self, state: TrainState, X: np.ndarray) -> np.ndarray:
        """Return the (n, K) class probabilities of prepared rows X (n, n_inputs) at a state."""
        return probabilities_at(self.architecture, state, X)


def prepare_data(dataset: Dataset, choices: DataChoices) -> Prepared:
    """Split, scale and weight a data set as the choices say."""
    weights = choices.class_weights
    return prepare(
        dataset,
        train=choices.train,
        validation=choices.validation,
        scaling=choices.scaling,
        missing=choices.missing,
        class_weights=choices.custom_weights if weights == "custom" else weights,
        seed=choices.seed,
    )


def build_problem(experiment: Experiment, prepared: Prepared) -> Problem:
    """Return the training problem: the network, the train rows and how it is trained."""
    model = experiment.model
    X, y, weights = prepared.part(0)
    architecture = build_architecture(
        len(prepared.inputs),
        len(prepared.classes),
        model.hidden,
        model.activation,
        model.head,
        model.batch_norm,
    )
    return Problem(architecture, experiment.training, X, y, weights, model.seed)


def start_run(
    experiment: Experiment,
    dataset: Dataset | None = None,
    choose_engine: ChooseEngine = numpy_engine,
) -> Run:
    """Return a run at step 0.

    Parameters
    ----------
    experiment : Experiment
    dataset : Dataset, optional
        The rows, if they are loaded already.
    choose_engine : callable, optional
        Returns the engine for a problem; by default numpy's.

    Raises
    ------
    UserError
        Where the data cannot be read or hold nothing to learn.
    """
    dataset = dataset or load_dataset(experiment.data)
    prepared = prepare_data(dataset, experiment.data)
    problem = build_problem(experiment, prepared)
    engine = choose_engine(problem)
    initial = engine.start(problem, experiment.model.initialisation, experiment.model.seed)
    return Run(experiment, dataset, prepared, History(engine, problem, initial))


def retrained_run(run: Run, choose_engine: ChooseEngine) -> Run | None:
    """Return the run as another engine computes it: all its steps and edits repeated from step 0.

    None if the engine is the same, or if the run cannot be repeated from step 0 because it started
    from a saved state or parameters were set by hand.
    """
    old = run.history
    engine = choose_engine(old.problem)
    by_hand = any(edit.state is not None for edit in old.edits)
    if engine.name == old.engine.name or old.first_step > 0 or by_hand:
        return None
    model, first = run.experiment.model, old.edits[0].problem
    history = History(engine, first, engine.start(first, model.initialisation, model.seed))
    if not repeat(history, old.edits[1:], old.latest.step):
        return None
    history.metrics = old.metrics.until(old.latest.step)
    return replace(run, history=history)


def repeat(history: History, edits: Sequence[Edit], last: int) -> bool:
    """Take the steps from a history's latest up to another, with edits on the way.

    Returns False where training diverges before.
    """
    for end, following in zip([*(e.step for e in edits), last], [*edits, None], strict=True):
        steps = end - history.latest.step
        burst = history.engine.burst(history.problem, history.latest, steps)
        if burst.state.step != end:
            return False
        history.record_state(burst.state)
        if following is not None:
            history.record_edit(end, following.problem)
    return True


def effect_of(old: Experiment, new: Experiment) -> Effect:
    """Return what replacing one experiment by another does: the strongest effect of the changes.

    Each knob says what its own change does; that of a source stands for its whole section, since
    the section's other choices change with it.

    Examples
    --------
    >>> plain = Experiment()
    >>> effect_of(plain, plain.replacing("training.learning_rate", 0.5))
    'live'
    >>> effect_of(plain, plain.replacing("calibration.bins", 5)), effect_of(plain, plain)
    ('view', 'view')
    """
    effects: list[tuple[str, Effect]] = []
    of_source: dict[str, Effect] = {}
    for path in old.changes(new):
        knob, section = knob_at(path), path.partition(".")[0]
        effect = knob.effect_between(old.value(path), new.value(path))
        effects.append((section, effect))
        if isinstance(knob, SourceKnob):
            of_source[section] = effect
    chosen = [of_source.get(section, effect) for section, effect in effects]
    return max(chosen, key=EFFECTS.index, default="view")


def edited_run(
    run: Run,
    experiment: Experiment,
    step: int,
    choose_engine: ChooseEngine | None = None,
) -> Run:
    """Return the run after an edit made while looking at a step.

    A "view" edit keeps the history; a "live" or "rows" edit branches at the step and keeps the
    weights; a "restart" edit starts at step 0 with the same seed, as does a "rows" edit after which
    the rows have other inputs or classes, which the weights do not fit.

    Parameters
    ----------
    choose_engine : callable, optional
        Returns the engine for a run that starts at step 0; by default the run's own.

    Raises
    ------
    UserError
        Where the new data cannot be read or hold nothing to learn.
    """
    effect = effect_of(run.experiment, experiment)
    if effect == "view":
        return replace(run, experiment=experiment)
    if effect == "live":
        return _continued(run, experiment, step, run.dataset, run.prepared)
    dataset = run.dataset
    if _reloads_rows(run.experiment, experiment):
        dataset = load_dataset(experiment.data)
    if effect == "rows":
        prepared = prepare_data(dataset, experiment.data)
        same_inputs = len(prepared.inputs) == run.architecture.n_inputs
        if same_inputs and prepared.classes == run.prepared.classes:
            return _continued(run, experiment, step, dataset, prepared)
    return start_run(experiment, dataset, choose_engine or (lambda problem: run.history.engine))


def _continued(
    run: Run, experiment: Experiment, step: int, dataset: Dataset, prepared: Prepared
) -> Run:
    history = run.history.branch(step)
    problem = replace(build_problem(experiment, prepared), architecture=run.architecture)
    history.record_edit(step, problem)
    memo = run.memo if prepared is run.prepared else Memo()
    return Run(experiment, dataset, prepared, history, memo)


def _columns(dataset: Dataset) -> dict[str, Column]:
    features = enumerate(dataset.features)
    return {it.name: Column(dataset.X[:, j], it.levels) for j, it in features}


def _reloads_rows(old: Experiment, new: Experiment) -> bool:
    """Tell whether the rows must be loaded anew, not only split, scaled and weighted."""
    return any(
        knob_at(path).reloads
        for path in old.changes(new)
        if SECTIONS[path.partition(".")[0]] is DataChoices
    )
