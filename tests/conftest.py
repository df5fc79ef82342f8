"""Fixtures and rules of every test."""

from pathlib import Path

import pytest

pytest_plugins = ("sim.pytest_plugin",)

_E2E = Path(__file__).parent / "e2e"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """End-to-end tests run in real time: they get the machine to themselves (see Makefile)."""
    for item in items:
        if item.path.is_relative_to(_E2E):
            item.add_marker(pytest.mark.alone)
