import pytest

from core.training import engines


@pytest.fixture(scope="session")
def compiled() -> None:
    """Everything that has a compiled form, compiled in both precisions."""
    for name in (*engines.STAGES, *engines.ON_DEMAND):
        assert engines.make_ready(name)
