"""The calibrators panel's scene: handles, maps, or weights and base rates."""

from __future__ import annotations

from dataclasses import dataclass

from core.experiment.view import View
from core.run.run import Run
from core.scenes.calibration_maps import MapsScene, maps_scene
from core.scenes.handles import HandlesScene, handles_scene
from core.scenes.priors import PriorsScene, priors_scene
from core.training.problem import TrainState

PAGES = ("handles", "maps", "priors")


@dataclass(frozen=True, slots=True, eq=False)
class CalibratorsScene:
    """What the open page of the calibrators panel shows.

    Attributes
    ----------
    step : int
    split : str
    page : {"handles", "maps", "priors"}
    of : HandlesScene, MapsScene or PriorsScene
    """

    step: int
    split: str
    page: str
    of: HandlesScene | MapsScene | PriorsScene


def calibrators_scene(
    run: Run, state: TrainState, view: View, page: str, turned: int = 0, most: int = 0
) -> CalibratorsScene:
    """Return what a page shows at a state; for `turned` and `most` see `handles_scene`."""
    of: HandlesScene | MapsScene | PriorsScene
    if page == "handles":
        of = handles_scene(run, state, view, turned, most)
    elif page == "maps":
        of = maps_scene(run, state, view)
    else:
        of = priors_scene(run, state, view)
    return CalibratorsScene(state.step, view.split, page, of)
