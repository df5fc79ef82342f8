"""A staged plant, its console over ASGI, and the same console in a real browser."""

from collections.abc import AsyncIterator, Iterator
from types import SimpleNamespace
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette

from gateway import console
from tools import scenery as scenes


def config(language: str = "en") -> Any:
    """The part of gateway.toml that the console reads."""
    return SimpleNamespace(
        site=SimpleNamespace(name="Demo plant"), console=SimpleNamespace(language=language)
    )


@pytest.fixture
def scenery() -> scenes.Scenery:
    return scenes.Scenery()


@pytest.fixture
async def client(scenery: scenes.Scenery) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(console.build(scenery, scenery, config()))
    async with httpx.AsyncClient(transport=transport, base_url="http://console") as client:
        yield client


@pytest.fixture(scope="module")
def served() -> Iterator[tuple[Starlette, str]]:
    """A console on a free loopback port, for one scenery after the other."""
    first = scenes.Scenery()
    app = console.build(first, first, config())
    with scenes.serve(app) as address:
        yield app, address


@pytest.fixture
def address(scenery: scenes.Scenery, served: tuple[Starlette, str]) -> Iterator[str]:
    """Where the console of `scenery` can be reached."""
    app, address = served
    app.state.live = app.state.store = scenery
    yield address
    scenery.end_streams()
