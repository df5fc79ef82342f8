"""A staged plant: what the console's tests and pictures show, without node, gateway or waiting.

`Scenery` stands where the live state and the store stand. Three instruments move by formulas of
the time, seeded, so that a picture made today looks like the one made last year; a scene (`quiet`,
`predicted`, `critical`, ...) says what has happened to them.
"""

import asyncio
import math
import random
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import Any

import uvicorn
from starlette.types import ASGIApp

Json = dict[str, Any]

COMMITTED_LAG_MS = 8000  # the open block of a node is not stored yet
STEP_MS = 1000

_PLANT: tuple[Json, ...] = (
    {"key": "pg-01/pressure", "node": "pg-01", "name": "pressure", "quantity": "pressure",
     "unit": "Pa", "urn": "urn:dev:os:32473-PG-0001", "instrument": "pressure", "low": 0,
     "high": 1_600_000, "uncertainty": 2000, "period_ms": 200, "horizon_s": 30,
     "limits": [{"at": "H", "value": 900_000.0, "priority": 2, "predict": False},
                {"at": "HH", "value": 1_000_000.0, "priority": 1, "predict": True}]},
    {"key": "dm-01/dust", "node": "dm-01", "name": "dust", "quantity": "dust",
     "unit": "ug/m3", "urn": "urn:dev:os:32473-DM-0001", "instrument": "dust", "low": 0,
     "high": 1000, "uncertainty": 15, "period_ms": 1000, "horizon_s": 60,
     "limits": [{"at": "H", "value": 250.0, "priority": 3, "predict": False},
                {"at": "HH", "value": 500.0, "priority": 2, "predict": True}]},
    {"key": "sm-01/speed", "node": "sm-01", "name": "speed", "quantity": "speed",
     "unit": "km/h", "urn": "urn:dev:os:32473-SM-0001", "instrument": "speed", "low": 0,
     "high": 30, "uncertainty": 0.2, "period_ms": 100, "horizon_s": 10,
     "limits": [{"at": "H", "value": 18.0, "priority": 3, "predict": False},
                {"at": "HH", "value": 20.0, "priority": 1, "predict": True}]},
)  # fmt: skip
_LEVELS = {"pg-01/pressure": 700_000.0, "dm-01/dust": 86.0, "sm-01/speed": 11.8}
_NOISE = {"pg-01/pressure": 1500.0, "dm-01/dust": 2.5, "sm-01/speed": 0.06}


class Scenery:
    """Live state and store of the staged plant."""

    def __init__(self, site: str = "Demo plant", mode: str = "simulated"):
        self.site = site
        self.zero_ms = self.now_ms()
        self.rise: dict[str, float] = {}  # wire units per second, over the last RISE_S
        self.instruments = {one["key"]: self._instrument(one, mode) for one in _PLANT}
        self.alarms: list[Json] = []
        self._queues: set[asyncio.Queue[Json | None]] = set()
        self._loop: asyncio.AbstractEventLoop | None = None

    # --- what the console asks for ---

    def now_ms(self) -> int:
        """This machine's time."""
        return time.time_ns() // 10**6

    def snapshot(self) -> Json:
        """The whole state in the form of the gateway's own."""
        return {
            "site": self.site,
            "now_ms": self.now_ms(),
            "counters": self.counters(),
            "instruments": list(self.instruments.values()),
            "alarms": self.alarms,
        }

    async def subscribe(self) -> AsyncIterator[Mapping[str, Any]]:
        """Whatever `emit` is given from now on."""
        self._loop = asyncio.get_running_loop()
        queue: asyncio.Queue[Json | None] = asyncio.Queue()
        self._queues.add(queue)
        try:
            while (message := await queue.get()) is not None:
                yield message
        finally:
            self._queues.discard(queue)

    def trend(self, key: str, from_ms: int, to_ms: int, points: int) -> Json:
        """History of a formula, up to the open block."""
        one = self.instruments[key]
        end_ms = min(to_ms, self.now_ms() - COMMITTED_LAG_MS, one["t_ms"])
        step_ms = max(STEP_MS, (to_ms - from_ms) // points)
        times = list(range(from_ms // step_ms * step_ms, end_ms, step_ms))
        values = [self.value(key, t_ms) for t_ms in times]
        spread = _NOISE[key]
        return {
            "t_ms": times,
            "min": [round(value - spread, 3) for value in values],
            "max": [round(value + spread, 3) for value in values],
            "quality": [0] * len(times),
        }

    # --- what a scene does ---

    def emit(self, message: Json) -> None:
        """Send a change to every open page; from any thread."""
        if self._loop:
            self._loop.call_soon_threadsafe(self._put, message)

    def end_streams(self) -> None:
        """Close every stream, as a gateway that goes down does."""
        if self._loop:
            self._loop.call_soon_threadsafe(self._put, None)

    def show(self, key: str, **changed: Any) -> None:
        """Change an instrument and say so."""
        self.instruments[key].update(changed)
        self.emit({"type": "instrument", "instrument": dict(self.instruments[key])})

    def ring(self, *alarms: Json) -> None:
        """Replace the alarms and say so."""
        self.alarms = list(alarms)
        for one in self.instruments.values():
            own = [alarm for alarm in alarms if alarm["instrument"] == one["key"]]
            one["alarms"] = [{name: alarm[name] for name in _BRIEF} for alarm in own]
            self.emit({"type": "instrument", "instrument": dict(one)})
        self.emit({"type": "alarms", "alarms": self.alarms, "counters": self.counters()})

    def alarm(self, key: str, at: str, state: str = "UNACK", **given: Any) -> Json:
        """An alarm in the form of the gateway's list."""
        one = self.instruments[key]
        boundary = at.removeprefix("p")
        started_ms = given.get("since_ms", self.now_ms() - 4000)
        limit: Json = next((known for known in one["limits"] if known["at"] == boundary), {})
        return {
            "key": f"{key}.{at}", "node": one["node"], "instrument": key,
            "tag": f"{one['name']}.{at}", "at": boundary, "predicted": at.startswith("p"),
            "quantity": one["quantity"], "unit": one["unit"], "limit": limit.get("value"),
            "value": one["value"], "state": state, "priority": limit.get("priority", 3),
            "started_ms": started_ms, "since_ms": started_ms,
            "mode": one["mode"], "p": None, "tte_s": None, **given,
        }  # fmt: skip

    def value(self, key: str, t_ms: int) -> float:
        """What the instrument read at `t_ms`: a slow swing, some noise, and the scene's rise."""
        s = t_ms / 1000
        swing = 0.02 * math.sin(s / 47) + 0.01 * math.sin(s / 11)
        noise = random.Random(f"{key} {t_ms}").gauss(0, 0.4)
        slope = self.rise.get(key, 0.0)
        risen = slope * max(0.0, s - (self.zero_ms / 1000 - RISE_S))
        return round(_LEVELS[key] * (1 + swing) + risen + noise * _NOISE[key], 3)

    def counters(self) -> Json:
        """A gateway that has run for a while."""
        return {
            "blocks": 12_480,
            "duplicates": 3,
            "refused": 0,
            "malformed": 0,
            "conflicts": 0,
            "broken": 0,
        }

    def read(self) -> None:
        """Every instrument that is heard reads its formula, from its last value until now."""
        now_ms = self.now_ms()
        for one in self.instruments.values():
            if one["silent"] or one["value"] is None:
                continue
            for t_ms in range(one["t_ms"] + STEP_MS // 2, now_ms + 1, STEP_MS // 2):
                value = self.value(one["key"], t_ms)
                self.show(one["key"], value=value, t_ms=t_ms, heard_ms=t_ms)

    def _instrument(self, one: Json, mode: str) -> Json:
        now_ms = self.zero_ms - COMMITTED_LAG_MS
        value = self.value(one["key"], now_ms)
        return {
            **one, "mode": mode, "sealed": True, "value": value, "t_ms": now_ms, "quality": 0,
            "quality_word": "good", "provisional": True, "heard_ms": now_ms, "silent": False,
            "forecast": _forecast(now_ms, value, 0.0, _NOISE[one["key"]] * 4, 0.01),
            "state": "NORM", "alarms": [],
        }  # fmt: skip

    def _put(self, message: Json | None) -> None:
        for queue in self._queues:
            queue.put_nowait(message)


RISE_S = 40
_BRIEF = ("tag", "at", "predicted", "state", "priority", "value", "since_ms")


def _forecast(t_ms: int, level: float, slope: float, sd: float, p: float, **tte: float) -> Json:
    band = {name: tte.get(name) for name in ("tte_s", "tte10_s", "tte90_s")}
    return {"t_ms": t_ms, "level": level, "slope": slope, "sd": sd, "p": p, "at": "HH", **band}


def quiet(_scenery: Scenery) -> None:
    """Nothing is wrong."""


def predicted(scenery: Scenery) -> None:
    """The pressure climbs towards HH; the node has warned."""
    _climb(scenery, 6200.0, 0.93)
    warning = scenery.alarm("pg-01/pressure", "pHH", p=0.93, tte_s=8.4, priority=2)
    scenery.ring(warning)


def critical(scenery: Scenery) -> None:
    """HH is crossed and nobody has answered; other alarms in other states stand beside it."""
    _climb(scenery, 7800.0, 0.99)
    now_ms = scenery.now_ms()
    scenery.ring(
        scenery.alarm("pg-01/pressure", "HH", value=1_001_300.0),
        scenery.alarm(
            "pg-01/pressure",
            "H",
            "ACKED",
            value=900_800.0,
            started_ms=now_ms - 21_000,
            since_ms=now_ms - 12_000,
        ),
        scenery.alarm(
            "dm-01/dust", "H", "RTN_UNACK", started_ms=now_ms - 340_000, since_ms=now_ms - 190_000
        ),
        scenery.alarm("pg-01/pressure", "pHH", "ACKED", p=0.99, since_ms=now_ms - 14_000),
    )


def faulty(scenery: Scenery) -> None:
    """One sensor has failed and one node is silent."""
    now_ms = scenery.now_ms()
    scenery.show(
        "dm-01/dust", value=None, quality=0x13, quality_word="bad checksum", forecast=None
    )
    scenery.show("sm-01/speed", silent=True, heard_ms=now_ms - 185_000, t_ms=now_ms - 185_000)
    scenery.ring(
        scenery.alarm("dm-01/dust", "fault", priority=3),
        scenery.alarm("sm-01/speed", "H", "ACKED", value=18.3, since_ms=now_ms - 190_000),
    )


def every_priority(scenery: Scenery) -> None:
    """Four unacknowledged alarms, one of each priority."""
    scenery.ring(
        scenery.alarm("pg-01/pressure", "HH", priority=1),
        scenery.alarm("pg-01/pressure", "H", priority=2),
        scenery.alarm("dm-01/dust", "HH", priority=3),
        scenery.alarm("sm-01/speed", "H", priority=4),
    )


def _climb(scenery: Scenery, slope: float, p: float) -> None:
    key = "pg-01/pressure"
    scenery.rise[key] = slope
    now_ms = scenery.now_ms()
    level = scenery.value(key, now_ms)
    away_s = (1_000_000 - level) / slope
    band = (
        {"tte_s": away_s, "tte10_s": away_s * 0.8, "tte90_s": away_s * 1.4}
        if away_s > 0
        else {"tte_s": 0.0, "tte10_s": 0.0, "tte90_s": 0.0}
    )
    started_ms = scenery.instruments[key]["t_ms"]
    scenery.show(
        key,
        value=scenery.value(key, started_ms),
        forecast=_forecast(now_ms, level, slope, 32_000.0, p, **band),
    )


SCENES: dict[str, Callable[[Scenery], None]] = {
    "quiet": quiet, "predicted": predicted, "critical": critical, "faulty": faulty,
    "every_priority": every_priority,
}  # fmt: skip


@contextmanager
def serve(app: ASGIApp) -> Iterator[str]:
    """The application on a free loopback port, in a thread; gives its address."""
    config = uvicorn.Config(
        app, port=0, ws="none", log_level="error", timeout_graceful_shutdown=1, lifespan="off"
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        with suppress(RuntimeError):
            thread.join(5)
