"""A session that trains only when told to, and panels of the size they have in the first window."""

import pytest

from gui.panels import PANELS
from gui.theme import themes
from tests.gui.panel_cases import new_session

SIZES = {
    "boundary": (620, 560),
    "curves": (330, 220),
    "reliability": (330, 400),
    "figures": (330, 400),
    "rows": (620, 560),
}


@pytest.fixture
def session(qapp):
    made = new_session()
    yield made
    made.close()
    themes().use("light")


@pytest.fixture
def show(qtbot):
    """Make, size and show a panel of a session."""

    def make(name, session):
        panel = PANELS[name].make(session)
        qtbot.addWidget(panel)
        panel.resize(*SIZES.get(name, (420, 400)))
        panel.show()
        qtbot.waitExposed(panel)
        return panel

    return make
