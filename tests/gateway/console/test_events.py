"""The stream of changes: framing, beats, resync, and its end. Nothing here waits for a clock."""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import httpx

from gateway import console
from gateway.console import events
from tools.scenery import Scenery

NOW_MS = 1_700_000_000_000


async def _never() -> AsyncIterator[None]:
    await asyncio.Event().wait()
    yield None


async def _once() -> AsyncIterator[None]:
    yield None
    await asyncio.Event().wait()


async def _changes(*messages: dict[str, Any]) -> AsyncIterator[dict[str, Any]]:
    for message in messages:
        yield message


def _read(frame: bytes) -> tuple[int, dict[str, Any]]:
    lines = frame.decode().split("\n")
    assert lines[2:] == ["", ""], "one data line, then the empty line that ends an event"
    return int(lines[0].removeprefix("id: ")), json.loads(lines[1].removeprefix("data: "))


async def _all(changes: AsyncIterator[dict[str, Any]], ticks: AsyncIterator[None]) -> list[Any]:
    return [_read(one) async for one in events.frames(changes, ticks, lambda: NOW_MS)]


async def test_stream_starts_with_a_beat_and_counts() -> None:
    resync = {"type": "resync"}
    alarms = {"type": "alarms", "alarms": []}
    assert await _all(_changes(alarms, resync), _once()) == [
        (0, {"type": "beat", "now_ms": NOW_MS}),
        (1, alarms),
        (2, resync),
    ]


async def test_stream_ends_with_the_changes() -> None:
    assert await _all(_changes(), _never()) == []


async def test_text_with_line_feeds_stays_one_event() -> None:
    message = {"type": "instrument", "instrument": {"name": "a\n\nid: 9\r\ndata: 压力"}}
    assert await _all(_changes(message), _never()) == [(0, message)]


async def test_changes_are_kept_from_before_the_first_beat() -> None:
    subscribed = False

    async def changes() -> AsyncIterator[dict[str, Any]]:
        nonlocal subscribed
        subscribed = True
        await asyncio.Event().wait()
        yield {}

    frames = events.frames(changes(), _once(), lambda: NOW_MS)
    assert _read(await anext(frames))[1]["type"] == "beat"
    assert subscribed
    await frames.aclose()


async def test_beats_come_while_nothing_changes() -> None:
    async def ticks() -> AsyncIterator[None]:
        for _ in range(3):
            yield None
        await asyncio.Event().wait()

    frames = events.frames(_waiting(), ticks(), lambda: NOW_MS)
    assert [_read(await anext(frames))[0] for _ in range(3)] == [0, 1, 2]
    await frames.aclose()


async def test_reader_that_leaves_is_forgotten() -> None:
    left = asyncio.Event()

    async def changes() -> AsyncIterator[dict[str, Any]]:
        try:
            await asyncio.Event().wait()
            yield {}
        finally:
            left.set()

    frames = events.frames(changes(), _once(), lambda: NOW_MS)
    await anext(frames)
    await frames.aclose()
    assert left.is_set()


async def test_failure_of_the_live_state_ends_the_stream_with_it() -> None:
    async def changes() -> AsyncIterator[dict[str, Any]]:
        raise RuntimeError("live state is gone")
        yield {}

    try:
        await _all(changes(), _never())
    except RuntimeError as error:
        assert str(error) == "live state is gone"
    else:
        raise AssertionError("the stream went on")


async def test_stream_over_http() -> None:
    class Ending(Scenery):
        async def subscribe(self) -> AsyncIterator[dict[str, Any]]:
            yield {"type": "counters", "counters": self.counters()}

    scenery = Ending()
    transport = httpx.ASGITransport(console.build(scenery, scenery, _config()))
    async with httpx.AsyncClient(transport=transport, base_url="http://console") as client:
        answer = await client.get("/api/events")
    assert answer.headers["content-type"].startswith("text/event-stream")
    assert answer.headers["cache-control"] == "no-store"
    kinds = [_read(one + b"\n\n")[1]["type"] for one in answer.content.split(b"\n\n")[:-1]]
    assert kinds == ["beat", "counters"]


async def _waiting() -> AsyncIterator[dict[str, Any]]:
    await asyncio.Event().wait()
    yield {}


def _config() -> Any:
    from types import SimpleNamespace

    return SimpleNamespace(site=None, console=None)
