"""The staged plant looks like the gateway's own live state: what works on it works there."""

from typing import Any

from gateway.live import Live
from gateway.model import AlarmRow, ChannelRow, LimitRow, NodeRow, Sample
from protocols import codes
from tools import scenery as scenes
from tools.scenery import Scenery

_LIMITS = [
    LimitRow(codes.HH, 10_000, 1, True),
    LimitRow(codes.H, 9_000, 2, False),
]
_CHANNEL = ChannelRow(
    "pg-01", 1, "pressure", 1, "urn:dev:os:1-PG", 2, 200, 0, 16_000, 20, 30, "pressure", _LIMITS
)
_LEVEL = {"": 8123.0, "q": 0, "level": 8123.0, "slope": 1.0, "sd": 2.0, "p": 0.1, "at": "HH"}


def _real() -> dict[str, Any]:
    live = Live("Demo plant")
    now_ms = Scenery().now_ms()
    rows = [
        AlarmRow("pg-01", 1, condition, number, codes.UNACK, 10_000, now_ms, now_ms, None, None)
        for number, condition in enumerate((codes.HH, codes.HH | codes.PREDICTED))
    ]
    sample = Sample(1, 2, 200, now_ms - 1000, 8123, 0)
    node = NodeRow("pg-01", 1, codes.MODE_SIMULATED, now_ms, 0, 0)
    live.restore([node], [(_CHANNEL, sample)], rows, [])
    name = f"{_CHANNEL.urn}:pressure"
    live.notified(
        "pg-01",
        {f"{name}.{part}".rstrip("."): (now_ms, value) for part, value in _LEVEL.items()},
    )
    return live.snapshot()


def _staged() -> dict[str, Any]:
    scenery = Scenery()
    scenery.ring(
        scenery.alarm("pg-01/pressure", "HH"), scenery.alarm("pg-01/pressure", "pHH", p=0.9)
    )
    return scenery.snapshot()


def _shape(value: Any) -> Any:
    """Keys all the way down; of a list, the shape of what stands in it."""
    if isinstance(value, dict):
        return {key: _shape(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return _shape(value[0]) if value else None
    return None


def test_scenery_has_the_shape_of_the_live_state() -> None:
    real, staged = _real(), _staged()
    assert real["instruments"][0]["forecast"] is not None
    assert _shape(real) == _shape(staged)


def test_predicted_alarms_are_told_apart_in_the_same_way() -> None:
    def told(snapshot: dict[str, Any]) -> set[tuple[str, str, bool]]:
        return {(one["tag"], one["at"], one["predicted"]) for one in snapshot["alarms"]}

    assert told(_real()) == told(_staged())


def test_every_scene_can_be_shown() -> None:
    for scene in scenes.SCENES.values():
        scenery = Scenery()
        scene(scenery)
        assert scenery.snapshot()["instruments"]
