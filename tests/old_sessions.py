"""Sessions of the earlier format (version 1), which must always open.

They lie in ``tests/fixtures/sessions``, were saved from the window of the version that wrote them,
each after a few hundred steps, and are never to be written again:

- ``own_table``: the user's ``patients.csv`` beside it, decimal commas said, gaps filled, momentum;
- ``painted``: points of two classes, plain gradient descent;
- ``gallery``: the bundled wines, Adam with a schedule;
- ``three_classes``: spirals, batch normalisation, RMSprop;
- ``float64``: that precision, sharpness that is learnt, AdamW;
- ``by_hand``: Platt scaling set by hand, class weights undone, Nesterov.

``figures.json`` holds what that version's figures panel showed of each. A session refers to its
table by a file name beside it and a hash; the path among the choices is where it once lay.
"""

from __future__ import annotations

import json
from pathlib import Path

FOLDER = Path(__file__).resolve().parent / "fixtures" / "sessions"
NAMES = ("own_table", "painted", "gallery", "three_classes", "float64", "by_hand")
FIGURES = json.loads((FOLDER / "figures.json").read_text(encoding="utf-8"))


def path_of(name: str) -> str:
    """Return the path of a session."""
    return str(FOLDER / f"{name}.credence")


def content_of(name: str) -> dict:
    """Return a session as it stands in its file."""
    return json.loads(Path(path_of(name)).read_text(encoding="utf-8"))


def frozen(value):
    """Return lists as tuples, all the way in."""
    return tuple(frozen(inner) for inner in value) if isinstance(value, list) else value
