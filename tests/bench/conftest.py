"""The bench's own plugin, with the project's workshop."""

import pytest

from sim.image import Workshop
from tools.node import workshop as ours


@pytest.fixture(scope="session")
def workshop() -> Workshop:
    return ours
