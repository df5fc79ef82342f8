"""What the page fetches: the whole state, the changes, the committed history of one instrument."""

import asyncio
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast

import msgspec
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from . import events as stream
from .errors import BadQuery
from .ports import Live, Store

POINTS_MAX = 4000
# Year 2255; beyond it a number is a mistake, and SQLite's integers end.
_MS_MAX = 9_000_000_000_000


@dataclass(frozen=True)
class TrendQuery:
    """Which instrument, which time, how many points at most."""

    key: str
    from_ms: int
    to_ms: int
    points: int


async def snapshot(request: Request) -> Response:
    """Everything that is shown, as of now."""
    return _json(_live(request).snapshot())


async def events(request: Request) -> Response:
    """Changes as server-sent events, with a beat so that silence is noticed."""
    frames = stream.frames(
        _live(request).subscribe(), stream.every(stream.BEAT_S), lambda: time.time_ns() // 10**6
    )
    return StreamingResponse(frames, media_type="text/event-stream")


async def trend(request: Request) -> Response:
    """Committed history of one instrument, thinned to lowest and highest per bucket."""
    query = parse_trend(request.query_params)
    store: Store = request.app.state.store
    try:
        found = await asyncio.to_thread(
            store.trend, query.key, query.from_ms, query.to_ms, query.points
        )
    except KeyError:
        raise BadQuery("key", f"no instrument {query.key!r} has reported", 404) from None
    return _json(found)


async def healthz(_request: Request) -> Response:
    """Answers while the event loop turns."""
    return _json({"status": "ok"})


def parse_trend(query: Mapping[str, str]) -> TrendQuery:
    """Query of /api/trend, or BadQuery."""
    key = query.get("key", "")
    if not key:
        raise BadQuery("key", "key must name an instrument, like pg-01/pressure")
    from_ms = _whole(query, "from_ms", 0, _MS_MAX)
    to_ms = _whole(query, "to_ms", 0, _MS_MAX)
    if from_ms >= to_ms:
        raise BadQuery("to_ms", "to_ms must be later than from_ms")
    return TrendQuery(key, from_ms, to_ms, _whole(query, "points", 1, POINTS_MAX))


def _whole(query: Mapping[str, str], field: str, low: int, high: int) -> int:
    text = query.get(field, "")
    # isdecimal alone would let other scripts' digits pass, and a long row of digits is work.
    if text.isascii() and text.isdecimal() and len(text) <= 16 and low <= int(text) <= high:
        return int(text)
    raise BadQuery(
        field, f"{field} must be a whole number from {low} to {high}, not {text[:40]!r}"
    )


def _live(request: Request) -> Live:
    return cast(Live, request.app.state.live)


def _json(value: Any) -> Response:
    return Response(msgspec.json.encode(value), media_type="application/json")
