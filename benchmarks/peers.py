"""The same training in other people's libraries, each as its users would write it, in float32.

Every function here takes a `Case` and returns a function that takes so many steps of training
(whole epochs), carrying on where it left off, or None where the library is not installed.
"""

from __future__ import annotations

import importlib
import importlib.util
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

Steps = Callable[[int], None]


@dataclass(frozen=True, slots=True, eq=False)
class Case:
    """One thing to train.

    Attributes
    ----------
    label : str
    X : (n, n_inputs) float32 array
    y : (n,) int64 array
    classes : int
    hidden : tuple of int
    activation : {"tanh", "relu"}
    batch : int
    optimizer : {"sgd", "adam"}
    learning_rate : float
    """

    label: str
    X: np.ndarray
    y: np.ndarray
    classes: int
    hidden: tuple[int, ...]
    activation: str
    batch: int
    optimizer: str
    learning_rate: float

    @property
    def widths(self) -> tuple[int, ...]:
        """Inputs, hidden units, logits."""
        return (self.X.shape[1], *self.hidden, 1 if self.classes == 2 else self.classes)

    @property
    def steps_per_epoch(self) -> int:
        """The number of batches in an epoch, the last partial one counted."""
        return -(-len(self.y) // self.batch)

    def first_weights(self) -> list[np.ndarray]:
        """Draw weights and zero biases, layer by layer."""
        draw = np.random.default_rng(0)
        flat: list[np.ndarray] = []
        for inputs, units in zip(self.widths[:-1], self.widths[1:], strict=True):
            limit = np.sqrt(6.0 / (inputs + units))
            flat.append(draw.uniform(-limit, limit, (inputs, units)).astype(np.float32))
            flat.append(np.zeros(units, np.float32))
        return flat


class Batches:
    """Row numbers of one batch after another, shuffled anew each epoch, partial ones left out."""

    def __init__(self, case: Case) -> None:
        self._draw = np.random.default_rng(1)
        self._n, self._batch = len(case.y), case.batch
        self._order, self._at = np.empty(0, np.int64), 0

    def __call__(self) -> np.ndarray:
        """Return the rows of the next batch."""
        if self._at + self._batch > len(self._order):
            self._order, self._at = self._draw.permutation(self._n), 0
        self._at += self._batch
        return self._order[self._at - self._batch : self._at]

    def many(self, steps: int) -> np.ndarray:
        """Return the rows of so many batches at once, (steps, batch)."""
        whole = self._n // self._batch
        epochs = -(-steps // whole)
        used = whole * self._batch
        orders = [self._draw.permutation(self._n)[:used] for _ in range(epochs)]
        return np.concatenate(orders).reshape(-1, self._batch)[:steps]


def _installed(name: str) -> bool:
    return importlib.util.find_spec(name) is not None


def numpy_steps(case: Case) -> Steps:
    """Return straightforward numpy: a line for each formula."""
    theta, batches = case.first_weights(), Batches(case)
    m, v = ([np.zeros_like(p) for p in theta] for _ in range(2))
    rate, relu, t = np.float32(case.learning_rate), case.activation == "relu", 0

    def gradients(X: np.ndarray, y: np.ndarray) -> list[np.ndarray]:
        activations = [X]
        for k in range(0, len(theta), 2):
            z = activations[-1] @ theta[k] + theta[k + 1]
            hidden = k + 2 < len(theta)
            activations.append((np.maximum(z, 0) if relu else np.tanh(z)) if hidden else z)
        logits = activations.pop()
        if case.classes == 2:
            delta = (1 / (1 + np.exp(-logits)) - y[:, None]) / np.float32(len(y))
        else:
            e = np.exp(logits - logits.max(axis=1, keepdims=True))
            delta = e / e.sum(axis=1, keepdims=True)
            delta[np.arange(len(y)), y] -= 1
            delta /= np.float32(len(y))
        found: list[np.ndarray] = []
        for k in range(len(theta) - 2, -1, -2):
            a = activations[k // 2]
            found = [a.T @ delta, delta.sum(axis=0), *found]
            if k:
                delta = (delta @ theta[k].T) * ((a > 0) if relu else 1 - a * a)
        return found

    def run(steps: int) -> None:
        nonlocal t
        for _ in range(steps):
            whole = case.batch >= len(case.y)
            rows = slice(None) if whole else batches()
            t += 1
            found = gradients(case.X[rows], case.y[rows])
            if case.optimizer == "sgd":
                for p, g in zip(theta, found, strict=True):
                    np.subtract(p, rate * g, out=p)
                continue
            size, scale = np.float32(rate / (1 - 0.9**t)), np.float32(1 / (1 - 0.999**t))
            for p, g, a, b in zip(theta, found, m, v, strict=True):
                np.add(a, np.float32(0.1) * (g - a), out=a)
                np.add(b, np.float32(0.001) * (g * g - b), out=b)
                np.subtract(p, size * a / (np.sqrt(b * scale) + np.float32(1e-8)), out=p)

    return run


def sklearn_steps(case: Case) -> Steps | None:
    """Return scikit-learn's MLPClassifier: each ``partial_fit`` of all rows is an epoch."""
    if not _installed("sklearn"):
        return None
    network: Any = importlib.import_module("sklearn.neural_network")
    model = network.MLPClassifier(
        case.hidden, activation=case.activation, solver=case.optimizer, alpha=0.0,
        batch_size=min(case.batch, len(case.y)), learning_rate_init=case.learning_rate,
        momentum=0.0, nesterovs_momentum=False,
    )  # fmt: skip
    classes = np.arange(case.classes)

    def run(steps: int) -> None:
        for _ in range(steps // case.steps_per_epoch):
            model.partial_fit(case.X, case.y, classes=classes)

    return run


def torch_steps(case: Case) -> Steps | None:
    """Return PyTorch in eager mode."""
    if not _installed("torch"):
        return None
    torch: Any = importlib.import_module("torch")
    torch.set_num_threads(1)
    layers: list[Any] = []
    for inputs, units in zip(case.widths[:-1], case.widths[1:], strict=True):
        layers += [torch.nn.Linear(inputs, units)]
        layers += [torch.nn.ReLU() if case.activation == "relu" else torch.nn.Tanh()]
    model = torch.nn.Sequential(*layers[:-1])
    kind = torch.optim.SGD if case.optimizer == "sgd" else torch.optim.Adam
    optimizer = kind(model.parameters(), lr=case.learning_rate)
    binary = case.classes == 2
    criterion = torch.nn.BCEWithLogitsLoss() if binary else torch.nn.CrossEntropyLoss()
    X = torch.from_numpy(case.X)
    y = torch.from_numpy(case.y.astype(np.float32)[:, None] if binary else case.y)
    batches = Batches(case)

    def run(steps: int) -> None:
        for _ in range(steps):
            optimizer.zero_grad()
            if case.batch >= len(case.y):
                loss = criterion(model(X), y)
            else:
                rows = torch.from_numpy(batches())
                loss = criterion(model(X[rows]), y[rows])
            loss.backward()
            optimizer.step()

    return run


def jax_steps(case: Case) -> Steps | None:
    """Return JAX: many steps in one compiled ``lax.scan``."""
    if not _installed("jax"):
        return None
    jax: Any = importlib.import_module("jax")
    jnp: Any = importlib.import_module("jax.numpy")
    X, y = jnp.asarray(case.X), jnp.asarray(case.y)
    act = jax.nn.relu if case.activation == "relu" else jnp.tanh

    def loss(theta: list[Any], X: Any, y: Any) -> Any:
        for k in range(0, len(theta), 2):
            X = X @ theta[k] + theta[k + 1]
            X = act(X) if k + 2 < len(theta) else X
        if case.classes == 2:
            return jnp.mean(jax.nn.softplus(X[:, 0]) - y * X[:, 0])
        chosen = jnp.take_along_axis(jax.nn.log_softmax(X), y[:, None], axis=1)
        return -jnp.mean(chosen)

    def step(carry: Any, rows: Any) -> Any:
        theta, m, v, t = carry
        part = (X, y) if case.batch >= len(case.y) else (X[rows], y[rows])
        g = jax.grad(loss)(theta, *part)
        if case.optimizer == "sgd":
            return (
                [p - case.learning_rate * s for p, s in zip(theta, g, strict=True)],
                m,
                v,
                t,
            ), None
        t = t + 1.0
        m = [0.9 * a + 0.1 * s for a, s in zip(m, g, strict=True)]
        v = [0.999 * a + 0.001 * s * s for a, s in zip(v, g, strict=True)]
        a, b = case.learning_rate / (1 - 0.9**t), 1 / (1 - 0.999**t)
        moved = zip(theta, m, v, strict=True)
        return ([p - a * c / (jnp.sqrt(d * b) + 1e-8) for p, c, d in moved], m, v, t), None

    scan = jax.jit(lambda carry, rows: jax.lax.scan(step, carry, rows)[0])
    theta = [jnp.asarray(p) for p in case.first_weights()]
    zeros = [jnp.zeros_like(p) for p in theta]
    carry = (theta, zeros, zeros, jnp.float32(0.0))
    batches = Batches(case)

    def run(steps: int) -> None:
        nonlocal carry
        if case.batch >= len(case.y):
            rows = np.zeros((steps, 1), np.int32)
        else:
            rows = batches.many(steps).astype(np.int32)
        carry = jax.block_until_ready(scan(carry, rows))

    return run


PEERS: dict[str, Callable[[Case], Steps | None]] = {
    "numpy": numpy_steps,
    "scikit-learn": sklearn_steps,
    "PyTorch eager": torch_steps,
    "JAX scan": jax_steps,
}
